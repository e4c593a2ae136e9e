/** G2: two regions that each accepted one key settle it when they hear of each other. */
import { describe, expect, test } from '@jest/globals';
import type { OrderRow } from '../../../lib/rules/order.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { cancelOrder } from '../../../lib/store/orders.js';
import { barrier, recordCalls } from '../../support/faults/barrier.js';
import { freshKey, order, orderOf } from '../../support/books/buyers.js';
import { isTransaction, to } from '../../support/faults/faults.js';
import { makeFrontEnd } from '../../support/tables/front-ends.js';
import { island, sellApart, type Sale } from '../../support/books/islands.js';
import { eu, us } from '../../support/tables/neighbours.js';
import { openNeighbours } from '../../support/stages/open.js';
import { logOf } from '../../support/books/order-log.js';
import {
  exchange,
  replicaOf,
  stockBook,
  stockBooks,
  takeStock,
} from '../../support/books/stocked-books.js';

const { emulators, here, there } = await openNeighbours();
const usReplica = replicaOf(here, us);
const euReplica = replicaOf(here, eu);

const sell = (sale: Sale): Promise<OrderRow> => sellApart(emulators.config, sale);

/** One key accepted in both regions, at these prices and times. */
async function acceptedTwice({
  prices = [1000, 1000],
  times = [Date.now(), Date.now()],
}: { prices?: [number, number]; times?: [number, number] } = {}) {
  const bookId = await stockBook(here, { [us]: 5, [eu]: 5 });
  const key = freshKey();
  const sale = { bookId, key, quantity: 2 };
  const inUs = await sell({ ...sale, region: us, price: prices[0], atMs: times[0] });
  const inEu = await sell({ ...sale, region: eu, price: prices[1], atMs: times[1] });
  return { bookId, key, inUs, inEu };
}

const bothLogs = (bookId: number) =>
  Promise.all([logOf(usReplica, [bookId]), logOf(euReplica, [bookId])]);

test('until they hear of each other, both orders stand and their copies are held twice', async () => {
  const { bookId, inUs, inEu } = await acceptedTwice();

  expect(inUs.id).toBe(inEu.id);
  expect(await bothLogs(bookId)).toEqual([[inUs], [inEu]]);
  expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 4, left: 6 });
});

describe('G2: of two orders of one key stands', () => {
  const later = Date.now();
  const earlier = later - 1000;

  test.each<[string, { prices?: [number, number]; times: [number, number] }, string]>([
    ['the cheaper, though it is the later', { prices: [900, 1000], times: [later, earlier] }, us],
    ['the cheaper, in whatever region', { prices: [1000, 900], times: [earlier, later] }, eu],
    ['of two of one price the earlier', { times: [later, earlier] }, eu],
    ['of two of one price the earlier, in whatever region', { times: [earlier, later] }, us],
    [
      'of two of one price and time that of the region that sorts first',
      { times: [later, later] },
      eu,
    ],
  ])('%s', async (_, accepted, region) => {
    const { bookId, inUs, inEu } = await acceptedTwice(accepted);

    await Promise.all([usReplica.sales.join(inEu), euReplica.sales.join(inUs)]);

    const standing = region === us ? inUs : inEu;
    expect(await bothLogs(bookId)).toEqual([[standing], [standing]]);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 2, left: 8 });
  });
});

describe('the copies of the order that does not stand are back once', () => {
  test.each([
    ['the regions hear of each other one after the other', [us, eu]],
    ['the other way about', [eu, us]],
    ['every message comes three times', [us, us, eu, us, eu, eu]],
    ['the one that loses hears of it late', [eu, eu, us, us]],
  ])('where %s', async (_, arrivals) => {
    const { bookId, inUs, inEu } = await acceptedTwice({ prices: [1000, 900] });

    for (const region of arrivals) {
      await replicaOf(here, region).sales.join(region === us ? inEu : inUs);
    }
    await exchange(here.replicas, bookId);

    expect(await bothLogs(bookId)).toEqual([[inEu], [inEu]]);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 2, left: 8 });
  });

  test('where every message comes many times at once', async () => {
    const { bookId, inUs, inEu } = await acceptedTwice({ prices: [1000, 900] });

    const joins = Array.from({ length: 8 }, () => [
      usReplica.sales.join(inEu),
      euReplica.sales.join(inUs),
    ]);
    const settled = await Promise.all(joins.flat());

    expect(settled.filter(({ withdrawn }) => withdrawn > 0)).toHaveLength(1);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 2, left: 8 });
  });

  // Whoever relays the log sends a region's own withdrawn sale back to it.
  test('and stay so where its region hears of its own order again', async () => {
    const { bookId, inUs, inEu } = await acceptedTwice({ prices: [1000, 900] });
    await usReplica.sales.join(inEu);

    await usReplica.sales.join(inUs);
    await usReplica.sales.join(inUs);

    expect(await logOf(usReplica, [bookId])).toEqual([inEu]);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 2, left: 8 });
  });

  test('and the order that stands keeps its own where the other is told again', async () => {
    const { bookId, inUs } = await acceptedTwice({ prices: [1000, 900] });

    await euReplica.sales.join(inUs);
    await euReplica.sales.join(inUs);

    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 4, left: 6 });
  });
});

