/** The store that the `localstack:` commands deploy and test, and the emulator that they mean. */
import { CommandError } from '../tools/terminal/command-error.js';
import { onTarget } from '../deploy/command.js';
import type { Deployment } from '../deploy/options.js';
import { emulatorUrl } from '../deploy/target.js';
import { findEmulator } from './emulator.js';

export const emulatedStore: Deployment = {
  stage: 'dev',
  sites: ['us-east-1#1', 'eu-west-1#1'],
  fronts: ['us-east-1', 'eu-west-1'],
};

/**
 * Points this process at the emulator: that of AWS_ENDPOINT_URL, or else the one that is up.
 *
 * @throws CommandError where there is neither.
 */
function meanEmulator(): void {
  if (emulatorUrl() !== undefined) return;
  const emulator = findEmulator();
  if (!emulator) {
    throw new CommandError('no emulator is up: npm run localstack:up, or set AWS_ENDPOINT_URL');
  }
  process.env['AWS_ENDPOINT_URL'] = emulator.url;
}

/** An action on the emulator, whose failures there are one line. */
export const onEmulator =
  <Args extends unknown[]>(action: (...args: Args) => Promise<void>) =>
  async (...args: Args): Promise<void> => {
    meanEmulator();
    await onTarget(action)(...args);
  };
