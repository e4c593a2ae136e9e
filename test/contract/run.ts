/** `npm run test:contract`: Schemathesis holds a running store to docs/openapi.yaml. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand, wholeNumber } from '../../tools/terminal/command.js';
import { CommandError } from '../../tools/terminal/command-error.js';
import { projectDir } from '../../tools/project.js';
import { installPythonTool } from '../../tools/emulators/python-tool.js';
import {
  checkedToken,
  deployedStoreCommand,
  tokenVariable,
  type DeployedStoreOptions,
} from '../../client/deployed-store.js';
import { runProgram } from '../../tools/processes/run-program.js';
import { startStore } from '../../local/store-process.js';

interface Options extends DeployedStoreOptions {
  readonly maxExamples: number;
  readonly seed: number;
}

const folder = import.meta.dirname;
const workDir = join(projectDir, '.build/contract');

const command = deployedStoreCommand(
  'test:contract',
  'Holds a running store to docs/openapi.yaml: without --endpoint one that is started for it.',
)
  .option('--max-examples <N>', 'requests of each kind and route', wholeNumber(1, 10_000), 25)
  .option('--seed <N>', 'repeats the requests of an earlier run', wholeNumber(0, 0xffff_ffff), 1)
  .addHelpText(
    'after',
    `
It buys, restocks and changes whatever books it comes across: no store with customers is for it.`,
  )
  .action(async (options: Options) => {
    const { endpoint, tokenFile } = options;
    process.exitCode =
      endpoint === undefined
        ? await testOwnStore(options)
        : await testStores(options, endpoint, await checkedToken(endpoint, tokenFile));
  });

async function testOwnStore(options: Options): Promise<number> {
  const store = await startStore().catch((error: Error) => {
    throw new CommandError(error.message.trim());
  });
  try {
    return await testStores(options, [store.url], store.adminToken);
  } finally {
    await store.stop();
  }
}

/** @returns the exit code: 1 where any of the stores answers what the document doesn't allow */
async function testStores(
  options: Options,
  urls: readonly string[],
  token: string,
): Promise<number> {
  const tool = { name: 'schemathesis', requirementsFile: join(folder, 'requirements.txt') };
  const bin = await installPythonTool(tool);
  // Schemathesis keeps what it found where it runs.
  await mkdir(workDir, { recursive: true });
  let exitCode = 0;
  for (const url of urls) {
    exitCode ||= await runProgram(
      join(bin, 'schemathesis'),
      argumentsFor(url, options),
      { [tokenVariable]: token, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' },
      workDir,
    );
  }
  return exitCode;
}

const argumentsFor = (url: string, { maxExamples, seed }: Options): string[] => [
  '--config-file',
  join(folder, 'schemathesis.toml'),
  'run',
  join(projectDir, 'docs/openapi.yaml'),
  '--url',
  url,
  '--max-examples',
  String(maxExamples),
  '--seed',
  String(seed),
];

await runCommand(command);
