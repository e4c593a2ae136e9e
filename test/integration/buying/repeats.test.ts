/** G2: a key has one order and takes its copies once, however often and wherever it is tried. */
import { describe, expect, test } from '@jest/globals';
import type { BuyOutcome } from '../../../lib/store/buy.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { cancelOrder, findOrder } from '../../../lib/store/orders.js';
import { restockBook } from '../../../lib/store/manage-books.js';
import { outage } from '../../support/faults/barrier.js';
import {
  byTurns,
  countKinds,
  freshKey,
  order,
  orderOf,
  orderUntilAnswered,
} from '../../support/books/buyers.js';
import {
  answerLost,
  answersFromTheBeginning,
  before,
  first,
  isSurvey,
  isTransaction,
  lost,
  to,
  unreachable,
} from '../../support/faults/faults.js';
import { makeFreshFrontEnd, makeFrontEnd, testSecrets } from '../../support/tables/front-ends.js';
import { eu, us } from '../../support/tables/neighbours.js';
import { openNeighbours } from '../../support/stages/open.js';
import { Post } from '../../support/tables/post.js';
import {
  replicaOf,
  stockBook,
  stockBooks,
  takeStock,
  tell,
} from '../../support/books/stocked-books.js';

const { emulators, here, there, faulty } = await openNeighbours();

const idsOf = (outcomes: readonly BuyOutcome[]): string[] => [
  ...new Set(outcomes.map((outcome) => orderOf(outcome).id)),
];

describe('G2: a key', () => {
  test('retried 20 times at once is one order, placed once and repeated 19 times', async () => {
    const bookId = await stockBook(here, { [us]: 30, [eu]: 30 });
    const spread = makeFrontEnd(emulators.config);
    const key = freshKey();

    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => order(spread, bookId, { key, quantity: 2 })),
    );

    expect(countKinds(outcomes)).toEqual({ placed: 1, repeated: 19 });
    expect(new Set(outcomes.map((outcome) => JSON.stringify(orderOf(outcome)))).size).toBe(1);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 2, left: 58 });
  });

  test.each([
    { how: 'share sales out, meets in one region', sales: 'spread', placed: 1 },
    { how: 'sell at home, comes to one order', sales: 'nearest', placed: 2 },
  ] as const)('retried at once through two front ends that $how', async ({ sales, placed }) => {
    const bookId = await stockBook(here, { [us]: 30, [eu]: 30 });
    const fronts = [
      makeFrontEnd(emulators.config, { region: us, routing: { sales } }),
      await makeFreshFrontEnd(emulators.config, { region: eu, routing: { sales } }),
    ];
    const key = freshKey();

    const outcomes = await byTurns(fronts, 20, (front) => order(front, bookId, { key }));

    expect(countKinds(outcomes)).toEqual({ placed, repeated: 20 - placed });
    expect(idsOf(outcomes)).toHaveLength(1);
    if (placed > 1) await new Post(here.replicas, emulators.config).settle();
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 1, left: 59 });
  });

  test('whose order was cancelled is answered with the cancelled order', async () => {
    const bookId = await stockBook(here, { [us]: 1, [eu]: 1 });
    const key = freshKey();
    const { id } = orderOf(await order(here, bookId, { key }));
    await cancelOrder(here, id);

    const again = await order(here, bookId, { key });

    expect(again).toMatchObject({ kind: 'repeated', order: { id, status: 'cancelled' } });
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 0, left: 2 });
  });
});

