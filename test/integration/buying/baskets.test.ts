/** G10: an order of several books takes all of its copies or none. */
import { describe, expect, test } from '@jest/globals';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { cancelOrder } from '../../../lib/store/orders.js';
import type { BuyOutcome } from '../../../lib/store/buy.js';
import { recordCalls, type Call, type Interceptor } from '../../support/faults/barrier.js';
import { shown } from '../../support/books/books.js';
import {
  countKinds,
  freshKey,
  oneOfEach,
  order,
  orderAll,
  orderAllUntilAnswered,
  orderOf,
} from '../../support/books/buyers.js';
import {
  answerLost,
  before,
  first,
  isBookUpdate,
  isTransaction,
  to,
  unreachable,
  type Matcher,
} from '../../support/faults/faults.js';
import { makeFreshFrontEnd } from '../../support/tables/front-ends.js';
import { eu, us } from '../../support/tables/neighbours.js';
import { openNeighbours } from '../../support/stages/open.js';
import { logOf } from '../../support/books/order-log.js';
import {
  bookAt,
  freshBookId,
  replicaOf,
  stockBooks,
  takeStock,
} from '../../support/books/stocked-books.js';

const { emulators, here, there, faulty } = await openNeighbours();

const stockOf = (bookIds: readonly number[]) =>
  Promise.all(bookIds.map((bookId) => takeStock(here.replicas, bookId)));

/** The first calls that match, so many of them, are sent only when all of them have been made. */
function together(count: number, matches: Matcher): Interceptor {
  let made = 0;
  let release = () => {};
  const allMade = new Promise<void>((resolve) => {
    release = resolve;
  });
  return before(first(count, matches), async () => {
    made += 1;
    if (made === count) release();
    await allMade;
  });
}

const writesOf = ({ input }: Call): number => (input['TransactItems'] as unknown[]).length;

test('G10: is one transaction of every book, the order and what finds it, and keeps its items as they were sent', async () => {
  const [one, two, three] = await stockBooks(here, [5, 5], [5, 5], [5, 5]);
  const calls = recordCalls();
  const items = [
    { bookId: three, quantity: 2 },
    { bookId: one, quantity: 1 },
    { bookId: two, quantity: 3 },
  ];

  const placed = orderOf(await orderAll(faulty(calls.interceptor), items));

  expect(placed).toMatchObject({ total: 6000, region: us, status: 'placed' });
  expect(placed.items).toEqual(
    items.map(({ bookId, quantity }) => ({
      bookId,
      title: `Book ${bookId}`,
      quantity,
      unitPrice: 1000,
      total: 1000 * quantity,
    })),
  );
  // Three books, the order, and the entries of two of the books.
  expect(calls.calls.filter(isTransaction).map(writesOf)).toEqual([6]);
  expect((await stockOf([one, two, three])).map(({ sold }) => sold)).toEqual([1, 3, 2]);
});

test('G10: takes up to 25 books', async () => {
  const bookIds = await stockBooks(here, ...Array.from({ length: 25 }, () => [1, 1]));
  const items = bookIds.map((bookId) => ({ bookId, quantity: 2 }));

  const outcomes = [await orderAll(here, items), await orderAll(there, items)];

  expect(countKinds(outcomes)).toEqual({ placed: 1, 'sold-out': 1 });
  for (const stock of await stockOf(bookIds)) expect(stock).toMatchObject({ sold: 2, left: 0 });
});

describe('what an order lacks is brought for every item', () => {
  test('side by side: copies of two books are moved at the same time', async () => {
    const bookIds = await stockBooks(here, [0, 3], [4, 4], [1, 6]);
    const moves = together(2, to(eu, isBookUpdate));

    const placed = orderOf(
      await orderAll(faulty(moves), [
        ...oneOfEach(...bookIds.slice(0, 2)),
        { bookId: bookIds[2], quantity: 3 },
      ]),
    );

    expect(placed.region).toBe(us);
    expect((await stockOf(bookIds)).map(({ sold, left }) => [sold, left])).toEqual([
      [1, 2],
      [1, 7],
      [3, 4],
    ]);
  });

  test('whatever it is: a book, a price, copies', async () => {
    const [priced, scarce, enough] = await stockBooks(here, [5, 5], [0, 5], [5, 5]);
    const unheard = await bookAt(there, eu, { stock: 4 });
    await replicaOf(there, eu).catalog.change(priced, { price: 1500 }, []);

    const placed = orderOf(
      await orderAll(here, [
        { bookId: priced, quantity: 1, unitPrice: 1500 },
        ...oneOfEach(scarce, enough),
        { bookId: unheard, quantity: 4 },
      ]),
    );

    expect(placed).toMatchObject({ region: us, total: 1500 + 1000 + 1000 + 4000 });
    expect(await takeStock(here.replicas, unheard)).toMatchObject({ sold: 4, left: 0 });
  });

  test('and none is moved where one can not be had', async () => {
    const bookIds = await stockBooks(here, [0, 4], [1, 1], [0, 0]);
    const calls = recordCalls();

    const outcome = await orderAll(faulty(calls.interceptor), [
      ...oneOfEach(bookIds[0]),
      { bookId: bookIds[1], quantity: 2 },
      ...oneOfEach(bookIds[2]),
    ]);

    expect(outcome).toEqual({ kind: 'sold-out', items: [{ bookId: bookIds[2], available: 0 }] });
    expect(calls.calls.filter(isBookUpdate)).toEqual([]);
    expect((await stockOf(bookIds)).map(({ rights }) => rights)).toEqual([
      [0, 4],
      [1, 1],
      [0, 0],
    ]);
  });

  test('and nothing is sold where a region is silent that has copies of one', async () => {
    const bookIds = await stockBooks(here, [3, 3], [0, 3]);
    const cutOff = faulty(unreachable(to(eu)));

    const outcome = await orderAll(cutOff, oneOfEach(...bookIds));

    expect(outcome.kind).toBe('unknown');
    for (const stock of await stockOf(bookIds)) expect(stock.sold).toBe(0);
  });
});

