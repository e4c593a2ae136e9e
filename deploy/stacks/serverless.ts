/** Runs serverless for one stack, in a folder of its own. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { CommandError } from '../../tools/terminal/command-error.js';
import { projectDir } from '../../tools/project.js';
import { serverlessBin } from '../../services/service-config.js';
import { makeServiceFolder } from '../../services/service-folder.js';
import type { Deployment } from '../options.js';
import type { Stack } from './stacks.js';

/** A table with indexes, or a stack of alarms, takes minutes; an API that is made anew, more. */
const timeoutMs = 45 * 60_000;

/**
 * Runs `serverless <command>` for a stack; what it prints is kept in a file of the stack's folder.
 *
 * @returns what it printed.
 * @throws CommandError with serverless' own reason, where it ends otherwise than well.
 */
export async function runServerless(
  command: 'deploy' | 'remove',
  stack: Stack,
  { stage, sites, fronts }: Deployment,
): Promise<string> {
  const folder = await prepareFolder(stack, stage);
  const log = join(folder, `${command}.log`);
  const args = [serverlessBin, command, '--config', stack.file];
  const options = {
    cwd: folder,
    env: { ...process.env, BAZAR_REPLICAS: sites.join(','), BAZAR_FRONTS: fronts.join(',') },
    timeout: timeoutMs,
    killSignal: 'SIGKILL' as const,
    maxBuffer: 64 * 1024 * 1024,
  };
  try {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [...args, '--stage', stage, '--region', stack.region],
      options,
    );
    await writeFile(log, stdout + stderr);
    return stdout + stderr;
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & Partial<Printed>;
    await writeFile(log, stdout + stderr);
    const reason = reasonIn(`${stdout}\n${stderr}`) ?? message;
    throw new CommandError(
      `the ${stack.kind} in ${stack.region}: ${reason} (see ${relative(process.cwd(), log)})`,
    );
  }
}

interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

async function prepareFolder({ file, region }: Stack, stage: string): Promise<string> {
  const service = file.replace('.yml', '');
  const folder = join(projectDir, '.build/deploy', `${service}-${stage}-${region}`);
  await makeServiceFolder(folder);
  return folder;
}

/** Serverless prints `Error:` and then the reason, in lines, stack traces among them. */
function reasonIn(output: string): string | undefined {
  const text = /^Error:\n(.+)/ms.exec(output)?.[1];
  const lines = text?.split(/\n\s+at |\n\n/, 1)[0];
  return lines?.replaceAll(/\s+/g, ' ').trim().slice(0, 500);
}
