/**
 * `npm run lint:templates`: packages both services for each stage and region, and has cfn-lint look
 * at every template. What it finds is printed, and ends the command with exit code 1.
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { projectDir } from '../tools/project.js';
import { installPythonTool } from '../tools/emulators/python-tool.js';
import { packageService, type ServiceFile } from '../services/service-folder.js';

const stages = ['dev', 'prod'];
const regions = ['us-east-1', 'eu-west-1'];

try {
  const bin = await installPythonTool({
    name: 'cfn-lint',
    requirementsFile: path.join(import.meta.dirname, 'requirements.txt'),
  });
  const findings = await Promise.all([
    // A front end's template is the same for every region.
    lintService(bin, 'serverless.yml', regions.slice(0, 1)),
    lintService(bin, 'serverless-replica.yml', regions),
  ]);
  const found = findings.join('').trim();
  if (found === '') {
    console.log(
      `cfn-lint finds nothing in the templates for ${stages.join(', ')} in ${regions.join(', ')}`,
    );
  } else {
    console.error(found);
    process.exitCode = 1;
  }
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

/** @returns what cfn-lint has to say of a service's templates. */
async function lintService(
  bin: string,
  service: ServiceFile,
  packagedFor: readonly string[],
): Promise<string> {
  const templates = [];
  for (const stage of stages) {
    for (const region of packagedFor) {
      const name = `${path.parse(service).name}-${stage}-${region}`;
      const folder = path.join(projectDir, '.build/lint', name);
      const { template } = await packageService({ service, region, stage }, folder);
      templates.push(path.relative(projectDir, template));
    }
  }
  const args = ['--regions', ...regions, '--format', 'parseable', '--template', ...templates];
  return outputOf(path.join(bin, 'cfn-lint'), args);
}

/** cfn-lint ends with a status other than 0 where it finds anything. */
async function outputOf(command: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args, { cwd: projectDir });
    return stdout + stderr;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    if (stdout + stderr === '') throw error;
    return stdout + stderr;
  }
}
