import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { booksTold, parseMessage, type BooksMessage } from '../../../lib/replication/messages.js';
import type { OrderRow } from '../../../lib/rules/order.js';
import { bookStates, rowOfSeq, wholeBook } from '../support/books.js';
import { lineItem, orderRow } from '../support/orders.js';
import { holds } from '../../support/random/properties.js';

const messageOf = (book: unknown = wholeBook(), order: unknown = orderRow()) => ({
  v: 1,
  type: 'books',
  region: 'eu-west-1',
  books: [{ book, lists: ['a'] }],
  orders: [order],
});
const heartbeat = { v: 1, type: 'heartbeat', region: 'eu-west-1', beatAt: 1_800_000_000_000 };

const sent = (message: unknown) => () => parseMessage(JSON.stringify(message));

describe('a message', () => {
  test.each([messageOf(), heartbeat])('arrives as it was sent: $type', (message) => {
    expect(sent(message)()).toEqual(message);
  });

  test('G4: tells a book whole, whatever is known of it', () => {
    holds(
      fc.property(bookStates, (book) => {
        const told = booksTold([sent(messageOf(book))()]);
        expect([...told.values()].map(({ state }) => state)).toStrictEqual([book]);
      }),
    );
  });

  test.each([
    { ...heartbeat, mood: 'good' },
    messageOf(wholeBook(), {
      ...orderRow(),
      items: [{ ...lineItem(), giftWrap: true }],
      channel: 'kiosk',
    }),
    messageOf({
      ...wholeBook(),
      registers: { ...wholeBook().registers, publisher: { value: 'Us', stamp: 's', by: 'me' } },
      ledger: { 'eu-west-1#1': { ...rowOfSeq(1), onLoan: 2 } },
    }),
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
    ['of no book', JSON.stringify({ ...messageOf(), books: [] })],
    ['a book without its ledger', JSON.stringify(messageOf({ id: 7, registers: {} }))],
    [
      'a book with a row that is broken',
      JSON.stringify(
        messageOf({
          ...wholeBook(),
          ledger: { 'eu-west-1#1': { stocked: 1, sold: 0, moved: {} } },
        }),
      ),
    ],
    [
      'a book that sold less than nothing',
      JSON.stringify(
        messageOf({
          ...wholeBook(),
          ledger: { 'eu-west-1#1': { stocked: 1, sold: -1, moved: {}, seq: 1 } },
        }),
      ),
    ],
    [
      'an order of an unknown status',
      JSON.stringify(messageOf(wholeBook(), orderRow({ status: 'lost' as never }))),
    ],
    [
      'an order without its site',
      JSON.stringify(messageOf(wholeBook(), { ...orderRow(), site: undefined })),
    ],
    ['an order of nothing', JSON.stringify(messageOf(wholeBook(), orderRow({ items: [] })))],
  ])('is refused: %s', (_what, text) => {
    expect(() => parseMessage(text)).toThrow();
  });
});

describe('what a batch tells of a book', () => {
  const ofBook = (seq: number, lists: string[], orders: OrderRow[] = []): BooksMessage => ({
    v: 1,
    type: 'books',
    region: 'eu-west-1',
    books: [
      { book: wholeBook({ ledger: { 'eu-west-1#1': rowOfSeq(seq) } }), lists },
      { book: wholeBook({ id: 9 }), lists: [] },
    ],
    orders,
  });

  test('is joined, each of its lists named once, and moved at the topic that came with them', () => {
    const told = booksTold([ofBook(3, []), ofBook(2, ['a', 'b']), ofBook(1, ['b'])]);
    const { topic } = wholeBook().registers;
    expect(told.get(7)).toMatchObject({
      state: { ledger: { 'eu-west-1#1': rowOfSeq(3) } },
      lists: ['a', 'b'],
      movedAt: topic.stamp,
    });
    expect(told.get(9)).toMatchObject({ lists: [], movedAt: '' });
  });

  test('is told by orders where each message brings some', () => {
    const isToldByOrders = (...batch: BooksMessage[]) => booksTold(batch).get(7)?.isToldByOrders;
    expect(isToldByOrders(ofBook(1, [], [orderRow()]), ofBook(2, [], [orderRow()]))).toBe(true);
    expect(isToldByOrders(ofBook(1, [], [orderRow()]), ofBook(2, []))).toBe(false);
  });
});