describe('a refusal names every item that it concerns', () => {
  test('sold out: with what is left of each', async () => {
    const [few, none, plenty] = await stockBooks(here, [3, 4], [0, 0], [9, 9]);

    const outcome = await orderAll(here, [
      { bookId: few, quantity: 8 },
      ...oneOfEach(plenty, none),
    ]);

    expect(outcome).toEqual({
      kind: 'sold-out',
      items: [
        { bookId: few, available: 7 },
        { bookId: none, available: 0 },
      ],
    });
    expect((await stockOf([few, plenty])).map(({ sold }) => sold)).toEqual([0, 0]);
  });

  test('price changed: with the price of each', async () => {
    const bookIds = await stockBooks(here, [2, 2], [2, 2], [2, 2]);
    const shownPrices = [900, 1000, 1100];

    const outcome = await orderAll(
      here,
      bookIds.map((bookId, place) => ({ bookId, quantity: 1, unitPrice: shownPrices[place] })),
    );

    expect(outcome).toEqual({
      kind: 'price-changed',
      items: [bookIds[0], bookIds[2]].map((bookId) => ({ bookId, price: 1000 })),
    });
  });

  test('unknown books come before prices, and prices before a lack of copies', async () => {
    const [known, scarce] = await stockBooks(here, [2, 2], [0, 0]);
    const unheard = [freshBookId(here), freshBookId(here)];
    const wanted = [...oneOfEach(scarce), { bookId: known, quantity: 1, unitPrice: 1 }];

    expect(await orderAll(here, [...wanted, ...oneOfEach(...unheard)])).toEqual({
      kind: 'unknown-book',
      items: unheard.map((bookId) => ({ bookId })),
    });
    expect(await orderAll(here, wanted)).toEqual({
      kind: 'price-changed',
      items: [{ bookId: known, price: 1000 }],
    });
  });
});

describe('G2: one key is one order', () => {
  test('of the same items, in whatever order they are sent', async () => {
    const bookIds = await stockBooks(here, [5, 5], [5, 5]);
    const key = freshKey();
    const placed = orderOf(await orderAll(here, oneOfEach(...bookIds), key));

    const again = await orderAll(here, oneOfEach(...[...bookIds].reverse()), key);

    expect(again).toEqual({ kind: 'repeated', order: placed });
    for (const stock of await stockOf(bookIds)) expect(stock.sold).toBe(1);
  });

  test('and of no others: one more, one less, or more copies are another body', async () => {
    const bookIds = await stockBooks(here, [5, 5], [5, 5], [5, 5]);
    const key = freshKey();
    orderOf(await orderAll(here, oneOfEach(...bookIds.slice(0, 2)), key));

    const others = [
      oneOfEach(...bookIds),
      oneOfEach(bookIds[0]),
      [{ bookId: bookIds[0], quantity: 2 }, ...oneOfEach(bookIds[1])],
    ];
    for (const items of others) {
      expect(await orderAll(here, items, key)).toEqual({ kind: 'key-reused' });
    }
  });

  test('whose answer was lost is found, and was sold once', async () => {
    const bookIds = await stockBooks(here, [5, 5], [0, 5]);

    const outcome = await orderAll(
      faulty(answerLost(first(2, to(us, isTransaction)))),
      oneOfEach(...bookIds),
    );

    expect(outcome.kind).toBe('placed');
    expect((await stockOf(bookIds)).map(({ sold }) => sold)).toEqual([1, 1]);
  });
});

