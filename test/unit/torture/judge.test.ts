import { describe, expect, test } from '@jest/globals';
import type { BookState } from '../../../lib/rules/book.js';
import { idOfKey } from '../../../lib/rules/keys.js';
import { copiesOf as quantityOf, type LineItem, type OrderRow } from '../../../lib/rules/order.js';
import { applyChange, firstStockOf, saleOf } from '../../../lib/rules/stock-change.js';
import { rightsOf, type Ledger } from '../../../lib/rules/ledger.js';
import type { Holding } from '../../../simulator/checks/holdings.js';
import { openHistory, type BuyAnswer, type History } from '../../torture/history.js';
import { judge } from '../../torture/judge.js';

const secret = 'a secret';
const site = 'us-east-1#1';
const other = 'eu-west-1#1';
const bookId = 7;

const lineItem = (changes: Partial<LineItem> = {}): LineItem => ({
  bookId,
  title: 'Book 7',
  quantity: 2,
  unitPrice: 1000,
  total: 2000,
  ...changes,
});

const rowOf = (key: string, changes: Partial<OrderRow> = {}): OrderRow => ({
  id: idOfKey(secret, 'order', key),
  items: [lineItem()],
  total: 2000,
  currency: 'USD',
  region: 'us-east-1',
  createdAt: '2026-11-21T12:00:00.000Z',
  status: 'placed',
  site,
  bodyHash: 'hash',
  ...changes,
});

const told = (row: OrderRow): BuyAnswer => ({
  kind: 'order',
  order: { ...row, items: [...row.items] },
});
const refused: BuyAnswer = { kind: 'refused', problem: 'urn:bazar:problem:sold-out' };
const unknown: BuyAnswer = { kind: 'unknown' };

/** A history in which ten copies were stocked and each of these keys got these answers. */
function historyOf(
  answers: Readonly<Record<string, readonly BuyAnswer[]>>,
  unitPrice?: number,
): History {
  const history = openHistory([{ id: bookId, stock: 10 }]);
  for (const [key, given] of Object.entries(answers)) {
    history.purchases.push({ key, bookId, quantity: 2, unitPrice, answers: [...given] });
  }
  return history;
}

/** Two regions that hold the same rows, of which so many copies count as sold. */
function holdingsOf(rows: readonly OrderRow[], sold = copiesOf(rows)): Holding[] {
  const stocked = applyChange({}, site, firstStockOf(10, {})) as Ledger;
  const ledger = applyChange(stocked, site, saleOf(sold)) ?? stocked;
  const state: BookState = { id: bookId, registers: {}, ledger };
  return [site, other].map((holder) => ({
    site: holder,
    books: new Map([[bookId, { state, rights: rightsOf(ledger, holder), hasOwnRow: true }]]),
    orders: new Map(rows.map((row) => [row.id, row])),
  }));
}

const copiesOf = (rows: readonly OrderRow[]): number =>
  rows.reduce((sum, row) => sum + (row.status === 'cancelled' ? 0 : quantityOf(bookId, row)), 0);

const promisesBroken = (history: History, holdings: readonly Holding[]): string[] =>
  judge(history, holdings, secret).violations.map(({ promised }) => promised);

describe('nothing is held against the store', () => {
  test('when every answer is in the tables of both regions', () => {
    const rows = [rowOf('a'), rowOf('b')];
    const history = historyOf({
      a: [unknown, told(rowOf('a'))],
      b: [told(rowOf('b'))],
      c: [refused],
    });

    expect(judge(history, holdingsOf(rows), secret)).toEqual({
      violations: [],
      stocked: 10,
      sold: 4,
      left: 6,
      lateOrders: 0,
    });
  });

  test('when a key was never answered, and its order stands', () => {
    expect(promisesBroken(historyOf({ a: [unknown] }), holdingsOf([rowOf('a')]))).toEqual([]);
  });

  test('when a price was settled downward', () => {
    const cheaper = rowOf('a', { items: [lineItem({ unitPrice: 900, total: 1800 })], total: 1800 });
    expect(promisesBroken(historyOf({ a: [told(rowOf('a'))] }), holdingsOf([cheaper]))).toEqual([]);
  });

  test('when an order was cancelled, or perhaps was', () => {
    const history = historyOf({ a: [told(rowOf('a'))], b: [told(rowOf('b'))] });
    history.cancellations.set(rowOf('a').id, true).set(rowOf('b').id, false);
    const rows = [rowOf('a', { status: 'cancelled' }), rowOf('b')];
    expect(promisesBroken(history, holdingsOf(rows))).toEqual([]);
  });

  test('when an order is of an unanswered try before a refused one: that is counted', () => {
    const verdict = judge(historyOf({ a: [unknown, refused] }), holdingsOf([rowOf('a')]), secret);
    expect(verdict).toMatchObject({ violations: [], lateOrders: 1 });
  });
});

