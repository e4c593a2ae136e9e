import { expect, test } from '@jest/globals';
import type { Answer } from '../../client/api-client.js';
import { openAccount } from '../../client/purchases.js';

const bought = { key: 'k', items: [{ bookId: 1, quantity: 2 }] };

const answer = (status: number, body: unknown = {}): Answer => ({
  status,
  headers: new Headers(),
  body,
});

const order = (id: string) => ({
  id,
  items: [{ bookId: 1, title: 'a', quantity: 2, unitPrice: 5, total: 10 }],
  total: 10,
  currency: 'USD',
  region: 'us-east-1',
  createdAt: '2026-11-01T10:00:00.000Z',
  status: 'placed',
});

test('an outcome is unknown until an answer says it', () => {
  const account = openAccount();

  account.enter(bought, undefined);
  account.enter(bought, answer(503));
  account.enter(bought, answer(500));
  expect([...account.unknown]).toEqual([bought]);

  account.enter(bought, answer(201, order('o1')));
  expect(account.unknown.size).toBe(0);
  expect([...account.placed]).toEqual([['o1', bought]]);
});

test('sold out is an answer', () => {
  const account = openAccount();

  account.enter(bought, answer(409));

  expect(account).toMatchObject({ refusedCount: 1 });
  expect(account.unknown.size).toBe(0);
});

test('a repeat must be answered with the same order', () => {
  const account = openAccount();
  account.enter(bought, answer(201, order('o1')));

  account.enter(bought, answer(200, order('o1')));
  account.enter(bought, answer(503));
  expect(account.contradictions).toEqual([]);

  account.enter(bought, answer(201, order('o2')));
  account.enter(bought, answer(409));
  expect(account.contradictions).toEqual([
    'order o1: its repeat was answered order o2',
    'order o1: its repeat was answered with a refusal',
  ]);
});

test('two keys cannot have one order', () => {
  const account = openAccount();
  account.enter(bought, answer(201, order('o1')));

  account.enter({ ...bought, key: 'other' }, answer(201, order('o1')));

  expect(account.contradictions).toHaveLength(1);
});
