/** G1, G3, G4, G6: a region's database dies, or hangs, in the middle of traffic, and comes back. */
import { expect, test } from '@jest/globals';
import { asBook, asOrder, asProblem, freshKey, type Order } from '../http/support/client.js';
import { storeForTests } from '../http/support/store-under-test.js';
import { eventually } from '../../tools/eventually.js';
import { startStore } from '../../local/store-process.js';
import { checkStore, countByRegion, untilAgreed } from './support/check-store.js';
import { countStatuses, startCrowd, type Crowd, type Sighting } from './support/crowd.js';
import { freeze, killPart } from './support/processes.js';
import { stockBooks } from './support/stocked-books.js';
import { frontEndOf } from './support/tables.js';

const timeoutMs = 400_000;
const stock = 4000;

const { store, client } = storeForTests(startStore);

/** G6: of books that have copies, nothing is ever denied; only a purchase may have to be tried again. */
function expectNoFalseAnswers({ sightings, contradictions }: Crowd): void {
  expect(contradictions).toEqual([]);
  const allowed = (what: Sighting['what']) => (isRead(what) ? [200] : [200, 201, 503]);
  expect(sightings.filter(({ what, status }) => !allowed(what).includes(status))).toEqual([]);
}

const isRead = (what: Sighting['what']): boolean => what === 'info' || what === 'search';

test(
  'killed, and started again',
  async () => {
    const bookIds = await stockBooks(client, { count: 4, stock, topic: 'Kills' });
    const crowd = startCrowd({ client: () => client, bookIds, topic: 'kills' });
    await crowd.untilBought(20);
    for (let time = 0; time < 3; time += 1) {
      await killPart(store, 'database-eu-west-1');
      await crowd.untilBought(20);
    }
    await crowd.stop();

    expectNoFalseAnswers(crowd);
    const promises = { ...crowd, bookIds, stockedEach: stock };
    const settled = await checkStore(client, frontEndOf(store), promises);
    expect(settled.orders.size).toBe(crowd.acknowledged.size);
    expect(Object.keys(countByRegion(settled.orders.values()))).toHaveLength(2);
  },
  timeoutMs,
);

test(
  'stopped, so that it hangs, and carries out late what it was sent',
  async () => {
    const bookIds = await stockBooks(client, { count: 4, stock, topic: 'Hangs' });
    const [scarceId = 0] = await stockBooks(client, { count: 1, stock: 10, topic: 'Scarce' });
    const crowd = startCrowd({ client: () => client, bookIds, topic: 'hangs' });
    await crowd.untilBought(20);

    const thaw = freeze(store, 'database-us-east-1');
    const scarceKeys = Array.from({ length: 14 }, freshKey);
    const bought = new Map<string, Order>();
    try {
      await crowd.untilBought(40);
      const { body } = await client.send('/health');
      expect(body).toMatchObject({ status: 'degraded' });
      // What the hung region alone may sell is neither sold nor denied.
      for (const key of scarceKeys) {
        const answer = await client.buy(scarceId, undefined, key);
        if (answer.status === 201 || answer.status === 200) {
          bought.set(key, asOrder(answer, answer.status));
          continue;
        }
        const problem = asProblem(answer, 503, 'unknown');
        expect(problem['orderId']).toEqual(expect.any(String));
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      }
      expect(bought.size).toBe(5);
      expect(asBook(await client.send(`/info/${scarceId}`)).stock).toBe(5);
      // Who knows a book nowhere in reach is not told that there is none.
      asProblem(await client.send('/info/999999'), 503, 'unavailable');
    } finally {
      thaw();
    }
    await crowd.untilBought(20);
    await crowd.stop();

    expectNoFalseAnswers(crowd);
    expect(countStatuses(crowd.sightings, 'buy')[201]).toBeGreaterThan(60);
    // Until the regions hear of each other, copies that both sold to one key are held twice.
    const front = frontEndOf(store);
    await untilAgreed(front, [scarceId]);
    const soldOut: string[] = [];
    for (const key of scarceKeys) {
      await eventually(async () => {
        const answer = await client.buy(scarceId, undefined, key);
        expect(answer.status).not.toBe(503);
        if (answer.status === 409) soldOut.push(key);
        else bought.set(key, asOrder(answer, answer.status));
      });
    }
    expect(bought.size).toBe(10);
    expect(soldOut).toHaveLength(4);
    const promises = { ...crowd, bookIds, stockedEach: stock };
    const settled = await checkStore(client, front, promises);
    expect(settled.orders.size).toBe(crowd.acknowledged.size);
    const scarce = await checkStore(client, front, {
      bookIds: [scarceId],
      stockedEach: 10,
      acknowledged: bought,
    });
    expect(scarce).toMatchObject({ sold: 10, left: 0 });
  },
  timeoutMs,
);
