import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { listingKeyOf } from '../../../lib/tables/book-item.js';
import { decodeCursor, encodeCursor, type CursorKind } from '../../../lib/http/cursor.js';
import { Problem } from '../../../lib/http/problem.js';
import { topicPath } from '../../../lib/http/schemas.js';
import { placeOf } from '../../../lib/tables/order-item.js';
import { orderRow } from '../support/orders.js';
import { holds } from '../../support/random/properties.js';

const shelfKey = listingKeyOf('Distributed Systems', 7);
const place = placeOf(orderRow());

const positions = {
  topic: '7',
  words: '0.1 2 marquez 000000000000007',
  shelf: shelfKey,
  topics: 'distributed systems',
  log: place,
} satisfies Record<CursorKind, string>;
const kinds = Object.keys(positions) as CursorKind[];

const cursorOf = (content: unknown): string =>
  Buffer.from(JSON.stringify(content)).toString('base64url');

const decoding = (kind: CursorKind, cursor: string) => () => decodeCursor(kind, cursor);

describe('a cursor', () => {
  test.each(kinds)('goes on where the page before ended: %s', (kind) => {
    const cursor = encodeCursor(kind, positions[kind]);
    expect(decodeCursor(kind, cursor)).toBe(positions[kind]);
    expect(cursor).toMatch(/^[\w-]+$/);
  });

  test('goes on behind every book that may be on a shelf', () => {
    holds(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 }),
        fc.integer({ min: 1, max: 999_999_999_999_999 }),
        (topic, bookId) => {
          fc.pre(topicPath.safeParse({ topic }).success);
          const key = listingKeyOf(topic, bookId);
          expect(decodeCursor('shelf', encodeCursor('shelf', key))).toBe(key);
        },
      ),
    );
  });

  test('is of use for its own filter only', () => {
    const cursor = encodeCursor('topic', '7', 'poetry');
    expect(decodeCursor('topic', cursor, 'poetry')).toBe('7');
    for (const filter of ['', 'prose', 'poetry ']) {
      expect(() => decodeCursor('topic', cursor, filter)).toThrow(Problem);
    }
    expect(() => decodeCursor('topic', encodeCursor('topic', '7'), 'poetry')).toThrow(Problem);
  });

  test('that is absent is the first page', () => {
    expect(decodeCursor('topic', undefined)).toBe('');
  });
});

describe('what is no cursor', () => {
  test.each(kinds)('G8: is refused: one of another list, where %s is wanted', (kind) => {
    for (const other of kinds.filter((one) => one !== kind)) {
      expect(decoding(kind, encodeCursor(other, positions[other]))).toThrow(Problem);
      // Any text may be a topic.
      if (kind === 'topics') continue;
      expect(decoding(kind, encodeCursor(kind, positions[other]))).toThrow(Problem);
    }
  });

  test.each([
    ['empty', ''],
    ['no base64', '%%%'],
    ['no JSON', Buffer.from('seven').toString('base64url')],
    ['null', cursorOf(null)],
    ['a text', cursorOf('7')],
    ['an object', cursorOf({ kind: 'topic', position: '7' })],
    ['too short', cursorOf(['topic'])],
    ['too long', cursorOf(['topic', '7', '8'])],
    ['a number', cursorOf(['topic', 7])],
    ['negative', cursorOf(['topic', '-7'])],
    ['no number', cursorOf(['topic', 'seven'])],
    ['beyond the largest id', cursorOf(['topic', '9'.repeat(16)])],
  ])('G8: is refused with a problem that names the cursor: %s', (_what, cursor) => {
    let thrown: unknown;
    try {
      decodeCursor('topic', cursor);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Problem);
    expect(thrown).toMatchObject({
      kind: 'bad-input',
      extras: { errors: [{ pointer: '#/cursor', in: 'query' }] },
    });
  });

  const half = 'that no text can be: half a character';
  test.each<[CursorKind, string, string]>([
    ['shelf', 'without its book', 'networks'],
    ['shelf', 'with a book that is no number', 'networks\u0000seven'],
    ['shelf', half, `\ud800\u0000${'7'.padStart(15, '0')}`],
    [
      'shelf',
      'longer than an index can hold',
      `${'x'.repeat(1_100)}\u0000${'7'.padStart(15, '0')}`,
    ],
    ['topics', 'that is empty', ''],
    ['topics', 'with a control character', 'net\u0000works'],
    ['topics', half, '\ud800'],
    ['topics', 'longer than an index can hold', 'x'.repeat(1_024)],
    ['log', 'without its order', '2027-01-15T08:00:00.000Z#'],
    ['log', 'without its time', '#f00d'],
    ['log', half, '2027-01-15T08:00:00.000Z#\ud800'],
  ])('G8: is refused: a position of the %s %s', (kind, _what, position) => {
    expect(decoding(kind, encodeCursor(kind, position))).toThrow(Problem);
  });
});
