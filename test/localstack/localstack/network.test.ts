/** That LocalStack doesn't try to leave this machine: .ci/round asks the kernel whether anyone did. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { emulatorUrl } from '../../../deploy/target.js';
import { projectDir } from '../../../tools/project.js';
import { findEmulator } from '../../../localstack/emulator.js';

/** Not in a container, whose log is elsewhere. */
const isOurs = findEmulator()?.url === emulatorUrl();

(isOurs ? test : test.skip)('LocalStack has looked up no name and called nobody', () => {
  const log = readFileSync(join(projectDir, '.build/localstack/localstack.log'), 'utf8');
  expect(log).toContain('Ready.');
  expect(log.split('\n').filter((line) => line.startsWith('refused: '))).toEqual([]);
});
