import { describe, expect, test } from '@jest/globals';
import { toBook, type Book, type CompleteBook } from '../../../lib/rules/book.js';
import type { OrderRow } from '../../../lib/rules/order.js';
import type { Region } from '../../../lib/rules/sites.js';
import { stockOf as leftOf } from '../../../lib/rules/ledger.js';
import { restockBook, updateBook } from '../../../lib/store/manage-books.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { cancelOrder } from '../../../lib/store/orders.js';
import { readBooks } from '../../../lib/store/read-books.js';
import { barrier } from '../../support/faults/barrier.js';
import { shown, shownOver } from '../../support/books/books.js';
import { order, orderOf } from '../../support/books/buyers.js';
import { makeClock } from '../../support/faults/clock.js';
import { to } from '../../support/faults/faults.js';
import { testSecrets } from '../../support/tables/front-ends.js';
import { logOf } from '../../support/books/order-log.js';
import { openStage } from '../../support/stages/open.js';
import { openScene, type Scene } from '../../support/stages/scene.js';

/** Where the books of these tests are sold and restocked. */
const seller: Region = 'us-east-1';
/** Hears of nothing once a test has begun: what is read there is old. */
const laggard: Region = 'eu-west-1';

const stage = await openStage();

/** What its cache holds is shown for 30 s. */
const scene = (region: Region = seller) =>
  openScene(stage, { region, routing: { reads: 'round-robin', sales: 'nearest' } });

/** Every answer of ten reads of the cache, and of thirty that ask one replica or the other. */
async function allShown<Value>(
  { front, advance }: Scene,
  id: number,
  pick: (book: Book) => Value,
): Promise<Value[]> {
  const answers = await shownOver(10, front, id, pick);
  const asked = new Set<Region>();
  for (let read = 0; read < 30; read += 1) {
    advance(30_001);
    const { books, regions } = await readBooks(front, [id]);
    for (const region of regions) asked.add(region);
    answers.add(pick(toBook(books.get(id) as CompleteBook, front.currency)));
  }
  expect(asked).toEqual(new Set([seller, laggard]));
  return [...answers];
}

const stockOf = ({ stock }: Book): number => stock;

/** A book of 20 copies, and a front end that has shown it. */
async function shownBook(region?: Region): Promise<{ id: number; at: Scene }> {
  const id = await stage.bookEverywhere(seller, { stock: 20 });
  const at = await scene(region);
  await shown(at.front, id);
  return { id, at };
}

describe('G5: while one region lags, no read shows the state from before', () => {
  const buy = ({ front }: Scene, id: number) => order(front, id, { key: `one of ${id}` });
  const restock = ({ front }: Scene, id: number) =>
    restockBook(front, testSecrets, id, 5, `five of ${id}`);

  test.each<[string, typeof buy | typeof restock, string, number]>([
    ['a sale', buy, 'placed', 19],
    [
      'a sale for which copies were brought from the other region',
      ({ front }, id) => order(front, id, { quantity: 15 }),
      'placed',
      5,
    ],
    ['a restock', restock, 'done', 25],
  ])('%s', async (_what, act, kind, stock) => {
    const { id, at } = await shownBook();

    expect(await act(at, id)).toMatchObject({ kind });

    expect(await allShown(at, id, stockOf)).toEqual([stock]);
  });

  test.each<[string, typeof buy | typeof restock, string, number]>([
    ['a sale', buy, 'repeated', 19],
    ['a restock', restock, 'done', 25],
  ])('a repeat of %s, at a front end that had not heard of it', async (_what, act, kind, stock) => {
    const { id, at } = await shownBook();
    await act(await scene(), id);

    expect(await act(at, id)).toMatchObject({ kind });

    expect(await allShown(at, id, stockOf)).toEqual([stock]);
  });

  test('a sale of a book that the cache did not hold', async () => {
    const id = await stage.bookEverywhere(seller, { stock: 20 });
    const at = await scene();

    expect(await order(at.front, id)).toMatchObject({ kind: 'placed' });

    expect(await allShown(at, id, stockOf)).toEqual([19]);
  });

  test('a repeat of a sale whose row was found in a region that did not make it', async () => {
    const { id, at } = await shownBook(laggard);
    const elsewhere = await scene(seller);
    await order(elsewhere.front, id, { key: `one of ${id}` });
    // The order alone: what it did to its book has not arrived.
    const [row, ...others] = await logOf(stage.post.replica(seller), [id]);
    expect(others).toEqual([]);
    await stage.post.replica(laggard).sales.join(row as OrderRow);

    const repeat = await order(at.front, id, { key: `one of ${id}` });

    expect(repeat).toMatchObject({ kind: 'repeated', order: { region: seller } });
    expect(await allShown(at, id, stockOf)).toEqual([19]);
  });

  test('a change of the description', async () => {
    const { id, at } = await shownBook();

    await updateBook(at.front, id, { title: 'Anew', price: 1 });

    expect(await allShown(at, id, ({ title, price }) => `${title} ${price}`)).toEqual(['Anew 1']);
  });

  test('a change of a book that the cache did not hold', async () => {
    const id = await stage.bookEverywhere(seller);
    const at = await scene();

    await updateBook(at.front, id, { title: 'Anew' });

    expect(await allShown(at, id, ({ title }) => title)).toEqual(['Anew']);
  });

  test('a cancellation', async () => {
    const id = await stage.bookEverywhere(seller, { stock: 20 });
    const at = await scene();
    const placed = orderOf(await order(at.front, id, { quantity: 3 }));
    expect(await shown(at.front, id)).toMatchObject({ stock: 17 });

    await cancelOrder(at.front, placed.id);

    expect(await allShown(at, id, stockOf)).toEqual([20]);
  });

  test('a repeat of a cancellation, at a front end that had not heard of it', async () => {
    const id = await stage.bookEverywhere(seller, { stock: 20 });
    const elsewhere = await scene();
    const placed = orderOf(await order(elsewhere.front, id, { quantity: 3 }));
    const at = await scene();
    await order(at.front, id, { quantity: 1 });
    expect(await shown(at.front, id)).toMatchObject({ stock: 16 });
    await cancelOrder(elsewhere.front, placed.id);

    await cancelOrder(at.front, placed.id);

    expect(await allShown(at, id, stockOf)).toEqual([19]);
  });
});

