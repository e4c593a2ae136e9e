/** `npm run localstack:deploy`: the store in two regions, on the emulator. */
import { newCommand, runCommand } from '../tools/terminal/command.js';
import { tellStep } from '../deploy/command.js';
import { deployStore } from '../deploy/store/deploy-store.js';
import { describeStore } from '../deploy/store/description.js';
import { emulatedStore, onEmulator } from './store.js';

const command = newCommand(
  'localstack:deploy',
  'Deploys the store on the emulator: two replica regions, a front end in each.',
).action(
  onEmulator(async () => {
    const store = await deployStore(emulatedStore, tellStep);
    console.log(describeStore(emulatedStore, store));
  }),
);

await runCommand(command);
