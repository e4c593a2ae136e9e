import { describe, expect, test } from '@jest/globals';
import type { BookState } from '../../../lib/rules/book.js';
import { idOfKey } from '../../../lib/rules/keys.js';
import { copiesOf, type OrderRow } from '../../../lib/rules/order.js';
import { applyChange, firstStockOf, saleOf, writeOffOf } from '../../../lib/rules/stock-change.js';
import { rightsOf, type Ledger } from '../../../lib/rules/ledger.js';
import type { Holding } from '../../../simulator/checks/holdings.js';
import { openHistory, type BuyAnswer, type History } from '../../torture/history.js';
import { judge } from '../../torture/judge.js';
import { lineItem, orderRow } from '../support/orders.js';

const secret = 'a secret';
const site = 'us-east-1#1';
const other = 'eu-west-1#1';
const bookId = 7;
const secondId = 8;

const itemsAt = (unitPrice: number, ...bookIds: readonly number[]): OrderRow['items'] =>
  bookIds.map((id) => lineItem({ bookId: id, unitPrice }));

const rowOf = (key: string, changes: Partial<OrderRow> = {}): OrderRow =>
  orderRow({
    id: idOfKey(secret, 'order', key),
    items: itemsAt(1000, bookId),
    ...changes,
  });

const told = (row: OrderRow): BuyAnswer => ({
  kind: 'order',
  order: { ...row, items: [...row.items] },
});
const refused: BuyAnswer = {
  kind: 'refused',
  problem: 'urn:bazar:problem:sold-out',
  bookIds: [bookId],
};
const unknown: BuyAnswer = { kind: 'unknown' };

/** A history in which ten copies were stocked and each of these keys got these answers. */
function historyOf(
  answers: Readonly<Record<string, readonly BuyAnswer[]>>,
  unitPrice?: number,
): History {
  const history = openHistory([{ id: bookId, stock: 10 }]);
  const item = { bookId, quantity: 2, ...(unitPrice !== undefined && { unitPrice }) };
  for (const [key, given] of Object.entries(answers)) {
    history.purchases.push({ key, items: [item], answers: [...given] });
  }
  return history;
}

/** Two regions that hold the same rows, of which so many copies of each book count as sold. */
function holdingsOf(
  rows: readonly OrderRow[],
  sold: Readonly<Record<number, number>> = { [bookId]: copiesSold(rows) },
  writtenOff = 0,
): Holding[] {
  const states = Object.entries(sold).map(([id, copies]): BookState => {
    const stocked = applyChange({}, site, firstStockOf(10, {})) as Ledger;
    const use = { id: 'w', bodyHash: 'hash', usedAt: 0 };
    const [sale, writeOff] = [saleOf(copies), writeOffOf(writtenOff, use, {})];
    const reduced = writtenOff === 0 ? stocked : (applyChange(stocked, site, writeOff) as Ledger);
    const ledger = applyChange(reduced, site, sale) ?? reduced;
    return { id: Number(id), registers: {}, ledger };
  });
  return [site, other].map((holder) => ({
    site: holder,
    books: new Map(
      states.map((state) => [state.id, { state, rights: rightsOf(state.ledger, holder) }]),
    ),
    orders: new Map(rows.map((row) => [row.id, row])),
  }));
}

const copiesSold = (rows: readonly OrderRow[]): number =>
  rows.reduce((sum, row) => sum + (row.status === 'cancelled' ? 0 : copiesOf(bookId, row)), 0);

/** A history in which two copies of each of two books were bought with the key `a`. */
function basketHistory(row: OrderRow): History {
  const history = openHistory([bookId, secondId].map((id) => ({ id, stock: 10 })));
  const items = [secondId, bookId].map((id) => ({ bookId: id, quantity: 2 }));
  history.purchases.push({ key: 'a', items, answers: [told(row)] });
  return history;
}

const basketRow = rowOf('a', { items: itemsAt(1000, bookId, secondId) });

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
      writtenOff: 0,
      lateOrders: 0,
    });
  });

  test('when a key was never answered, and its order stands', () => {
    expect(promisesBroken(historyOf({ a: [unknown] }), holdingsOf([rowOf('a')]))).toEqual([]);
  });

  test('when a basket was sold as a whole', () => {
    const sold = { [bookId]: 2, [secondId]: 2 };
    expect(promisesBroken(basketHistory(basketRow), holdingsOf([basketRow], sold))).toEqual([]);
  });

  test('when a price was settled downward', () => {
    const cheaper = rowOf('a', { items: itemsAt(900, bookId) });
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
    expect(promisesBroken(history, holdingsOf([rowOf('a')], { [bookId]: 4 }))).toEqual(['G1']);
  });

  test('that a basket took the copies of one of its books only', () => {
    const holdings = holdingsOf([basketRow], { [bookId]: 2, [secondId]: 0 });
    expect(promisesBroken(basketHistory(basketRow), holdings)).toEqual(['G10']);
  });

  test('that a part of a basket is told of, or held', () => {
    const part = rowOf('a');
    const sold = { [bookId]: 2, [secondId]: 0 };
    const broken = promisesBroken(basketHistory(part), holdingsOf([part], sold));
    expect(broken).toEqual(['G10', 'G10', 'G10']);
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
    history.restocks.push({ key: 'r', bookId, quantity: 5, outcome: 'done' });
    expect(promisesBroken(history, holdingsOf([]))).toEqual(['G2']);
  });

  test('that a write-off was lost, or done though it was refused', () => {
    const writeOff = { key: 'w', bookId, quantity: 5, outcome: 'done' as const };
    const history = { ...historyOf({}), writeOffs: [writeOff] };
    expect(promisesBroken(history, holdingsOf([]))).toEqual(['G2']);
    const done = holdingsOf([], { [bookId]: 0 }, 5);
    expect(promisesBroken(history, done)).toEqual([]);
    const refusedOne = { ...history, writeOffs: [{ ...writeOff, outcome: 'refused' as const }] };
    expect(promisesBroken(refusedOne, done)).toEqual(['G2']);
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
    const dearer = rowOf('a', { items: itemsAt(1200, bookId) });
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
