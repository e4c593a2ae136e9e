import { describe, expect, test } from '@jest/globals';
import {
  disputedId,
  hashOfOrderBody,
  idOfKey,
  isDisputedId,
  keyIdOf,
} from '../../../lib/rules/keys.js';
import { toOrder } from '../../../lib/rules/order.js';
import { orderRow } from '../support/orders.js';

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
  test('G2: is book and quantity: the price that a buyer was shown is not part of it', () => {
    const shown = { bookId: 7, quantity: 2, unitPrice: 3000, key: 'key-1' };
    expect(hashOfOrderBody(shown)).toBe(hashOfOrderBody({ bookId: 7, quantity: 2 }));
    expect(hashOfOrderBody({ bookId: 7, quantity: 1 })).not.toBe(hashOfOrderBody(shown));
    expect(hashOfOrderBody({ bookId: 8, quantity: 2 })).not.toBe(hashOfOrderBody(shown));
    expect(hashOfOrderBody({ bookId: 72, quantity: 1 })).not.toBe(
      hashOfOrderBody({ bookId: 7, quantity: 21 }),
    );
  });
});

test('an order is shown without what only the log needs', () => {
  const { site: _site, bodyHash: _bodyHash, ...order } = orderRow();
  expect(toOrder(orderRow())).toEqual(order);
});