test('G10: cancelling gives all items back in one transaction, and shows it at once', async () => {
  const bookIds = await stockBooks(here, [5, 0], [5, 0], [5, 0]);
  const placed = orderOf(await orderAll(here, oneOfEach(...bookIds)));
  for (const bookId of bookIds) expect((await shown(here, bookId)).stock).toBe(4);
  const calls = recordCalls();

  const cancelled = await cancelOrder(faulty(calls.interceptor), placed.id);

  expect(cancelled).toEqual({ ...placed, status: 'cancelled' });
  expect(calls.calls.filter(isTransaction).map(writesOf)).toEqual([4]);
  for (const bookId of bookIds) {
    expect((await shown(here, bookId)).stock).toBe(5);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 0, left: 5 });
  }
});

test('G5: every book of an order is shown as it is afterwards', async () => {
  const bookIds = await stockBooks(here, [5, 5], [5, 5]);
  for (const bookId of bookIds) await shown(here, bookId);

  orderOf(await orderAll(here, oneOfEach(...bookIds)));

  for (const bookId of bookIds) expect((await shown(here, bookId)).stock).toBe(9);
});

describe('orders that want the same last copies', () => {
  /** A front end in a region, to which the other one is far. */
  const frontIn = (region: string, ...interceptors: Interceptor[]): Promise<FrontEnd> =>
    makeFreshFrontEnd(emulators.config, {
      region,
      routing: { sales: 'nearest' },
      faults: [
        before(
          ({ place }) => place !== region && place !== 'cache',
          () => new Promise((resolve) => setTimeout(resolve, 10)),
        ),
        ...interceptors,
      ],
    });

  test('G1, G10: in two regions, and took them from each other: one wins, and both are answered', async () => {
    const pairs = Array.from({ length: 6 }, () => stockBooks(here, [1, 0], [0, 1]));
    const outcomes = await Promise.all(
      pairs.map(async (pair) => {
        const bookIds = await pair;
        // Each moves the copy of the other before any of them has tried again.
        const moves = together(2, isBookUpdate);
        const fronts = [await frontIn(us, moves), await frontIn(eu, moves)];
        const both = await Promise.all(
          fronts.map((front) => orderAllUntilAnswered(front, oneOfEach(...bookIds))),
        );
        expect((await stockOf(bookIds)).map(({ sold, left }) => [sold, left])).toEqual([
          [1, 0],
          [1, 0],
        ]);
        return both;
      }),
    );

    for (const both of outcomes) expect(countKinds(both)).toEqual({ placed: 1, 'sold-out': 1 });
  });

  test('G1, G10: many that overlap leave no part of an order, and refuse nobody who could be served', async () => {
    const bookIds = await stockBooks(here, [3, 2], [0, 5], [5, 0], [2, 3], [1, 4]);
    const fronts = [await frontIn(us), await frontIn(eu)];
    const wishes = Array.from({ length: 60 }, (_, buyer) => {
      const from = buyer % bookIds.length;
      const chosen = [...bookIds.slice(from), ...bookIds.slice(0, from)].slice(0, 1 + (buyer % 4));
      return chosen.map((bookId, place) => ({ bookId, quantity: 1 + ((buyer + place) % 2) }));
    });

    const outcomes: BuyOutcome[] = await Promise.all(
      wishes.map((items, buyer) => orderAllUntilAnswered(fronts[buyer % 2] as FrontEnd, items)),
    );

    const stock = new Map(
      await Promise.all(
        bookIds.map(async (id) => [id, await takeStock(here.replicas, id)] as const),
      ),
    );
    const logs = await Promise.all(here.replicas.map((replica) => logOf(replica, bookIds)));
    const placed = outcomes.flatMap((outcome) => ('order' in outcome ? [outcome.order] : []));
    expect(new Set(logs.flat().map(({ id }) => id))).toEqual(new Set(placed.map(({ id }) => id)));
    for (const [id, { sold, left }] of stock) {
      const copies = placed
        .flatMap(({ items }) => items)
        .filter(({ bookId }) => bookId === id)
        .reduce((sum, { quantity }) => sum + quantity, 0);
      expect({ id, copies, all: sold + left }).toEqual({ id, copies: sold, all: 5 });
    }
    for (const [buyer, outcome] of outcomes.entries()) {
      if ('order' in outcome) continue;
      const isServable = wishes[buyer]?.every(
        ({ bookId, quantity }) => (stock.get(bookId)?.left ?? 0) >= quantity,
      );
      expect({ outcome, isServable }).toMatchObject({
        outcome: { kind: 'sold-out' },
        isServable: false,
      });
    }
  });
});

test('an order of one item is the same as a purchase of one book', async () => {
  const [bookId] = await stockBooks(here, [5, 5]);
  const key = freshKey();
  const placed = orderOf(await order(here, bookId, { quantity: 2, key }));

  expect(await orderAll(here, [{ bookId, quantity: 2 }], key)).toEqual({
    kind: 'repeated',
    order: placed,
  });
});
