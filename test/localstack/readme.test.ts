import { expect, test } from '@jest/globals';
import { expectReadme } from '../http/support/readme.js';
import { endpointsVariable, tokenVariable } from '../../client/deployed-store.js';

test('each line of the README does on an emulator what it says', async () => {
  const [url] = (process.env[endpointsVariable] ?? '').split(' ');
  expect(url).toBeTruthy();
  await expectReadme(url as string, process.env[tokenVariable] ?? '');
});
