import { test } from '@jest/globals';
import { startStore } from '../../../local/store-process.js';
import { expectReadme } from '../support/readme.js';
import { storeForTests } from '../support/store-under-test.js';

const { store } = storeForTests(startStore);

test('each line of the README does with `npm start` what it says', async () => {
  await expectReadme(store.url, store.adminToken);
});
