/** `npm run localstack:down`: ends the emulator and removes what it kept. */
import { newCommand, runCommand } from '../tools/terminal/command.js';
import { stopEmulator } from './emulator.js';

const command = newCommand(
  'localstack:down',
  'Ends the emulator that localstack:up started, and all that is deployed on it.',
).action(async () => {
  const wasRunning = await stopEmulator();
  console.log(wasRunning ? 'The emulator is down.' : 'The emulator was not up.');
});

await runCommand(command);
