/** `npm run localstack:test`: every test of a deployed store, on the one on the emulator. */
import { newCommand, runCommand } from '../tools/terminal/command.js';
import { adminToken, frontEndUrls } from '../deploy/store/deployment.js';
import { emulatorUrl } from '../deploy/target.js';
import { endpointsVariable, tokenVariable } from '../client/deployed-store.js';
import { runProgram, runTests } from '../tools/processes/run-program.js';
import { emulatorKind } from './kinds.js';
import { emulatedStore, onEmulator } from './store.js';

const command = newCommand(
  'localstack:test',
  'Tests the store on the emulator: its API, its document, and what only an emulator shows.',
).action(
  onEmulator(async () => {
    const { stage, fronts } = emulatedStore;
    const urls = await frontEndUrls(stage, fronts);
    // By the environment: arguments can be read by every user of the machine.
    const env = {
      [tokenVariable]: await adminToken(stage, fronts[0] ?? ''),
      [endpointsVariable]: urls.join(' '),
      BAZAR_TEST_EMULATOR: await emulatorKind(emulatorUrl() ?? ''),
    };
    const runCommandOf = (script: string, endpoints: readonly string[]) =>
      runProgram(process.execPath, ['--import', 'tsx', script, '--endpoint', ...endpoints], env);

    const exitCodes = [
      // First, for it reads the README over a store that is as the README shows it.
      await runTests('test/localstack/jest.config.js', env),
      await runCommandOf('test/deployed/run.ts', urls),
      await runCommandOf('test/contract/run.ts', urls.slice(0, 1)),
    ];
    process.exitCode = Math.max(...exitCodes);
  }),
);

await runCommand(command);