describe('G10: orders of several books under one key', () => {
  async function soldTwice() {
    const bookIds = await stockBooks(here, [5, 5], [5, 5]);
    const [bookId, other] = bookIds;
    const sale = { bookId, quantity: 2, others: [other], key: freshKey() };
    // The one copy is dearer in us-east-1, the other in eu-west-1: it is the totals that count.
    await euReplica.catalog.change(other, { price: 1500 }, []);
    const inUs = await sell({ ...sale, region: us, price: 1300 });
    const inEu = await sell({ ...sale, region: eu, price: 1000 });
    return { bookIds, inUs, inEu };
  }

  test('the one of the lower total stands, and the other gives all of its copies back at once', async () => {
    const { bookIds, inUs, inEu } = await soldTwice();
    expect([inUs.total, inEu.total]).toEqual([3600, 3500]);
    const calls = recordCalls();
    const front = makeFrontEnd(emulators.config, { faults: [calls.interceptor] });

    await replicaOf(front, us).sales.join(inEu);
    await euReplica.sales.join(inUs);
    await exchange(here.replicas, ...bookIds);

    const writes = calls.calls
      .filter(isTransaction)
      .map(({ input }) => (input['TransactItems'] as unknown[]).length);
    // Two books, the order, and the entry of the second book.
    expect(writes).toEqual([4]);
    for (const bookId of bookIds) expect(await bothLogs(bookId)).toEqual([[inEu], [inEu]]);
    expect(await takeStock(here.replicas, bookIds[0])).toMatchObject({ sold: 2, left: 8 });
    expect(await takeStock(here.replicas, bookIds[1])).toMatchObject({ sold: 1, left: 9 });
  });

  test('a cancelled one has given all of its copies back, and the other does', async () => {
    const { bookIds, inUs, inEu } = await soldTwice();
    await cancelOrder(island(emulators.config, us), inUs.id);
    await usReplica.sales.join(inEu);
    await euReplica.sales.join({ ...inUs, status: 'cancelled' });
    await exchange(here.replicas, ...bookIds);

    for (const bookId of bookIds) {
      expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 0, left: 10 });
    }
  });

  test('with other items are a dispute, and both keep all of their copies', async () => {
    const [one, two] = await stockBooks(here, [5, 5], [5, 5]);
    const key = freshKey();
    await sell({ region: us, bookId: one, others: [two], key });
    await sell({ region: eu, bookId: one, key });

    await exchange(here.replicas, one, two);

    const [log, other] = await bothLogs(one);
    expect(log).toEqual(other);
    expect(log.map(({ status }) => status).sort()).toEqual(['disputed', 'placed']);
    expect(await takeStock(here.replicas, one)).toMatchObject({ sold: 2, left: 8 });
    expect(await takeStock(here.replicas, two)).toMatchObject({ sold: 1, left: 9 });
  });
});

