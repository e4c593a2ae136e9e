/** Conflicting writers and throttling, which the emulator never shows: nothing happened, and it is tried again. */
import { TransactionCanceledException, type CancellationReason } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, test } from '@jest/globals';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { cancelOrder } from '../../../lib/store/orders.js';
import { restockBook } from '../../../lib/store/manage-books.js';
import { realSystem, type System } from '../../../lib/system.js';
import { type Interceptor } from '../../support/faults/barrier.js';
import {
  countKinds,
  freshKey,
  order,
  orderOf,
  orderUntilAnswered,
} from '../../support/books/buyers.js';
import {
  conflicting,
  first,
  isBookUpdate,
  isTransaction,
  isWrite,
  throttling,
  to,
  unreachable,
  type Matcher,
} from '../../support/faults/faults.js';
import { makeFrontEnd, testSecrets } from '../../support/tables/front-ends.js';
import { eu, us } from '../../support/tables/neighbours.js';
import { openNeighbours } from '../../support/stages/open.js';
import { logOf } from '../../support/books/order-log.js';
import { fail, replicaOf, stockBook, takeStock } from '../../support/books/stocked-books.js';

const { emulators, here } = await openNeighbours();

/** Waits a tenth of the time, so that the last of many retries comes soon. */
const hasty: System = {
  ...realSystem,
  sleep: (durationMs) => realSystem.sleep(durationMs / 10),
};

const faulty = (...interceptors: readonly Interceptor[]): FrontEnd =>
  makeFrontEnd(emulators.config, {
    region: us,
    system: hasty,
    routing: { sales: 'nearest' },
    faults: interceptors,
  });

describe('a sale that meets other writers', () => {
  const isEarly = () => first(5, isTransaction);

  test.each([
    ['others write the same', conflicting(isEarly())],
    ['the table is throttled', throttling('the table', isEarly())],
    ['the account is throttled', throttling('the account', isEarly())],
    ['the service is throttled', throttling('the service', isEarly())],
    ['a part of it is throttled', throttling('a part of the transaction', isEarly())],
  ])('is tried again until it succeeds, and sells once, where %s', async (_, fault) => {
    const bookId = await stockBook(here, { [us]: 3, [eu]: 3 });

    const outcome = await order(faulty(fault), bookId);

    expect(orderOf(outcome).region).toBe(us);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 1, left: 5 });
  });

  test('and a key tried many times at once, is one order', async () => {
    const bookId = await stockBook(here, { [us]: 3, [eu]: 3 });
    let calls = 0;
    const everyOther: Matcher = (call) => {
      if (!isTransaction(call)) return false;
      calls += 1;
      return calls % 2 === 0;
    };
    const key = freshKey();
    const front = faulty(conflicting(everyOther));

    const outcomes = await Promise.all(
      Array.from({ length: 12 }, () => order(front, bookId, { key })),
    );

    expect(countKinds(outcomes)).toEqual({ placed: 1, repeated: 11 });
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 1, left: 5 });
  });

  test('in its region for ever, is made in the next', async () => {
    const bookId = await stockBook(here, { [us]: 3, [eu]: 3 });

    const outcome = await order(faulty(conflicting(to(us, isTransaction))), bookId);

    expect(orderOf(outcome).region).toBe(eu);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 1, left: 5 });
  });

  test('everywhere for ever, is neither made nor refused, and the same key buys later', async () => {
    const bookId = await stockBook(here, { [us]: 3, [eu]: 3 });
    const key = freshKey();

    const outcome = await order(faulty(conflicting(isTransaction)), bookId, { key });
    const stock = await takeStock(here.replicas, bookId);
    const later = await orderUntilAnswered(here, bookId, { key });

    expect(stock).toMatchObject({ sold: 0, left: 6 });
    expect(later.kind).toBe('placed');
    expect(outcome).toEqual({ kind: 'busy', orderId: orderOf(later).id });
  });

  test('is answered from its order where that is there already, whatever else is said', async () => {
    const bookId = await stockBook(here, { [us]: 3, [eu]: 3 });
    const key = freshKey();
    const bought = orderOf(await order(here, bookId, { key }));
    const [row] = await logOf(replicaOf(here, us), [bookId]);
    const reasons: CancellationReason[] = [
      { Code: 'TransactionConflict' },
      { Code: 'ConditionalCheckFailed', Item: marshall(row) },
    ];
    let tries = 0;
    const front = faulty((call, proceed) => {
      if (!isTransaction(call)) return proceed();
      tries += 1;
      const $metadata = { httpStatusCode: 400 };
      return Promise.reject(
        new TransactionCanceledException({ $metadata, message: '', CancellationReasons: reasons }),
      );
    });

    const again = await order(front, bookId, { key });

    expect({ again, tries }).toEqual({ again: { kind: 'repeated', order: bought }, tries: 1 });
  });
});

test('moves and merges that meet other writers are tried again, and bring each copy once', async () => {
  const bookId = await stockBook(here, { [us]: 1, [eu]: 4 });
  const front = faulty(
    conflicting(first(3, to(eu, isBookUpdate))),
    throttling('the table', first(3, to(us, isBookUpdate))),
  );

  const outcome = await order(front, bookId, { quantity: 5 });

  expect(outcome.kind).toBe('placed');
  expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 5, left: 0 });
});

test('a cancellation and a restock that meet other writers happen once', async () => {
  const bookId = await stockBook(here, { [us]: 1, [eu]: 0 });
  const bought = orderOf(await order(here, bookId));
  const isBusy = () => conflicting(first(4, isWrite));

  const cancelled = await cancelOrder(faulty(isBusy()), bought.id);
  const restocked = await restockBook(faulty(isBusy()), testSecrets, bookId, 4, freshKey());

  expect([cancelled?.status, restocked.kind]).toEqual(['cancelled', 'done']);
  expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 0, left: 5 });
});

test('a settlement that meets other writers gives copies back once', async () => {
  const bookId = await stockBook(here, { [us]: 2, [eu]: 2 });
  const key = freshKey();
  const there = makeFrontEnd(emulators.config, {
    region: eu,
    routing: { sales: 'nearest' },
    faults: [unreachable(({ place }) => place !== eu)],
  });
  await replicaOf(here, eu).catalog.change(bookId, { price: 900 }, []);
  await order(here, bookId, { key, unitPrice: 1000 });
  await order(there, bookId, { key, unitPrice: 900 });
  const [cheaper] = await logOf(replicaOf(here, eu), [bookId]);
  const busy = faulty(conflicting(first(4, isTransaction)));

  const joined = [1, 2, 3].map(() => replicaOf(busy, us).sales.join(cheaper ?? fail()));
  const withdrawn = (await Promise.all(joined)).map(({ withdrawn: count }) => count);

  expect(withdrawn.filter((copies) => copies > 0)).toHaveLength(1);
  expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 1, left: 3 });
});

test('throttled reads are tried again', async () => {
  const bookId = await stockBook(here, { [us]: 0, [eu]: 2 });
  const isRead: Matcher = ({ command }) => command.endsWith('Get');
  const front = faulty(
    throttling('the service', first(3, to(us, isRead))),
    throttling('the table', first(3, to(eu, isRead))),
  );

  expect((await order(front, bookId, { quantity: 2 })).kind).toBe('placed');
});
