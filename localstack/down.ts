/** `npm run localstack:down`: ends the emulator and removes what it kept. */
import { Command } from 'commander';
import { runCommand } from '../tools/terminal/command.js';
import { stopEmulator } from './emulator.js';

const command = new Command('localstack:down')
  .description('Ends the emulator that localstack:up started, and all that is deployed on it.')
  .allowExcessArguments(false)
  .action(async () => {
    const wasRunning = await stopEmulator();
    console.log(wasRunning ? 'The emulator is down.' : 'The emulator was not up.');
  });

await runCommand(command);
