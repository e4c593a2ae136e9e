import { expect, test } from '@jest/globals';
import { watchPrices, type Prices } from '../../torture/prices.js';
import type { Violation } from '../../torture/violations.js';

const bookId = 7;
const second = 1000;
const at = (fromMs: number, toMs = fromMs + 10) => ({ fromMs, toMs });

/** @param outage when the cache was out of reach, from and to. */
function watch(outage: readonly [number, number] = [-1, -1]) {
  const found: Violation[] = [];
  const cacheOutages = {
    begin: () => undefined,
    end: () => undefined,
    overlap: (fromMs: number, toMs: number) => outage[0] <= toMs && outage[1] >= fromMs,
  };
  const prices = watchPrices([{ id: bookId, stock: 1 }], 1000, cacheOutages, (one) =>
    found.push(one),
  );
  return { prices, found };
}

/** Changes the price from 1000 to 1005, and shows the old one afterwards. */
function changeAndShow(prices: Prices, changed = at(20 * second), shown = at(30 * second)): void {
  prices.settle(bookId, prices.raise(bookId, 5) as number, changed);
  prices.check(bookId, 1000, shown);
}

test('G5: a price from before an answered change is a violation', () => {
  const { prices, found } = watch();
  changeAndShow(prices);
  expect(found).toMatchObject([{ promised: 'G5' }]);
});

test('the price of the change is none, nor a newer one', () => {
  const { prices, found } = watch();
  prices.settle(bookId, prices.raise(bookId, 5) as number, at(0));
  for (const price of [1005, 1009]) prices.check(bookId, price, at(30 * second));
  expect(found).toEqual([]);
});

test('nor is the old one, where it was asked for before the change was answered', () => {
  const { prices, found } = watch();
  changeAndShow(prices, at(20 * second, 20.5 * second), at(20.2 * second));
  expect(found).toEqual([]);
});

test.each([
  ['at the change', [19 * second, 19.5 * second]],
  ['at the look', [28 * second, 29 * second]],
] as const)('nor where the cache was out of reach shortly before, %s', (_when, outage) => {
  const { prices, found } = watch(outage);
  changeAndShow(prices);
  expect(found).toEqual([]);
});

test('nor where the change or the look took so long that a call of it may have timed out', () => {
  for (const slow of [true, false]) {
    const { prices, found } = watch();
    const changed = at(20 * second, slow ? 23 * second : undefined);
    changeAndShow(prices, changed, at(30 * second, slow ? undefined : 33 * second));
    expect(found).toEqual([]);
  }
});

test('a book has one change at a time, each dearer than the one before', () => {
  const { prices } = watch();
  const first = prices.raise(bookId, 5);
  expect([first, prices.raise(bookId, 1)]).toEqual([1005, undefined]);
  prices.settle(bookId, 1005, at(0));
  expect(prices.raise(bookId, 1)).toBe(1006);
});