describe('G2: a key with another body', () => {
  test('is refused, whether the quantity or the book is another, and takes nothing', async () => {
    const [bookId, otherId] = await stockBooks(here, [5, 5], [5, 5]);
    const key = freshKey();
    await order(here, bookId, { key, quantity: 1 });

    const outcomes = [
      await order(here, bookId, { key, quantity: 2 }),
      await order(here, otherId, { key, quantity: 1 }),
    ];

    expect(outcomes).toEqual([{ kind: 'key-reused' }, { kind: 'key-reused' }]);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 1 });
    expect(await takeStock(here.replicas, otherId)).toMatchObject({ sold: 0 });
  });

  test('is refused also where the order is known and the copies are gone', async () => {
    const bookId = await stockBook(here, { [us]: 1, [eu]: 0 });
    const key = freshKey();
    await order(here, bookId, { key });

    expect(await order(here, bookId, { key, quantity: 2 })).toEqual({ kind: 'key-reused' });
  });

  test('is not refused while a region does not answer that may have accepted it', async () => {
    const bookId = await stockBook(here, { [us]: 5, [eu]: 5 });
    const key = freshKey();
    await order(here, bookId, { key });
    const cutOff = faulty(unreachable(to(eu)));

    const outcome = await order(cutOff, bookId, { key, quantity: 2 });

    expect(outcome.kind).toBe('unknown');
  });

  test('with another unit price is the same body', async () => {
    const bookId = await stockBook(here, { [us]: 5, [eu]: 5 }, { price: 1000 });
    const key = freshKey();
    const bought = orderOf(await order(here, bookId, { key, unitPrice: 1000 }));

    const outcomes = [
      await order(here, bookId, { key, unitPrice: 1200 }),
      await order(here, bookId, { key }),
    ];

    expect(outcomes).toEqual([
      { kind: 'repeated', order: bought },
      { kind: 'repeated', order: bought },
    ]);
  });
});

describe('G2: an answer that was lost', () => {
  test('of a sale that was carried out ends in that order, within the same try', async () => {
    const bookId = await stockBook(here, { [us]: 3, [eu]: 3 });
    const key = freshKey();

    const outcome = await order(faulty(answerLost(to(us, isTransaction))), bookId, { key });

    expect(outcome.kind).toBe('placed');
    const again = await order(here, bookId, { key });
    expect(again).toEqual({ kind: 'repeated', order: orderOf(outcome) });
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 1, left: 5 });
  });

  test('of a sale that was never carried out ends in one order in the same region', async () => {
    const bookId = await stockBook(here, { [us]: 3, [eu]: 3 });

    const outcome = await order(faulty(lost(first(1, to(us, isTransaction)))), bookId);

    expect(orderOf(outcome).region).toBe(us);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 1, left: 5 });
  });

  test('whose region then is not in reach is found by a retry that lands in the other region', async () => {
    // No copies there: the retry looks the key up before it refuses.
    const bookId = await stockBook(here, { [us]: 1, [eu]: 0 });
    const key = freshKey();
    const silent = faulty(answerLost(to(us, isTransaction)), lost(first(1, to(us, isSurvey))));

    const lostAnswer = await order(silent, bookId, { key });
    const retried = await order(there, bookId, { key });

    const { id } = orderOf(retried);
    expect(orderOf(lostAnswer).id).toBe(id);
    expect(orderOf(retried).region).toBe(us);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 1, left: 0 });
  });

  test.each([
    ['also while its region is out of reach', true],
    ['in the same region', false],
  ])('is retried with the same key until it is answered: %s', async (_, isCutOff) => {
    const bookId = await stockBook(here, { [us]: 2, [eu]: 0 });
    const key = freshKey();
    const connection = outage();
    const buyer = faulty(
      before(to(us, isSurvey), () => Promise.resolve(isCutOff && connection.cutOff(us))),
      connection.interceptor,
      answerLost(first(1, to(us, isTransaction))),
    );
    const firstOutcome = await order(buyer, bookId, { key });
    const during = await order(buyer, bookId, { key });
    connection.restore(us);
    const later = await orderUntilAnswered(here, bookId, { key });

    const kinds = isCutOff ? ['unknown', 'unknown'] : ['placed', 'repeated'];
    expect([firstOutcome.kind, during.kind]).toEqual(kinds);
    expect(later.kind).toBe('repeated');
    const ids = [firstOutcome, during, later].map((outcome) =>
      outcome.kind === 'unknown' ? outcome.orderId : orderOf(outcome).id,
    );
    expect(new Set(ids).size).toBe(1);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 1, left: 1 });
  });
});

