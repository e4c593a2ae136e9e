/** Buying over HTTP, and what becomes of orders. */
import { describe, expect, test } from '@jest/globals';
import { orderPageSchema, searchPageSchema } from '../../lib/http/schemas.js';
import { copiesOf } from '../../lib/rules/order.js';
import {
  allPages,
  as,
  asBook,
  asOrder,
  asProblem,
  freshKey,
  locationOf,
  type Order,
} from './support/client.js';
import {
  buyUntilAnswered,
  expectLeft,
  expectOneOrder,
  expectSold,
  repeatedly,
  stockOf,
  untilAnswered,
} from './support/purchases.js';
import { storeForTests, storeUnderTest } from './support/store-under-test.js';

const { store, client } = storeForTests(storeUnderTest);

const topic = `Topic ${freshKey()}`;

async function stockBook(stock: number, price = 1000): Promise<number> {
  const { id } = await client.createBook({ id: store.freshId(), topic, stock, price });
  return id;
}

const cancel = (id: string) => client.send(`/orders/${id}/cancel`, { method: 'POST' });

describe('a purchase', () => {
  test('is answered with the order, which is there from then on', async () => {
    const bookId = await stockBook(10, 1250);
    const answer = await client.buy(bookId, { quantity: 3 });

    const order = asOrder(answer, 201);
    expect(order).toEqual({
      id: expect.any(String),
      items: [{ bookId, title: `Book ${bookId}`, quantity: 3, unitPrice: 1250, total: 3750 }],
      total: 3750,
      currency: 'USD',
      region: expect.any(String),
      createdAt: expect.any(String),
      status: 'placed',
    });
    expect(store.regions).toContain(order.region);
    expect(locationOf(answer)).toBe(answer.url.replace(`buy/${bookId}`, `orders/${order.id}`));
    expect(answer.headers.get('idempotency-key')).toMatch(/^\S+$/);
    for (let time = 0; time < 5; time += 1) {
      expect(asOrder(await client.send(`/orders/${order.id}`))).toEqual(order);
    }
    expect(await stockOf(client, bookId)).toBe(7);
    await expectLeft(client, bookId, 7);
  });

  test.each([
    ['no body', undefined],
    ['an empty body', ''],
    ['an empty object', {}],
  ])('of %s is one of one copy', async (_, body) => {
    const bookId = await stockBook(5);
    expect(asOrder(await client.buy(bookId, body), 201).items).toMatchObject([{ quantity: 1 }]);
  });

  test('can be repeated with the key that was made for it', async () => {
    const bookId = await stockBook(5);
    const first = await client.buy(bookId);
    const key = first.headers.get('idempotency-key') as string;
    const again = await client.buy(bookId, undefined, key);
    expect(asOrder(again, 200)).toEqual(asOrder(first, 201));
    expect(again.headers.get('idempotency-key')).toBe(key);
  });

  test('G2: of a key is one order, however often it is sent', async () => {
    const [bookId, otherId] = [await stockBook(10), await stockBook(10)];
    const key = freshKey();
    const order = asOrder(await client.buy(bookId, { quantity: 2 }, key), 201);

    for (let time = 0; time < 3; time += 1) {
      expect(asOrder(await client.buy(bookId, { quantity: 2 }, key), 200)).toEqual(order);
    }
    // A price is a condition of the try, and this one has been carried out.
    expect(asOrder(await client.buy(bookId, { quantity: 2, unitPrice: 1 }, key), 200)).toEqual(
      order,
    );

    asProblem(await client.buy(bookId, { quantity: 3 }, key), 422, 'key-reused');
    asProblem(await client.buy(otherId, { quantity: 2 }, key), 422, 'key-reused');
    await expectLeft(client, bookId, 8);
    await expectLeft(client, otherId, 10);
  });

  test('of an unknown book is refused', async () => {
    asProblem(await client.buy(store.freshId()), 404, 'unknown-book');
  });

  test('of more copies than there are anywhere is refused with what there is', async () => {
    const bookId = await stockBook(7);
    const problem = asProblem(await client.buy(bookId, { quantity: 8 }), 409, 'sold-out');
    expect(problem.items).toEqual([{ bookId, available: 7 }]);
    // More than either region may sell by itself, but not more than there are.
    asOrder(await client.buy(bookId, { quantity: 7 }), 201);
    const none = asProblem(await client.buy(bookId), 409, 'sold-out');
    expect(none.items).toEqual([{ bookId, available: 0 }]);
    await expectLeft(client, bookId, 0);
  });

  test('at a price that is no longer the one shown is refused with the price', async () => {
    const bookId = await stockBook(5, 1000);
    asOrder(await client.buy(bookId, { unitPrice: 1000 }), 201);
    await client.admin(`/books/${bookId}`, { method: 'PATCH', body: { price: 900 } });

    const problem = asProblem(await client.buy(bookId, { unitPrice: 1000 }), 409, 'price-changed');

    expect(problem.items).toEqual([{ bookId, price: 900 }]);
    expect(asOrder(await client.buy(bookId, { unitPrice: 900 }), 201).total).toBe(900);
    expect(await stockOf(client, bookId)).toBe(3);
  });

  test('G5: is seen by every read after it', async () => {
    const bookId = await stockBook(1000);
    const noCache = { headers: { 'cache-control': 'no-cache' } };
    asOrder(await client.buy(bookId, { quantity: 10 }), 201);
    for (let time = 0; time < 20; time += 1) {
      expect(await stockOf(client, bookId)).toBe(990);
      if (time % 5 === 0) {
        expect(asBook(await client.send(`/info/${bookId}`, noCache)).stock).toBe(990);
      }
    }
    for (let left = 989; left > 969; left -= 1) {
      await client.buy(bookId);
      expect(await stockOf(client, bookId)).toBe(left);
      const found = await client.send(`/search?topic=${encodeURIComponent(topic)}&limit=100`);
      const { books } = as(searchPageSchema, found);
      expect(books.find(({ id }) => id === bookId)?.stock).toBe(left);
    }
  });
});

