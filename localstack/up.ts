/** `npm run localstack:up`: starts an emulator of AWS without Docker, in the background. */
import { Command } from 'commander';
import { CommandError, runCommand, wholeNumber } from '../cli/command.js';
import { StartFailure } from '../local/failure.js';
import { choosePublicPort } from '../local/ports.js';
import { findEmulator, startEmulator } from './emulator.js';

const command = new Command('localstack:up')
  .description('Starts MiniStack, an emulator of AWS, in the background.')
  .usage('-- [options]')
  .option('--port <number>', 'where it answers, on this machine only', wholeNumber(1, 65_535), 4566)
  .showSuggestionAfterError(false)
  .allowExcessArguments(false)
  .action(async ({ port }: { port: number }) => {
    const running = findEmulator();
    if (running) {
      console.log(`The emulator is up already (process ${running.pid}).`);
    } else {
      await choosePublicPort(port).catch((error: unknown) => {
        throw error instanceof StartFailure ? new CommandError(error.message) : error;
      });
      const startedAtMs = performance.now();
      const { pid } = await startEmulator(port);
      const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
      console.log(`The emulator is up (process ${pid}, after ${seconds} s).`);
    }
    console.log(`\nexport AWS_ENDPOINT_URL=${findEmulator()?.url}`);
  });

await runCommand(command);
