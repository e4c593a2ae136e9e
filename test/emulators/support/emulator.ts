/** An emulator that a test file starts for itself. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import getPort from 'get-port';
import { projectDir } from '../../../tools/project.js';
import type { KindName } from '../../../localstack/kinds.js';
import {
  endEmulator,
  spawnEmulator,
  untilUp,
  urlOf,
  type EmulatorProcess,
} from '../../../localstack/processes.js';

export interface TestEmulator {
  readonly process: EmulatorProcess;
  /** What an AWS SDK client is made with. */
  readonly connection: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** What it has printed. */
  log(): string;
  stop(): Promise<boolean>;
}

/** @param more arguments of the emulator's own */
export async function startEmulator(
  kind: KindName,
  ...more: readonly string[]
): Promise<TestEmulator> {
  const port = await getPort({ host: '127.0.0.1' });
  const logFile = join(projectDir, `.build/test-emulators/${kind}-${port}.log`);
  const emulator = await spawnEmulator({ kind, port, logFile, more });
  await untilUp(emulator, logFile);
  return {
    process: emulator,
    connection: {
      endpoint: urlOf(emulator),
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    },
    log: () => readFileSync(logFile, 'utf8'),
    stop: () => endEmulator(emulator),
  };
}