describe('an order of several books', () => {
  test('is answered with all of its items, in the order in which they were sent', async () => {
    const [one, two] = [await stockBook(10, 1250), await stockBook(10, 300)];

    const answer = await client.order([{ bookId: two, quantity: 4 }, { bookId: one }]);

    const order = asOrder(answer, 201);
    expect(order).toMatchObject({
      items: [
        { bookId: two, quantity: 4, unitPrice: 300, total: 1200 },
        { bookId: one, quantity: 1, unitPrice: 1250, total: 1250 },
      ],
      total: 2450,
      status: 'placed',
    });
    expect(locationOf(answer)).toBe(`${answer.url}/${order.id}`);
    expect(asOrder(await client.send(`/orders/${order.id}`))).toEqual(order);
    expect(await stockOf(client, one)).toBe(9);
    expect(await stockOf(client, two)).toBe(6);
  });

  test('G2: is one order of its key, in whatever order its items are sent', async () => {
    const [one, two] = [await stockBook(10), await stockBook(10)];
    const key = freshKey();
    const order = asOrder(await client.order([{ bookId: one }, { bookId: two }], key), 201);

    const again = await client.order([{ bookId: two }, { bookId: one, quantity: 1 }], key);

    expect(asOrder(again, 200)).toEqual(order);
    asProblem(await client.order([{ bookId: one }], key), 422, 'key-reused');
    asProblem(await client.buy(one, {}, key), 422, 'key-reused');
    await expectLeft(client, one, 9);
  });

  test('G10: is refused as a whole, with every item that stands against it', async () => {
    const [plenty, few, none] = [await stockBook(9), await stockBook(2), await stockBook(0)];
    const items = [{ bookId: plenty }, { bookId: few, quantity: 3 }, { bookId: none }];

    const soldOut = asProblem(await client.order(items), 409, 'sold-out');
    expect(soldOut.items).toEqual([
      { bookId: few, available: 2 },
      { bookId: none, available: 0 },
    ]);
    const priced = items.map((item) => ({ ...item, unitPrice: 999 }));
    expect(asProblem(await client.order(priced), 409, 'price-changed').items).toEqual(
      items.map(({ bookId }) => ({ bookId, price: 1000 })),
    );
    const unknown = store.freshId();
    const withUnknown = await client.order([...priced, { bookId: unknown }]);
    expect(asProblem(withUnknown, 404, 'unknown-book').items).toEqual([{ bookId: unknown }]);
    await expectLeft(client, plenty, 9);
    await expectLeft(client, few, 2);
  });

  test('G10: that is cancelled gives all of its copies back once', async () => {
    const bookIds = [await stockBook(5), await stockBook(5)];
    const items = bookIds.map((bookId) => ({ bookId, quantity: 2 }));
    const order = asOrder(await client.order(items), 201);

    const answers = await Promise.all(Array.from({ length: 5 }, () => cancel(order.id)));

    for (const answer of answers) {
      expect(asOrder(answer)).toEqual({ ...order, status: 'cancelled' });
    }
    for (const bookId of bookIds) {
      expect(await stockOf(client, bookId)).toBe(5);
      await expectLeft(client, bookId, 5);
    }
  });
});

describe('an order', () => {
  test('that is cancelled gives its copies back once', async () => {
    const bookId = await stockBook(10);
    const key = freshKey();
    const order = asOrder(await client.buy(bookId, { quantity: 4 }, key), 201);

    const cancelled = asOrder(await cancel(order.id));
    expect(cancelled).toEqual({ ...order, status: 'cancelled' });
    expect(await stockOf(client, bookId)).toBe(10);
    const again = await Promise.all(Array.from({ length: 10 }, () => cancel(order.id)));
    for (const answer of again) expect(asOrder(answer)).toEqual(cancelled);

    expect(asOrder(await client.send(`/orders/${order.id}`))).toEqual(cancelled);
    expect(asOrder(await client.buy(bookId, { quantity: 4 }, key), 200)).toEqual(cancelled);
    await expectLeft(client, bookId, 10);
  });

  test('that is unknown is neither shown nor cancelled', async () => {
    asProblem(await client.send('/orders/unknown'), 404, 'unknown-order');
    asProblem(await cancel('unknown'), 404, 'unknown-order');
  });
});

