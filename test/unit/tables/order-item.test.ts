import { describe, expect, test } from '@jest/globals';
import { isOrderItem, placeOf, toOrderItem, toSlot } from '../../../lib/tables/order-item.js';
import { orderRow } from '../support/orders.js';

const site = 'us-east-1#1';

describe('what lies under an id', () => {
  test('is nothing, a refusal, or an order as it was put', () => {
    const order = orderRow({ site });
    expect(toSlot(undefined)).toEqual({ kind: 'empty' });
    expect(toSlot({ id: 'f00d', nonce: 'a nonce', expiresAt: 1 })).toEqual({
      kind: 'refusal',
      nonce: 'a nonce',
    });
    expect(toSlot(toOrderItem(order, site, 1))).toEqual({ kind: 'order', order });
  });

  test('is refused where it is neither', () => {
    expect(() => toSlot({ id: 'f00d' })).toThrow();
    expect(() => toSlot({ ...orderRow(), status: 'lost' })).toThrow();
  });
});

describe('the item of an order', () => {
  test('is local in the site that sold, merged in every other', () => {
    expect(toOrderItem(orderRow({ site }), site, 1)).toMatchObject({ scope: 'local' });
    expect(toOrderItem(orderRow({ site }), 'eu-west-1#1', 1)).toMatchObject({ scope: 'merged' });
    expect(toOrderItem(orderRow({ site }), 'us-east-1#2', 1)).toMatchObject({ scope: 'merged' });
  });

  test('has the keys of the indexes: when it changed here, and its place in the log', () => {
    const order = orderRow({ site });
    expect(toOrderItem(order, site, 1_800_000_000_000)).toMatchObject({
      shard: expect.stringMatching(/^[0-3]$/),
      changedAt: 1_800_000_000_000,
      logShard: expect.stringMatching(/^[0-3]$/),
      placed: '2027-01-15T08:00:00.000Z#f00d',
    });
  });

  test('is told from a refusal and from the record of a key', () => {
    expect(isOrderItem(toOrderItem(orderRow(), site, 1))).toBe(true);
    expect(isOrderItem({ id: 'f00d', nonce: 'a nonce' })).toBe(false);
    expect(isOrderItem({ id: 'key~f00d', bodyHash: 'aaaa' })).toBe(false);
  });
});

test('places of the log sort by time, then by id', () => {
  const early = orderRow({ id: 'b' });
  const late = orderRow({ id: 'a', createdAt: '2027-01-15T08:00:00.001Z' });
  const alsoEarly = orderRow({ id: 'a' });
  expect([early, late, alsoEarly].map(placeOf).sort()).toEqual([
    '2027-01-15T08:00:00.000Z#a',
    '2027-01-15T08:00:00.000Z#b',
    '2027-01-15T08:00:00.001Z#a',
  ]);
});
