/** Two front ends of one store: what is bought or changed at one is seen at the other. */
import { describe, expect, test } from '@jest/globals';
import { orderPageSchema } from '../../lib/http/schemas.js';
import {
  as,
  asBook,
  asOrder,
  asProblem,
  freshKey,
  type Answer,
  type Book,
  type Client,
} from '../http/support/client.js';
import {
  buyUntilAnswered,
  expectLeft,
  expectSold,
  repeatedly,
  stockOf,
} from '../http/support/purchases.js';
import {
  deployedClients,
  storeForTests,
  storeUnderTest,
} from '../http/support/store-under-test.js';
import { eventually } from '../../tools/eventually.js';
import { measureLatency } from './latency.js';

const fronts = deployedClients();
const [here, there] = fronts as [Client, Client];
const frontOf = (index: number): Client => fronts[index % fronts.length] as Client;

const { store } = storeForTests(storeUnderTest);

/** Creates a book here, and waits until it is known in every region. */
async function stockBook(stock: number): Promise<number> {
  const { id } = await here.createBook({ id: store.freshId(), stock });
  await expectLeft(here, id, stock);
  return id;
}

/** Creates a book here, and has it read there, so that it is fresh in the other cache. */
async function stockInBothCaches(stock: number): Promise<number> {
  const id = await stockBook(stock);
  await eventually(async () => {
    const { headers } = await there.send(`/info/${id}`);
    expect(headers.get('x-cache')).toBe('hit');
  });
  return id;
}

/** Waits until the other front end shows this of a book, from its cache and without asking a replica. */
async function untilCached(bookId: number, fields: Partial<Book>): Promise<void> {
  const uses = new Set<string | null>();
  await eventually(async () => {
    const answer = await there.send(`/info/${bookId}`);
    uses.add(answer.headers.get('x-cache'));
    expect(asBook(answer)).toMatchObject(fields);
  });
  // Anything else would mean that the entry's freshness ended before the news came.
  expect([...uses]).toEqual(['hit']);
}

(fronts.length > 1 ? describe : describe.skip)('two front ends', () => {
  test('G1: two hundred buyers through both, at the last fifty copies, place fifty orders', async () => {
    const bookId = await stockBook(50);
    const answers = await repeatedly(200, store.concurrency, (index) =>
      buyUntilAnswered(frontOf(index), bookId),
    );
    expectSold(answers, 50);
    for (const front of fronts) {
      await eventually(async () => expect(await stockOf(front, bookId)).toBe(0));
      await expectLeft(front, bookId, 0);
    }
  });

  test('G2: one key, sent twenty times through both, comes to one order', async () => {
    const bookId = await stockBook(10);
    const key = freshKey();
    const answers = await repeatedly(20, store.concurrency, (index) =>
      frontOf(index).buy(bookId, { quantity: 2 }, key),
    );
    const orders = answers.map((answer) => asOrder(answer, answer.status));
    const [id, ...others] = new Set(orders.map((order) => order.id));
    expect(others).toEqual([]);
    // Each front end may have sold in its own region, before the two settled it.
    await expectLeft(there, bookId, 8);
    asProblem(await there.buy(bookId, { quantity: 3 }, key), 422, 'key-reused');
    const standing = await Promise.all(fronts.map((front) => front.send(`/orders/${id}`)));
    expect(asOrder(standing[1] as Answer)).toEqual(asOrder(standing[0] as Answer));
  });

  test('know an order at once, wherever it was placed', async () => {
    const bookId = await stockBook(3);
    const key = freshKey();
    const placed = await here.buy(bookId, {}, key);
    const order = asOrder(placed, 201);

    expect(asOrder(await there.send(`/orders/${order.id}`))).toEqual(order);
    // Sold again there, until it was heard of; the earlier of the two stands.
    await eventually(async () =>
      expect(asOrder(await there.buy(bookId, {}, key), 200)).toEqual(order),
    );
    const { orders } = as(orderPageSchema, await there.admin('/orders?limit=100'));
    expect(orders).toContainEqual(order);

    const cancelled = { ...order, status: 'cancelled' };
    const cancel = (front: Client) => front.send(`/orders/${order.id}/cancel`, { method: 'POST' });
    expect(asOrder(await cancel(there))).toEqual(cancelled);
    expect(asOrder(await cancel(here))).toEqual(cancelled);
    expect(asOrder(await here.send(`/orders/${order.id}`))).toEqual(cancelled);
    await expectLeft(here, bookId, 3);
  });

  test('sell what the other has sold no second time', async () => {
    const bookId = await stockBook(4);
    asOrder(await here.buy(bookId, { quantity: 4 }), 201);
    const { items } = asProblem(await there.buy(bookId), 409, 'sold-out');
    expect(items).toEqual([{ bookId, available: 0 }]);
  });

  test("G5: hear of each other's purchases, and their caches show them while they are fresh", async () => {
    const bookId = await stockInBothCaches(10);

    const order = asOrder(await here.buy(bookId, { quantity: 4 }), 201);
    await untilCached(bookId, { stock: 6 });

    asOrder(await here.send(`/orders/${order.id}/cancel`, { method: 'POST' }));
    await untilCached(bookId, { stock: 10 });
  });

  test('G5: hear of changes of the catalogue, and their caches show them while they are fresh', async () => {
    const bookId = await stockInBothCaches(10);

    const change = { price: 777, title: 'Changed elsewhere' };
    asBook(await here.admin(`/books/${bookId}`, { method: 'PATCH', body: change }));
    await untilCached(bookId, change);

    const body = { quantity: 5 };
    asBook(await here.admin(`/books/${bookId}/restock`, { method: 'POST', body }));
    await untilCached(bookId, { ...change, stock: 15 });
  });

  test('hear of purchases soon', async () => {
    const bookId = await stockBook(1000);
    await measureLatency(
      "from a purchase's answer to the other front end's cache",
      40,
      async () => asOrder(await here.buy(bookId), 201),
      async (time) => expect(await stockOf(there, bookId)).toBe(1000 - time),
    );
  });
});
