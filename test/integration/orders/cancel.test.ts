/** Cancelling gives an order's copies back, in the region that sold it, and once. */
import { describe, expect, test } from '@jest/globals';
import { UnavailableError } from '../../../lib/errors.js';
import { cancelOrder } from '../../../lib/store/orders.js';
import { readBooks } from '../../../lib/store/read-books.js';
import { stockOf } from '../../../lib/rules/ledger.js';
import { outage } from '../../support/faults/barrier.js';
import { byTurns, order, orderOf, orderUntilAnswered } from '../../support/books/buyers.js';
import { eventually } from '../../../tools/eventually.js';
import {
  afterFirst,
  answerLost,
  closed,
  first,
  isTransaction,
  late,
  unreachable,
  to,
} from '../../support/faults/faults.js';
import { eu, us } from '../../support/tables/neighbours.js';
import { openNeighbours } from '../../support/stages/open.js';
import { logOf } from '../../support/books/order-log.js';
import {
  exchange,
  fail,
  replicaOf,
  stockBook,
  takeStock,
} from '../../support/books/stocked-books.js';

const { here, there, faulty } = await openNeighbours();

/** Buys copies of a book that has so many in each region. */
async function buyCopies(front = here, quantity = 1, copies = 2) {
  const bookId = await stockBook(here, { [us]: copies, [eu]: copies });
  return { bookId, bought: orderOf(await order(front, bookId, { quantity })) };
}

describe('a cancelled order', () => {
  test('gives its copies back once, however often it is cancelled', async () => {
    const bookId = await stockBook(here, { [us]: 5, [eu]: 0 });
    const bought = orderOf(await order(here, bookId, { quantity: 3 }));

    const answers = [await cancelOrder(here, bought.id), await cancelOrder(there, bought.id)];
    answers.push(await cancelOrder(here, bought.id));

    const cancelled = { ...bought, status: 'cancelled' };
    expect(answers).toEqual([cancelled, cancelled, cancelled]);
    expect(await takeStock(here.replicas, bookId)).toEqual({ sold: 0, left: 5, rights: [5, 0] });
  });

  test('gives its copies back once, by however many it is cancelled at once', async () => {
    const { bookId, bought } = await buyCopies(there, 3, 5);

    const answers = await byTurns([there, here], 12, (front) => cancelOrder(front, bought.id));

    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
      new Set([JSON.stringify({ ...bought, status: 'cancelled' })]),
    );
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 0, left: 10 });
  });

  test('sold its copies in the region that has them back', async () => {
    const { bookId, bought } = await buyCopies(there, 2);

    await cancelOrder(here, bought.id);

    expect(await takeStock(here.replicas, bookId)).toMatchObject({ rights: [2, 2] });
  });

  test('leaves copies that the next buyer gets', async () => {
    const bookId = await stockBook(here, { [us]: 1, [eu]: 0 });
    const bought = orderOf(await order(here, bookId));
    await cancelOrder(here, bought.id);

    expect((await order(there, bookId)).kind).toBe('placed');
    expect((await order(here, bookId)).kind).toBe('sold-out');
  });

  test('is cancelled everywhere once the regions have heard of it', async () => {
    const { bookId, bought } = await buyCopies();
    await exchange(here.replicas, bookId);
    await cancelOrder(there, bought.id);
    await exchange(here.replicas, bookId);

    const logs = await Promise.all(here.replicas.map((replica) => logOf(replica, [bookId])));
    expect(logs[0]).toEqual(logs[1]);
    expect(logs[0]).toMatchObject([{ id: bought.id, status: 'cancelled' }]);
  });

  test('stays cancelled where its first state arrives later', async () => {
    const { bookId, bought } = await buyCopies();
    const [placed] = await logOf(replicaOf(here, us), [bookId]);
    await cancelOrder(here, bought.id);
    await exchange(here.replicas, bookId);

    await replicaOf(here, eu).sales.join(placed ?? fail());

    expect(await logOf(replicaOf(here, eu), [bookId])).toMatchObject([{ status: 'cancelled' }]);
  });

  test('G5: shows its copies at once to who cancelled it', async () => {
    const { bookId, bought } = await buyCopies();
    await cancelOrder(here, bought.id);

    const book = (await readBooks(here, [bookId])).books.get(bookId);

    expect(stockOf(book?.ledger ?? {})).toBe(4);
  });
});