describe('it is found', () => {
  test('that more copies were sold than stocked', () => {
    const rows = Array.from({ length: 6 }, (_, index) => rowOf(`${index}`));
    const history = historyOf(Object.fromEntries(rows.map((row, index) => [index, [told(row)]])));
    expect(promisesBroken(history, holdingsOf(rows))).toContain('G1');
  });

  test('that copies are held for no order', () => {
    const history = historyOf({ a: [told(rowOf('a'))] });
    expect(promisesBroken(history, holdingsOf([rowOf('a')], 4))).toEqual(['G1']);
  });

  test('that a site may sell what is not its own', () => {
    const holdings = holdingsOf([]).map((holding) => ({
      ...holding,
      books: new Map([...holding.books].map(([id, book]) => [id, { ...book, rights: 10 }])),
    }));
    expect(promisesBroken(historyOf({}), holdings)).toEqual(['G1', 'G1']);
  });

  test('that a restock was lost', () => {
    const history = historyOf({});
    history.restocks.push({ key: 'r', bookId, quantity: 5, isDone: true });
    expect(promisesBroken(history, holdingsOf([]))).toEqual(['G2']);
  });

  test('that an answered order is not in one of the logs', () => {
    const [first, second] = holdingsOf([rowOf('a')]) as [Holding, Holding];
    const holdings = [first, { ...second, orders: new Map() }];
    expect(promisesBroken(historyOf({ a: [told(rowOf('a'))] }), holdings)).toEqual(['G3']);
  });

  test('that one key was answered with two orders', () => {
    const answers = [told(rowOf('a')), told(rowOf('b'))];
    expect(promisesBroken(historyOf({ a: answers }), holdingsOf([rowOf('a')]))).toContain('G2');
  });

  test('that there is an order that nobody asked for', () => {
    const rows = [rowOf('a'), rowOf('a', { id: `${rowOf('a').id}~hash`, status: 'disputed' })];
    const broken = promisesBroken(historyOf({ a: [told(rowOf('a'))] }), holdingsOf(rows));
    expect(broken).toEqual(['G2', 'G2']);
  });

  test('that a buyer is charged more than they were shown, or told', () => {
    const dearer = rowOf('a', { items: [lineItem({ unitPrice: 1200, total: 2400 })], total: 2400 });
    const toldMore = historyOf({ a: [told(dearer)] }, 1000);
    expect(promisesBroken(toldMore, holdingsOf([dearer]))).toEqual(['G2']);
    const toldLess = historyOf({ a: [told(rowOf('a'))] });
    expect(promisesBroken(toldLess, holdingsOf([dearer]))).toEqual(['G2', 'G2']);
  });

  test('that an order is not cancelled that was, or is that was not', () => {
    const history = historyOf({ a: [told(rowOf('a'))] });
    const cancelled = holdingsOf([rowOf('a', { status: 'cancelled' })]);
    expect(promisesBroken(history, cancelled)).toEqual(['G2', 'G2']);
    history.cancellations.set(rowOf('a').id, true);
    expect(promisesBroken(history, holdingsOf([rowOf('a')]))).toEqual(['G2', 'G2']);
  });

  test('that a refusal turned into an order', () => {
    const broken = promisesBroken(historyOf({ a: [refused, refused] }), holdingsOf([rowOf('a')]));
    expect(broken).toEqual(['G9', 'G9']);
  });
});