describe('a settlement that meets a cancellation', () => {
  test('of the order that loses: the key is cancelled, and all copies are back', async () => {
    const { bookId, inUs, inEu } = await acceptedTwice({ prices: [1000, 900] });
    await cancelOrder(island(emulators.config, us), inUs.id);

    await euReplica.sales.join({ ...inUs, status: 'cancelled' });
    await usReplica.sales.join(inEu);
    await exchange(here.replicas, bookId);

    const logs = await bothLogs(bookId);
    expect(logs).toEqual([[{ ...inUs, status: 'cancelled' }], [{ ...inUs, status: 'cancelled' }]]);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 0, left: 10 });
  });

  test('of both orders, each in its own region: all copies are back once', async () => {
    const { bookId, inUs } = await acceptedTwice({ prices: [1000, 900] });
    await cancelOrder(island(emulators.config, us), inUs.id);
    await cancelOrder(island(emulators.config, eu), inUs.id);

    await exchange(here.replicas, bookId);

    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 0, left: 10 });
    const [[inUsLog], [inEuLog]] = await bothLogs(bookId);
    expect(inUsLog).toEqual(inEuLog);
    expect(inUsLog?.status).toBe('cancelled');
  });

  test('before either has heard of the other, through a front end that sees both', async () => {
    const { bookId, inUs } = await acceptedTwice({ prices: [1000, 900] });

    const cancelled = await cancelOrder(here, inUs.id);
    await exchange(here.replicas, bookId);

    expect(cancelled?.status).toBe('cancelled');
    expect((await bothLogs(bookId)).flat().map(({ status }) => status)).toEqual([
      'cancelled',
      'cancelled',
    ]);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 0, left: 10 });
  });

  test.each(['the settlement', 'the cancellation'])(
    'at the same moment, %s first: the copies are back once',
    async (winner) => {
      const { bookId, inUs, inEu } = await acceptedTwice({ prices: [1000, 900] });
      const stop = barrier('before', to(us, isTransaction));
      const slow = makeFrontEnd(emulators.config, { faults: [stop.interceptor] });
      const settle = (front: FrontEnd) => replicaOf(front, us).sales.join(inEu);
      const cancel = (front: FrontEnd) => replicaOf(front, us).sales.cancel(inUs);
      const [faster, slower] = winner === 'the settlement' ? [settle, cancel] : [cancel, settle];

      const slowly = slower(slow);
      await stop.reached;
      await faster(here);
      stop.open();
      await slowly;

      // That of eu-west-1 alone.
      expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 2 });
      await exchange(here.replicas, bookId);
      const expected = winner === 'the settlement' ? 2 : 0;
      expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: expected });
    },
  );
});

describe('a repeat of a key that two regions accepted', () => {
  test('is answered with the order that stands, before and after they settle it', async () => {
    const { bookId, key, inEu } = await acceptedTwice({ prices: [1000, 900] });
    const outcomes = [await order(there, bookId, { key, quantity: 2 })];
    await exchange(here.replicas, bookId);
    outcomes.push(await order(here, bookId, { key, quantity: 2 }));
    outcomes.push(await order(there, bookId, { key, quantity: 2 }));

    for (const outcome of outcomes) {
      expect(outcome.kind).toBe('repeated');
      expect(orderOf(outcome)).toMatchObject({ region: eu, total: inEu.total });
    }
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 2, left: 8 });
  });

  test('is never told a higher price than before', async () => {
    const { bookId, key, inUs } = await acceptedTwice({ prices: [1000, 900] });
    const told = orderOf(await order(here, bookId, { key, quantity: 2 })).total;
    await exchange(here.replicas, bookId);
    const later = orderOf(await order(here, bookId, { key, quantity: 2 })).total;

    expect(told).toBe(inUs.total);
    expect(later).toBeLessThanOrEqual(told);
  });
});

test('G3: an order that arrives replaces a refusal', async () => {
  const bookId = await stockBook(here, { [us]: 0, [eu]: 2 });
  const key = freshKey();
  const sold = await sell({ region: eu, bookId, key });
  await usReplica.orders.shut(sold.id);

  await usReplica.sales.join(sold);

  expect(await logOf(usReplica, [bookId])).toEqual([sold]);
});

test('G3, G4: after the regions could not hear each other both logs hold every order, once', async () => {
  const bookId = await stockBook(here, { [us]: 12, [eu]: 12 });
  const keys = Array.from({ length: 8 }, () => freshKey());

  await Promise.all(
    keys.flatMap((key, index) => [
      ...(index % 3 === 0 ? [] : [sell({ region: us, bookId, key })]),
      ...(index % 3 === 1 ? [] : [sell({ region: eu, bookId, key })]),
    ]),
  );
  await exchange(here.replicas, bookId);

  const [inUs, inEu] = await bothLogs(bookId);
  expect(inUs).toEqual(inEu);
  expect(inUs).toHaveLength(8);
  expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 8, left: 16 });
});