test('G5: sales in both regions are both shown before either has heard of the other', async () => {
  const id = await stage.bookEverywhere(seller, { stock: 20 });
  const at = await scene();
  const inRegion = (region: Region): FrontEnd => ({ ...at.front, region });

  await order(inRegion(seller), id, { quantity: 1 });
  await order(inRegion(laggard), id, { quantity: 2 });

  expect(await allShown(at, id, stockOf)).toEqual([17]);
});

test('G5: a change of one field and a sale in two regions are both shown before either has heard of the other', async () => {
  const id = await stage.bookEverywhere(seller, { stock: 20 });
  const at = await scene(laggard);

  await updateBook(at.front, id, { title: 'Anew' });
  await order(at.front, id);

  expect(await allShown(at, id, ({ title, stock }) => `${title} ${stock}`)).toEqual(['Anew 19']);
});

test('G5: an entry whose freshness has ended still tells what a replica that lags does not know', async () => {
  const id = await stage.bookEverywhere(seller, { stock: 20 });
  const { system, advance } = makeClock();
  const cacheTable = await stage.cacheTable();
  const front = stage.front({ cacheTable, system, region: seller, routing: { sales: 'nearest' } });
  const reader = stage.front({
    cacheTable,
    system,
    region: laggard,
    routing: { reads: 'nearest' },
  });
  await order(front, id);

  for (const _freshness of [1, 2, 3]) {
    advance(30_001);
    const reading = await readBooks(reader, [id]);
    expect(reading).toMatchObject({ cacheUse: 'miss', regions: [laggard] });
    expect([...reading.books.values()].map(({ ledger }) => leftOf(ledger))).toEqual([19]);
    expect((await shown(reader, id)).stock).toBe(19);
  }
});

test('G5: an entry is shown for 30 s from the moment that a replica was read, and no longer', async () => {
  const id = await stage.bookEverywhere(seller);
  const { system, advance } = makeClock();
  const front = await stage.freshFront({ system });
  await shown(front, id);

  advance(29_999);
  expect(await readBooks(front, [id])).toMatchObject({ cacheUse: 'hit', regions: [] });
  advance(1);
  expect(await readBooks(front, [id])).toMatchObject({ cacheUse: 'miss' });
  expect(await readBooks(front, [id])).toMatchObject({ cacheUse: 'hit' });
});

test.each([
  ['a read of a replica', false],
  ['a sale that is read back', true],
])('G5: the 30 s of %s begin before it, however long it takes', async (_what, isSale) => {
  const id = await stage.bookEverywhere(seller);
  const { system, advance } = makeClock();
  const cacheTable = await stage.cacheTable();
  const options = { cacheTable, system, region: seller } as const;
  const reader = stage.front({ ...options, routing: { reads: 'nearest' } });
  const stop = barrier(
    'after',
    to(seller, ({ command }) => command === 'BatchGet'),
  );
  const slow = stage.front({
    ...options,
    routing: { reads: 'nearest', sales: 'nearest' },
    faults: [stop.interceptor],
  });
  // So that a sale reads nothing there before it is made.
  if (isSale) await shown(reader, id);

  const answer = isSale ? order(slow, id) : shown(slow, id);
  await stop.reached;
  advance(20_000);
  stop.open();
  await answer;

  advance(9_999);
  expect(await readBooks(reader, [id])).toMatchObject({ cacheUse: 'hit' });
  advance(1);
  expect(await readBooks(reader, [id])).toMatchObject({ cacheUse: 'miss' });
});

test('G5: a read that skips the cache asks a replica, and still shows what the cache knows beyond it', async () => {
  const id = await stage.bookEverywhere(seller, { stock: 20 });
  const cacheTable = await stage.cacheTable();
  await order(stage.front({ cacheTable, region: seller, routing: { sales: 'nearest' } }), id);
  const reader = stage.front({ cacheTable, region: laggard, routing: { reads: 'nearest' } });

  const reading = await readBooks(reader, [id], { isCacheSkipped: true });

  expect(reading).toMatchObject({ cacheUse: 'bypass', regions: [laggard] });
  expect([...reading.books.values()].map(({ ledger }) => leftOf(ledger))).toEqual([19]);
});
