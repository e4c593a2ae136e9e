/** G1, G3: the whole store is killed with -9 in the middle of buying, and started again on its data. */
import { rm } from 'node:fs/promises';
import { afterAll, expect, test } from '@jest/globals';
import { asOrder, clientOf } from '../http/support/client.js';
import { makeDataDir, startStore, type RunningStore } from '../../local/store-process.js';
import { checkStore } from './support/check-store.js';
import { startCrowd } from './support/crowd.js';
import { stockBooks } from './support/stocked-books.js';
import { frontEndOf } from './support/tables.js';

const timeoutMs = 400_000;
const stock = 4000;

let store: RunningStore;
let dataDir: string;

afterAll(async () => {
  await store.stop();
  await rm(dataDir, { recursive: true });
});

test(
  'every order that was answered is there, and every key can be repeated',
  async () => {
    dataDir = await makeDataDir();
    store = await startStore({ dataDir });
    let client = clientOf(store);
    const bookIds = await stockBooks(client, { count: 4, stock, topic: 'Ends' });
    const crowd = startCrowd({
      client: () => client,
      bookIds,
      topic: 'ends',
      buyers: 4,
      readers: 1,
    });
    for (let time = 0; time < 2; time += 1) {
      await crowd.untilBought(25);
      await store.kill9();
      const promised = [...crowd.acknowledged.values()];
      store = await startStore({ dataDir });
      client = clientOf(store);
      const found = await Promise.all(promised.map(({ id }) => client.send(`/orders/${id}`)));
      const totals = found.map((answer) => asOrder(answer).total);
      expect(totals).toEqual(promised.map(({ total }) => total));
    }
    await crowd.untilBought(25);
    await crowd.stop();

    const { contradictions, sightings } = crowd;
    expect(contradictions).toEqual([]);
    // Where an answer came, it was no refusal.
    const refusals = sightings.filter(({ status }) => status >= 400 && status !== 503);
    expect(refusals).toEqual([]);
    const promises = { ...crowd, bookIds, stockedEach: stock };
    const settled = await checkStore(client, frontEndOf(store), promises);
    expect(settled.orders.size).toBe(crowd.acknowledged.size);
  },
  timeoutMs,
);
