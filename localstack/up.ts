/** `npm run localstack:up`: starts an emulator of AWS without Docker, in the background. */
import { Option } from 'commander';
import { newCommand, runCommand, wholeNumber } from '../tools/terminal/command.js';
import { CommandError } from '../tools/terminal/command-error.js';
import { choosePublicPort } from '../tools/processes/ports.js';
import { findEmulator, startEmulator } from './emulator.js';
import { kindNames, kinds, type KindName } from './kinds.js';

interface Options {
  readonly kind: KindName;
  readonly port: number;
}

const command = newCommand(
  'localstack:up',
  'Starts an emulator of AWS in the background, without Docker.',
)
  .addOption(
    new Option('--kind <name>', "LocalStack's own code, or MiniStack, which enforces IAM")
      .choices(kindNames)
      .default('localstack' satisfies KindName),
  )
  .option('--port <number>', 'where it answers, on this machine only', wholeNumber(1, 65_535), 4566)
  .action(async ({ kind, port }: Options) => {
    const running = findEmulator();
    if (running) {
      if (running.kind !== kind) {
        throw new CommandError(`${kinds[running.kind].title} is up: npm run localstack:down first`);
      }
      console.log(`${kinds[kind].title} is up already (process ${running.pid}).`);
    } else {
      await choosePublicPort(port);
      const startedAtMs = performance.now();
      const { pid } = await startEmulator(kind, port);
      const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
      console.log(`${kinds[kind].title} is up (process ${pid}, after ${seconds} s).`);
    }
    console.log(`\nexport AWS_ENDPOINT_URL=${findEmulator()?.url}`);
  });

await runCommand(command);