/** Every order in the log of any of these books, by its id. */
async function ordersOf(bookIds: readonly number[]): Promise<Map<string, Order>> {
  const pages = await allPages(async (cursor) =>
    as(orderPageSchema, await client.admin(`/orders?limit=100${cursor}`)),
  );
  const found = pages
    .flatMap(({ orders }) => orders)
    .filter(({ items }) => items.some(({ bookId }) => bookIds.includes(bookId)));
  return new Map(found.map((order) => [order.id, order]));
}

test('the log shows every order once, newest first, page by page', async () => {
  const bookId = await stockBook(100);
  const orders: Order[] = [];
  for (let count = 0; count < 25; count += 1) {
    orders.push(asOrder(await client.buy(bookId), 201));
  }
  const earliest = orders.map(({ createdAt }) => createdAt).sort()[0] as string;
  for (const limit of [100, 20, 7]) {
    const pages = await allPages(
      async (cursor) => as(orderPageSchema, await client.admin(`/orders?limit=${limit}${cursor}`)),
      // What lies behind the first of these orders is of other days.
      (page) => page.orders.some(({ createdAt }) => createdAt < earliest),
    );
    const log = pages.flatMap((page) => page.orders);
    expect(new Set(log.map(({ id }) => id)).size).toBe(log.length);
    const times = log.map(({ createdAt }) => createdAt);
    expect(times).toEqual([...times].sort().reverse());
    const ofBook = log.filter((order) => copiesOf(bookId, order) > 0);
    expect(new Map(ofBook.map((order) => [order.id, order]))).toEqual(
      new Map(orders.map((order) => [order.id, order])),
    );
    for (const page of pages.slice(0, -1)) expect(page.orders).toHaveLength(limit);
  }
  const first = as(orderPageSchema, await client.admin('/orders'));
  expect(first.orders).toHaveLength(20);
});

describe('many buyers at once', () => {
  test('G1: two hundred at the last fifty copies place exactly fifty orders', async () => {
    const bookId = await stockBook(50);
    const answers = await repeatedly(200, store.concurrency, () =>
      buyUntilAnswered(client, bookId),
    );
    expectSold(answers, 50);
    expect(await stockOf(client, bookId)).toBe(0);
    await expectLeft(client, bookId, 0);
  });

  test('G1, G10: two hundred at overlapping baskets of the last copies leave no part of an order', async () => {
    const stock = 30;
    const bookIds = await Promise.all(Array.from({ length: 6 }, () => stockBook(stock)));
    const wishOf = (buyer: number) => {
      const from = buyer % bookIds.length;
      const ids = [...bookIds.slice(from), ...bookIds.slice(0, from)].slice(0, 1 + (buyer % 4));
      return ids.map((bookId, place) => ({ bookId, quantity: 1 + ((buyer + place) % 3) }));
    };

    const answers = await repeatedly(200, store.concurrency, (buyer) => {
      const key = freshKey();
      return untilAnswered(() => client.order(wishOf(buyer), key));
    });

    const placed = new Map<string, Order>();
    for (const [buyer, answer] of answers.entries()) {
      if (answer.status === 409) {
        const wish = wishOf(buyer);
        for (const { bookId, available = NaN } of asProblem(answer, 409, 'sold-out').items ?? []) {
          expect(available).toBeLessThan(copiesOf(bookId, { items: wish }));
        }
        continue;
      }
      const order = asOrder(answer, answer.status);
      expect(order.items.map(({ bookId, quantity }) => ({ bookId, quantity }))).toEqual(
        wishOf(buyer),
      );
      placed.set(order.id, order);
    }
    const log = await ordersOf(bookIds);
    expect(log).toEqual(placed);
    for (const bookId of bookIds) {
      const sold = [...log.values()].reduce((sum, order) => sum + copiesOf(bookId, order), 0);
      await expectLeft(client, bookId, stock - sold);
      expect(await stockOf(client, bookId)).toBe(stock - sold);
    }
  });

  test.each([
    ['twenty times', 20, 10, 2],
    ['three times at the last copy', 3, 1, 1],
  ])('G2: one key, sent %s, is one order', async (_, times, stock, quantity) => {
    const bookId = await stockBook(stock);
    const key = freshKey();
    const answers = await repeatedly(times, store.concurrency, () =>
      client.buy(bookId, { quantity }, key),
    );
    expectOneOrder(answers);
    await expectLeft(client, bookId, stock - quantity);
  });
});
