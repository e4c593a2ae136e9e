/** Orders are found and listed, whichever replica is asked first and whichever is down. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { UnavailableError } from '../../../lib/errors.js';
import { type Order, toOrder } from '../../../lib/rules/order.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { cancelOrder, findOrder, listOrders } from '../../../lib/store/orders.js';
import { type Place } from '../../support/faults/barrier.js';
import { freshKey, order, orderOf } from '../../support/books/buyers.js';
import { startEmulators, type Emulators } from '../../../services/emulators.js';
import { unreachable } from '../../support/faults/faults.js';
import { makeFrontEnd, patience } from '../../support/tables/front-ends.js';
import { sellApart } from '../../support/books/islands.js';
import { eu, us } from '../../support/tables/neighbours.js';
import { exchange, replicaOf, stockBook } from '../../support/books/stocked-books.js';

let emulators: Emulators;
let front: FrontEnd;

async function start(): Promise<void> {
  emulators = await startEmulators(undefined, patience);
  front = makeFrontEnd(emulators.config);
}

const without = (...places: Place[]): FrontEnd =>
  makeFrontEnd(emulators.config, {
    faults: [unreachable(({ place }) => places.includes(place))],
  });

const inRegion = (region: string): FrontEnd =>
  makeFrontEnd(emulators.config, { region, routing: { sales: 'nearest' } });

describe('an order', () => {
  beforeAll(start);
  afterAll(() => emulators.stop());

  test.each([us, eu])('sold in %s is found at once, before it was replicated', async (region) => {
    const bookId = await stockBook(front, { [us]: 2, [eu]: 2 });
    const bought = orderOf(await order(inRegion(region), bookId));

    for (const asked of [inRegion(us), inRegion(eu)]) {
      expect((await findOrder(asked, bought.id))?.order).toEqual(bought);
    }
  });

  test('is found in either region while the other is down, once both know it', async () => {
    const bookId = await stockBook(front, { [us]: 2, [eu]: 2 });
    const bought = orderOf(await order(inRegion(us), bookId));
    await exchange(front.replicas, bookId);

    for (const down of [us, eu]) {
      expect(await findOrder(without(down), bought.id)).toEqual({
        order: bought,
        regions: [down === us ? eu : us],
      });
    }
  });

  test('G6: that nobody in reach knows is not denied while a region is down', async () => {
    const bookId = await stockBook(front, { [us]: 2, [eu]: 2 });
    const bought = orderOf(await order(inRegion(us), bookId));

    await expect(findOrder(without(us), bought.id)).rejects.toThrow(UnavailableError);
    expect(await findOrder(front, 'f'.repeat(32))).toBeUndefined();
  });

  test('of two that were accepted apart is the one that will stand', async () => {
    const bookId = await stockBook(front, { [us]: 2, [eu]: 2 });
    const sale = { bookId, key: freshKey() };
    const dear = await sellApart(emulators.config, { ...sale, region: us, price: 1000 });
    const cheap = await sellApart(emulators.config, { ...sale, region: eu, price: 900 });

    expect((await findOrder(front, dear.id))?.order).toEqual(toOrder(cheap));
  });

  test('that is cancelled in one log and placed in the other is cancelled', async () => {
    const bookId = await stockBook(front, { [us]: 2, [eu]: 2 });
    const bought = orderOf(await order(inRegion(us), bookId));
    await exchange(front.replicas, bookId);
    await cancelOrder(front, bought.id);

    expect((await findOrder(front, bought.id))?.order.status).toBe('cancelled');
  });
});

describe('the log', () => {
  // Each test has a log of its own.
  beforeEach(start);
  afterEach(() => emulators.stop());

  const startMs = Date.parse('2030-01-01T00:00:00.000Z');

  /** Orders a second apart, in turns in both regions; two are told to the other region. */
  async function twelveOrders(): Promise<{ bookId: number; newestFirst: Order[] }> {
    const bookId = await stockBook(front, { [us]: 9, [eu]: 9 });
    const orders: Order[] = [];
    for (let index = 0; index < 12; index += 1) {
      const region = index % 3 === 0 ? eu : us;
      const key = freshKey();
      const sale = { region, bookId, key, atMs: startMs + 1000 * index };
      const row = await sellApart(emulators.config, sale);
      if (index % 5 === 0) await replicaOf(front, region === us ? eu : us).sales.join(row);
      orders.unshift(toOrder(row));
    }
    return { bookId, newestFirst: orders };
  }

  async function readPages(asked: FrontEnd, limit: number): Promise<Order[][]> {
    const pages: Order[][] = [];
    let after: string | undefined = '';
    while (after !== undefined) {
      const page: Awaited<ReturnType<typeof listOrders>> = await listOrders(asked, {
        limit,
        after,
      });
      pages.push([...page.orders]);
      after = page.next;
    }
    return pages;
  }

  test('is empty at first', async () => {
    expect(await listOrders(front, { limit: 5, after: '' })).toEqual({ orders: [] });
  });

  test('lists the orders of both regions newest first, each once, in pages of any length', async () => {
    const { newestFirst } = await twelveOrders();

    for (const limit of [1, 5, 6, 12, 100]) {
      const pages = await readPages(front, limit);

      expect(pages.flat()).toEqual(newestFirst);
      for (const page of pages.slice(0, -1)) expect(page).toHaveLength(limit);
    }
  });

  test('lists what the region in reach knows while the other is down, and all once they have told each other', async () => {
    const { bookId, newestFirst } = await twelveOrders();
    const alone = (await readPages(without(us), 5)).flat();
    await exchange(front.replicas, bookId);

    const isKnown = ({ region }: Order, index: number) => region === eu || (11 - index) % 5 === 0;
    expect(alone).toEqual(newestFirst.filter(isKnown));
    for (const asked of [without(us), front]) {
      expect((await readPages(asked, 5)).flat()).toEqual(newestFirst);
    }
  });

  test('is not readable while every region is down', async () => {
    await expect(listOrders(without(us, eu), { limit: 5, after: '' })).rejects.toThrow(
      UnavailableError,
    );
  });

  test('lists one order of a key that two regions accepted', async () => {
    const bookId = await stockBook(front, { [us]: 9, [eu]: 9 });
    const key = freshKey();
    const dear = { region: us, bookId, key, price: 1000, atMs: startMs };
    const cheap = { region: eu, bookId, key, price: 900, atMs: startMs + 5000 };
    await sellApart(emulators.config, dear);
    const standing = toOrder(await sellApart(emulators.config, cheap));
    const between = { region: us, bookId, key: freshKey(), atMs: startMs + 2000 };
    const other = toOrder(await sellApart(emulators.config, between));

    const before = (await readPages(front, 1)).flat();
    await exchange(front.replicas, bookId);
    const after = (await readPages(front, 1)).flat();

    expect(before).toEqual([standing, other]);
    expect(after).toEqual([standing, other]);
  });

  test('lists orders of one moment each once', async () => {
    const bookId = await stockBook(front, { [us]: 9, [eu]: 9 });
    const orders = await Promise.all(
      Array.from({ length: 6 }, async (_, index) =>
        sellApart(emulators.config, {
          region: index % 2 ? us : eu,
          bookId,
          key: freshKey(),
          atMs: startMs,
        }),
      ),
    );

    const listed = (await readPages(front, 2)).flat().map(({ id }) => id);

    expect(listed).toEqual(
      orders
        .map(({ id }) => id)
        .sort()
        .reverse(),
    );
  });

  test('holds no refusals and no records of keys', async () => {
    const bookId = await stockBook(front, { [us]: 1, [eu]: 1 });
    const { id } = orderOf(await order(front, bookId));
    for (const { orders } of front.replicas) await orders.shut('a refused order');

    const { orders } = await listOrders(front, { limit: 10, after: '' });

    expect(orders.map((listed) => listed.id)).toEqual([id]);
    expect(await findOrder(front, 'a refused order')).toBeUndefined();
  });

  test('G4: an order is listed by the time of its sale, not by when it arrived', async () => {
    const { bookId, newestFirst } = await twelveOrders();
    const oldest = { region: us, bookId, key: freshKey(), atMs: startMs - 5000 };
    const row = await sellApart(emulators.config, oldest);
    await exchange(front.replicas, bookId);

    const listed = (await readPages(without(us), 4)).flat();

    expect(listed).toEqual([...newestFirst, toOrder(row)]);
  });
});
