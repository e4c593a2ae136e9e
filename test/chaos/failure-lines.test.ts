/** An operator finds in the API's log what a customer was answered while every region hangs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { logDir } from '../../local/files/data-files.js';
import { asProblem } from '../http/support/client.js';
import { storeForTests } from '../http/support/store-under-test.js';
import { eventually } from '../../tools/eventually.js';
import { startStore } from '../../local/store-process.js';
import { freeze } from './support/processes.js';

const { store, client } = storeForTests(startStore);

/** The lines of the API's log that Powertools wrote. */
const logged = (): Record<string, unknown>[] =>
  readFileSync(join(logDir(store.dataDir), 'api.log'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('every 503 of hung regions leaves one line, with the id that its document carries', async () => {
  const thaw = freeze(store, 'database-us-east-1', 'database-eu-west-1');
  try {
    const paths = ['/info/999999', '/orders/f00d'];
    const answers = await Promise.all(paths.map((path) => client.send(path)));
    const ids = answers.map((answer) => asProblem(answer, 503, 'unavailable').requestId);
    await eventually(() => {
      for (const id of ids) {
        expect(logged().filter(({ requestId }) => requestId === id)).toEqual([
          expect.objectContaining({
            status: 503,
            method: 'GET',
            route: expect.stringMatching(/^\/(info|orders)\/\{id\}$/),
            region: 'us-east-1',
            error: expect.objectContaining({ name: expect.any(String) }),
            unanswered: expect.objectContaining({ 'eu-west-1': expect.any(String) }),
          }),
        ]);
      }
    });
  } finally {
    thaw();
  }
});