test('an order that nobody knows is not cancelled', async () => {
  expect(await cancelOrder(here, '0'.repeat(32))).toBeUndefined();
});

describe('while the region that sold it is out of reach', () => {
  test('an order known elsewhere is not cancelled, and can be later', async () => {
    const { bookId, bought } = await buyCopies();
    await exchange(here.replicas, bookId);
    const connection = outage(us);
    const buyer = faulty(connection.interceptor);

    await expect(cancelOrder(buyer, bought.id)).rejects.toThrow(UnavailableError);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 1, left: 3 });
    connection.restore(us);

    const cancelled = await eventually(() => cancelOrder(buyer, bought.id));
    expect(cancelled?.status).toBe('cancelled');
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 0, left: 4 });
  });

  test('an order not known elsewhere is not denied', async () => {
    const { bought } = await buyCopies();

    await expect(cancelOrder(faulty(unreachable(to(us))), bought.id)).rejects.toThrow(
      UnavailableError,
    );
  });

  test('one that is cancelled already is answered', async () => {
    const { bookId, bought } = await buyCopies();
    await cancelOrder(here, bought.id);
    await exchange(here.replicas, bookId);

    const answer = await cancelOrder(faulty(unreachable(to(us))), bought.id);

    expect(answer?.status).toBe('cancelled');
  });
});

describe('a cancellation that is not answered', () => {
  test('and was carried out is not carried out again', async () => {
    const { bookId, bought } = await buyCopies();

    await expect(cancelOrder(faulty(answerLost(isTransaction)), bought.id)).rejects.toThrow(
      UnavailableError,
    );
    const again = await cancelOrder(here, bought.id);

    expect(again?.status).toBe('cancelled');
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 0, left: 4 });
  });

  test('G9: and met itself is not said to be undone, though its region goes silent', async () => {
    const { bookId, bought } = await buyCopies();
    await exchange(here.replicas, bookId);
    const buyer = faulty(
      // The look at the order, the cancellation, and the copy of it that finds it done.
      unreachable(afterFirst(3, to(us))),
      closed('after', first(1, isTransaction)),
    );

    await expect(cancelOrder(buyer, bought.id)).rejects.toMatchObject({ isUnknown: true });
    expect((await cancelOrder(here, bought.id))?.status).toBe('cancelled');
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 0, left: 4 });
  });

  test('and is carried out late, after another, gives nothing back', async () => {
    const { bookId, bought } = await buyCopies();
    const { interceptor, release } = late(first(1, isTransaction));
    await expect(cancelOrder(faulty(interceptor), bought.id)).rejects.toThrow(UnavailableError);
    await cancelOrder(here, bought.id);

    expect(await release()).toEqual([false]);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 0, left: 4 });
  });
});

test('orders and cancellations at once keep every copy', async () => {
  const bookId = await stockBook(here, { [us]: 6, [eu]: 6 });

  await byTurns([there, here], 24, async (front, buyer) => {
    const outcome = await orderUntilAnswered(front, bookId);
    if (outcome.kind === 'sold-out' || buyer % 3 === 0) return;
    await Promise.all([
      cancelOrder(here, orderOf(outcome).id),
      cancelOrder(there, orderOf(outcome).id),
    ]);
  });

  const { sold, left } = await takeStock(here.replicas, bookId);
  expect(sold + left).toBe(12);
  await exchange(here.replicas, bookId);
  expect(await takeStock(here.replicas, bookId)).toEqual({
    sold,
    left,
    rights: expect.anything(),
  });
});
