import { afterAll, beforeAll, test } from '@jest/globals';
import { startStore, type RunningStore } from '../../../local/store-process.js';
import { expectReadme } from '../support/readme.js';

let store: RunningStore;

beforeAll(async () => {
  store = await startStore();
});

afterAll(() => store.stop());

test('each line of the README does with `npm start` what it says', async () => {
  await expectReadme(store.url, store.adminToken);
});
