import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { bookOf, parseMessage, type Message } from '../../../lib/replication/messages.js';
import { bookStates, rowOfSeq, wholeBook } from '../support/books.js';
import { orderRow } from '../support/orders.js';
import { holds } from '../../support/properties.js';

const bookMessage = {
  v: 1,
  type: 'book',
  region: 'eu-west-1',
  book: wholeBook(),
  lists: ['a'],
  orders: [orderRow()],
};
const orderMessage = { v: 1, type: 'order', region: 'eu-west-1', order: orderRow() };
const heartbeat = { v: 1, type: 'heartbeat', region: 'eu-west-1', beatAt: 1_800_000_000_000 };

const sent = (message: unknown) => () => parseMessage(JSON.stringify(message));

describe('a message', () => {
  test.each([bookMessage, orderMessage, heartbeat])('arrives as it was sent: $type', (message) => {
    expect(sent(message)()).toEqual(message);
  });

  test('of a book carries no orders where an earlier version sent it', () => {
    const { orders: _orders, ...earlier } = bookMessage;
    expect(sent(earlier)()).toEqual({ ...earlier, orders: [] });
  });

  test('G4: tells a book whole, whatever is known of it', () => {
    holds(
      fc.property(bookStates, (book) => {
        const message = sent({ ...bookMessage, book })() as Extract<Message, { type: 'book' }>;
        expect(bookOf(message)).toStrictEqual(book);
      }),
    );
  });

  test.each([
    { ...heartbeat, mood: 'good' },
    { ...orderMessage, order: { ...orderRow(), channel: 'kiosk' } },
    {
      ...bookMessage,
      book: {
        ...wholeBook(),
        registers: { ...wholeBook().registers, isbn: { value: '978', stamp: 's', by: 'me' } },
        ledger: { 'eu-west-1#1': { ...rowOfSeq(1), writtenOff: 2 } },
      },
    },
  ])('passes on what only a newer version knows: $type', (message) => {
    expect(sent(message)()).toEqual(message);
  });
});

describe('what is no message', () => {
  test.each([
    ['no JSON', '{"v":1,'],
    ['empty', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['of another version', JSON.stringify({ ...heartbeat, v: 2 })],
    ['of no version', JSON.stringify({ ...heartbeat, v: undefined })],
    ['of an unknown type', JSON.stringify({ ...heartbeat, type: 'greeting' })],
    [
      'a book without its ledger',
      JSON.stringify({ ...bookMessage, book: { id: 7, registers: {} } }),
    ],
    [
      'a book with a row that is broken',
      JSON.stringify({
        ...bookMessage,
        book: { ...wholeBook(), ledger: { 'eu-west-1#1': { stocked: 1, sold: 0, moved: {} } } },
      }),
    ],
    [
      'a book that sold less than nothing',
      JSON.stringify({
        ...bookMessage,
        book: {
          ...wholeBook(),
          ledger: { 'eu-west-1#1': { stocked: 1, sold: -1, moved: {}, seq: 1 } },
        },
      }),
    ],
    [
      'an order of an unknown status',
      JSON.stringify({ ...orderMessage, order: { ...orderRow(), status: 'lost' } }),
    ],
    [
      'an order without its site',
      JSON.stringify({ ...orderMessage, order: { ...orderRow(), site: undefined } }),
    ],
  ])('is refused: %s', (_what, text) => {
    expect(() => parseMessage(text)).toThrow();
  });
});
