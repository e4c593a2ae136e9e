import { describe, expect, test } from '@jest/globals';
import {
  disputedId,
  hashOfOrderBody,
  idOfKey,
  isDisputedId,
  keyIdOf,
} from '../../../lib/rules/keys.js';
import { toOrder, type LineItem } from '../../../lib/rules/order.js';
import { lineItem, orderRow } from '../support/orders.js';

describe('the id of an order', () => {
  test('G2: follows from its key, the same everywhere', () => {
    expect(idOfKey('secret', 'order', 'key-1')).toBe(idOfKey('secret', 'order', 'key-1'));
    expect(idOfKey('secret', 'order', 'key-1')).toMatch(/^[0-9a-f]{32}$/);
  });

  test('is another one for another key, secret or purpose', () => {
    const ids = [
      idOfKey('secret', 'order', 'key-1'),
      idOfKey('secret', 'order', 'key-2'),
      idOfKey('secret', 'restock', 'key-1'),
      idOfKey('secret', 'create', 'key-1'),
      idOfKey('another', 'order', 'key-1'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('is found in the id of its disputed slot', () => {
    expect(keyIdOf(disputedId('f00d', 'aaaa'))).toBe('f00d');
    expect(keyIdOf('f00d')).toBe('f00d');
    expect(isDisputedId(disputedId('f00d', 'aaaa'))).toBe(true);
    expect(isDisputedId('f00d')).toBe(false);
  });
});

describe('the body of a key', () => {
  const hashOf = (...items: [bookId: number, quantity: number][]): string =>
    hashOfOrderBody({ items: items.map(([bookId, quantity]) => ({ bookId, quantity })) });

  test('G2: is books and quantities: the prices that a buyer was shown are not part of it', () => {
    const shown = { items: [{ bookId: 7, quantity: 2, unitPrice: 3000 }], key: 'key-1' };
    expect(hashOfOrderBody(shown)).toBe(hashOf([7, 2]));
    const others = [hashOf([7, 1]), hashOf([8, 2]), hashOf([7, 2], [8, 1]), hashOf([72, 1])];
    expect(others).not.toContain(hashOf([7, 2]));
    expect(hashOf([72, 1])).not.toBe(hashOf([7, 21]));
    expect(hashOf([7, 2], [8, 1])).not.toBe(hashOf([7, 1], [8, 2]));
  });

  test('G2: is a set: in whatever order the items are sent', () => {
    expect(hashOf([7, 2], [10, 1], [9, 3])).toBe(hashOf([10, 1], [9, 3], [7, 2]));
  });
});

test('an order is shown without what only the log needs', () => {
  const items = [lineItem({ bookId: 9 }), lineItem({ bookId: 7 })];
  const { site: _site, bodyHash: _bodyHash, ...order } = orderRow({ items });
  const later = { ...items[0], giftWrap: true };
  const row = {
    ...orderRow({ items: [later, ...items.slice(1)] as LineItem[] }),
    channel: 'kiosk',
  };
  expect(toOrder(row)).toEqual(order);
});