describe('a key that was refused', () => {
  test('buys after a restock', async () => {
    const bookId = await stockBook(here, { [us]: 0, [eu]: 0 });
    const key = freshKey();
    const refused = await order(here, bookId, { key });
    await restockBook(here, testSecrets, bookId, 2, freshKey());

    const bought = await order(here, bookId, { key });

    expect([refused.kind, bought.kind]).toEqual(['sold-out', 'placed']);
  });

  test('buys also where the refusal had to change the slot', async () => {
    const bookId = await stockBook(here, { [us]: 0, [eu]: 0 });
    const key = freshKey();
    const refused = await order(faulty(lost(first(1, to(us, isTransaction)))), bookId, { key });
    const slot = await replicaOf(here, us).orders.shut((await refusedId(bookId, key)) as string);
    await restockBook(here, testSecrets, bookId, 2, freshKey());

    const outcomes = await Promise.all([1, 2, 3].map(() => order(here, bookId, { key })));

    expect(refused.kind).toBe('sold-out');
    expect(slot).toBeUndefined();
    expect(countKinds(outcomes)).toEqual({ placed: 1, repeated: 2 });
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 1, left: 1 });
  });

  test('buys another body then: nothing stands under it', async () => {
    const bookId = await stockBook(here, { [us]: 1, [eu]: 0 });
    const key = freshKey();
    const refused = await order(here, bookId, { key, quantity: 2 });

    const bought = await order(here, bookId, { key, quantity: 1 });

    expect([refused.kind, bought.kind]).toEqual(['sold-out', 'placed']);
  });

  test('has no order', async () => {
    const bookId = await stockBook(here, { [us]: 0, [eu]: 0 });
    const key = freshKey();
    await order(faulty(lost(first(1, to(us, isTransaction)))), bookId, { key });

    expect(await findOrder(here, (await refusedId(bookId, key)) as string)).toBeUndefined();
  });

  /** The id of a key's order, as a front end without connections tells it. */
  async function refusedId(bookId: number, key: string): Promise<string | undefined> {
    const outcome = await order(faulty(unreachable(() => true)), bookId, { key });
    return outcome.kind === 'unknown' ? outcome.orderId : undefined;
  }
});

test('reads that are not told to be consistent decide nothing', async () => {
  const stale = faulty(answersFromTheBeginning);
  const bookId = await stockBook(stale, { [us]: 1, [eu]: 2 });
  const key = freshKey();

  const gathered = await order(stale, bookId, { quantity: 3, key });
  const again = await order(stale, bookId, { quantity: 3, key });
  const soldOut = await order(stale, bookId);
  await tell(replicaOf(stale, us), replicaOf(stale, eu), bookId);
  const found = await findOrder(stale, orderOf(gathered).id);
  const cancelled = await cancelOrder(stale, orderOf(gathered).id);

  expect([gathered.kind, again.kind, soldOut.kind]).toEqual(['placed', 'repeated', 'sold-out']);
  expect(found?.order).toEqual(orderOf(gathered));
  expect(cancelled?.status).toBe('cancelled');
  expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 0, left: 3 });
});

/** Each of eight keys is tried three times at once, for the last copy of a book of its own. */
async function tryLastCopies(...fronts: readonly FrontEnd[]): Promise<BuyOutcome[][]> {
  const books = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      stockBook(here, index % 2 === 0 ? { [us]: 1, [eu]: 0 } : { [us]: 0, [eu]: 1 }),
    ),
  );
  const tries = await Promise.all(
    books.map((bookId) => {
      const key = freshKey();
      return byTurns(fronts, 3, (front) => orderUntilAnswered(front, bookId, { key }));
    }),
  );
  for (const [index, outcomes] of tries.entries()) {
    expect(idsOf(outcomes)).toHaveLength(1);
    const stock = await takeStock(here.replicas, books[index] as number);
    expect(stock).toMatchObject({ sold: 1, left: 0 });
  }
  return tries;
}

test('three tries at once of one key near the last copy are one order and no refusal', async () => {
  for (const outcomes of await tryLastCopies(makeFrontEnd(emulators.config))) {
    expect(countKinds(outcomes)).toEqual({ placed: 1, repeated: 2 });
  }
});

test('tries at once of one key near the last copy through two front ends are no refusal either', async () => {
  await tryLastCopies(here, there);
});
