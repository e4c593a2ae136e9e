import { describe, expect, test } from '@jest/globals';
import {
  holds,
  judgeStock,
  settledStock,
  type Order,
  type ReplicaReport,
  type StockEvidence,
} from '../../client/stock-check.js';

const replica = (
  region: string,
  stock: number,
  rights: number,
  extras: Partial<ReplicaReport> = {},
): ReplicaReport => ({ region, site: `${region}#1`, reachable: true, stock, rights, ...extras });

const agreeing = (stock: number, stocked = 10): ReplicaReport[] => [
  replica('us-east-1', stock, stock, { stocked }),
  replica('eu-west-1', stock, 0, { stocked: 0 }),
];

const item = (bookId: number, quantity: number): Order['items'][number] => ({
  bookId,
  title: 'a',
  quantity,
  unitPrice: 5,
  total: 5 * quantity,
});

const order = (id: string, quantity: number, extras: Partial<Order> = {}): Order => ({
  id,
  items: [item(1, quantity)],
  total: 5 * quantity,
  currency: 'USD',
  region: 'us-east-1',
  createdAt: '2026-11-01T10:00:00.000Z',
  status: 'placed',
  ...extras,
});

const goodHistory: StockEvidence = {
  before: new Map([[1, agreeing(10)]]),
  after: new Map([[1, agreeing(7)]]),
  orders: [order('a', 2), order('b', 1)],
  answeredIds: new Set(['a', 'b']),
};

describe('settled stock', () => {
  test('is what all replicas agree on', () => {
    expect(settledStock([replica('us-east-1', 5, 2), replica('eu-west-1', 5, 3)])).toBe(5);
  });

  test.each([
    ['disagree', [replica('us-east-1', 5, 2), replica('eu-west-1', 4, 2)]],
    ['have each sold what the other does not know', [replica('u', 9, 4), replica('e', 9, 4)]],
    ['have copies on their way', [replica('us-east-1', 5, 2), replica('eu-west-1', 5, 1)]],
    [
      'are not all in reach',
      [replica('us-east-1', 5, 5), { region: 'eu-west-1', site: 'eu-west-1#1', reachable: false }],
    ],
    ['do not know the book', [{ region: 'us-east-1', site: 'us-east-1#1', reachable: true }]],
    ['are none', []],
  ])('is unknown while replicas %s', (_case, replicas) => {
    expect(settledStock(replicas)).toBeUndefined();
  });
});

describe('the verdict', () => {
  test('holds where sold and left make up what was stocked', () => {
    const verdict = judgeStock(goodHistory);

    expect(verdict).toMatchObject({ stocked: 10, sold: 3, left: 7, soldToOthers: 0 });
    expect(holds(verdict)).toBe(true);
  });

  test.each([
    ['a copy was sold twice', { after: new Map([[1, agreeing(8)]]) }],
    ['a copy disappeared', { after: new Map([[1, agreeing(6)]]) }],
    ['replicas disagree', { after: new Map([[1, [replica('u', 7, 7), replica('e', 8, 0)]]]) }],
    ['a book cannot be read', { after: new Map() }],
    [
      'a cancelled order kept its copies',
      { orders: [order('a', 2), order('b', 1, { status: 'cancelled' })] },
    ],
  ] satisfies [string, Partial<StockEvidence>][])('does not hold where %s', (_case, change) => {
    const verdict = judgeStock({ ...goodHistory, ...change });

    expect(verdict.mismatches).toEqual([expect.stringContaining('book 1: 10 stocked')]);
    expect(holds(verdict)).toBe(false);
  });

  test('does not hold where an answered order is not in the log', () => {
    const verdict = judgeStock({
      ...goodHistory,
      after: new Map([[1, agreeing(8)]]),
      orders: [order('a', 2)],
    });

    expect(verdict.lostIds).toEqual(['b']);
    expect(holds(verdict)).toBe(false);
  });

  test('counts of an order of several books the copies of those that are looked at', () => {
    const verdict = judgeStock({
      ...goodHistory,
      before: new Map([1, 2].map((id) => [id, agreeing(10)])),
      after: new Map([
        [1, agreeing(8)],
        [2, agreeing(7)],
      ]),
      orders: [order('a', 2, { items: [item(1, 2), item(2, 3), item(3, 4)] })],
      answeredIds: new Set(['a']),
    });

    expect(verdict).toMatchObject({ stocked: 20, sold: 5, left: 15 });
    expect(holds(verdict)).toBe(true);
  });

  test('counts disputed orders, restocks and what others bought', () => {
    const verdict = judgeStock({
      ...goodHistory,
      after: new Map([[1, agreeing(9, 15)]]),
      orders: [
        ...goodHistory.orders,
        order('c', 3, { status: 'disputed' }),
        order('d', 1, { items: [item(2, 1)] }),
      ],
    });

    expect(verdict).toMatchObject({ stocked: 15, sold: 6, left: 9, soldToOthers: 3 });
    expect(holds(verdict)).toBe(true);
  });
});
