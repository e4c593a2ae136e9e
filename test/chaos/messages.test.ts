/** G2, G4: messages that are lost, workers that die, regions that can't hear each other. */
import { expect, test } from '@jest/globals';
import { asBook, asOrder, freshKey, type Order } from '../http/support/client.js';
import { storeForTests } from '../http/support/store-under-test.js';
import { orderOf } from '../support/books/buyers.js';
import { eventually } from '../../tools/eventually.js';
import { island } from '../support/books/islands.js';
import { logOf } from '../support/books/order-log.js';
import { startStore } from '../../local/store-process.js';
import { checkStore } from './support/check-store.js';
import { startCrowd } from './support/crowd.js';
import { freeze, killPart } from './support/processes.js';
import { depthOf } from './support/queues.js';
import { stockBooks } from './support/stocked-books.js';
import { buyAt, configOf, frontEndOf } from './support/tables.js';

const timeoutMs = 400_000;
const regions = ['us-east-1', 'eu-west-1'] as const;

const { store, client } = storeForTests(startStore);

/** Messages that wait for a region to take them. */
const waitingFor = async (region: string): Promise<number> =>
  (await depthOf(store, region, 'replicate')).waiting;

test(
  'messages that are lost with their queues: reconcile makes up for them',
  async () => {
    const stock = 100;
    const bookIds = await stockBooks(client, { count: 6, stock, topic: 'Lost' });
    const thaws = [freeze(store, 'worker-eu-west-1')];
    const acknowledged = new Map<string, Order>();
    try {
      for (let count = 0; count < 24; count += 1) {
        const key = freshKey();
        const bookId = bookIds[count % bookIds.length] as number;
        acknowledged.set(key, asOrder(await client.buy(bookId, undefined, key), 201));
      }
      await eventually(async () => expect(await waitingFor('eu-west-1')).toBeGreaterThan(3));
      // What it has not published yet would come into the queue that is made anew.
      thaws.push(freeze(store, 'worker-us-east-1'));
      await killPart(store, 'messaging');
      await eventually(async () => expect(await waitingFor('eu-west-1')).toBe(0));
    } finally {
      for (const thaw of thaws) thaw();
    }
    const { sold } = await checkStore(client, frontEndOf(store), {
      bookIds,
      stockedEach: stock,
      acknowledged,
    });
    expect(sold).toBe(24);
  },
  timeoutMs,
);

test(
  'workers and queues that are killed in the middle of traffic',
  async () => {
    const stock = 4000;
    const bookIds = await stockBooks(client, { count: 4, stock, topic: 'Workers' });
    const crowd = startCrowd({ client: () => client, bookIds, topic: 'workers', buyers: 4 });
    for (const name of ['worker-us-east-1', 'messaging', 'worker-eu-west-1', 'worker-front']) {
      await crowd.untilBought(15);
      await killPart(store, name);
    }
    await crowd.untilBought(15);
    await crowd.stop();

    const { contradictions, sightings } = crowd;
    expect(contradictions).toEqual([]);
    // None of these stands between a customer and the store.
    expect(sightings.filter(({ status }) => status !== 200 && status !== 201)).toEqual([]);
    const promises = { ...crowd, bookIds, stockedEach: stock };
    const settled = await checkStore(client, frontEndOf(store), promises);
    expect(settled.orders.size).toBe(crowd.acknowledged.size);
    await eventually(async () => {
      for (const bookId of bookIds) {
        const [replica] = await client.replicas(bookId);
        expect(asBook(await client.send(`/info/${bookId}`)).stock).toBe(replica?.stock);
      }
    });
  },
  timeoutMs,
);

test(
  'G2: one key, accepted in both regions while they could not hear each other, is one order in the end',
  async () => {
    const stock = 20;
    const [bookId = 0] = await stockBooks(client, { count: 1, stock, topic: 'Apart' });
    const config = configOf(store);
    const keys = Array.from({ length: 5 }, freshKey);
    const acknowledged = new Map<string, Order>();
    const thaw = freeze(store, 'messaging', 'worker-us-east-1', 'worker-eu-west-1', 'worker-front');
    const front = frontEndOf(store);
    try {
      for (const key of keys) {
        const purchase = { items: [{ bookId, quantity: 2 }], key };
        const outcomes = await Promise.all(
          regions.map((region) => buyAt(island(config, region), store, purchase)),
        );
        const orders = outcomes.map(orderOf);
        expect(orders.map(({ region }) => region)).toEqual(regions);
        expect(orders[0]?.id).toBe(orders[1]?.id);
        acknowledged.set(key, orders[0] as Order);
      }
      // Until they hear of each other, both stand.
      for (const replica of front.replicas) {
        const log = await logOf(replica, [bookId]);
        expect(log.map(({ region }) => region)).toEqual(keys.map(() => replica.region));
      }
    } finally {
      thaw();
    }
    const settled = await checkStore(client, front, {
      bookIds: [bookId],
      stockedEach: stock,
      acknowledged,
    });
    expect(settled).toMatchObject({ sold: 10, left: 10 });
    expect(settled.orders.size).toBe(5);
    for (const key of keys) {
      const again = asOrder(await client.buy(bookId, { quantity: 2 }, key), 200);
      expect(again).toEqual(settled.orders.get(again.id));
    }
    await eventually(async () => {
      expect(asBook(await client.send(`/info/${bookId}`)).stock).toBe(10);
    });
  },
  timeoutMs,
);
