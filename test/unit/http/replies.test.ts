import { describe, expect, test } from '@jest/globals';
import { Problem } from '../../../lib/http/problem.js';
import {
  changedBook,
  etagOf,
  matchesEtag,
  readHeaders,
  showBook,
} from '../../../lib/http/replies.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { wholeBook } from '../support/books.js';

const front = { currency: 'EUR' } as FrontEnd;

describe('an ETag', () => {
  const book = showBook(front, wholeBook());

  test('is the same for the same answer, another for any other', () => {
    expect(etagOf({ ...book })).toBe(etagOf(book));
    expect(etagOf({ ...book, stock: book.stock - 1 })).not.toBe(etagOf(book));
    expect(etagOf({ ...book, price: book.price + 1 })).not.toBe(etagOf(book));
    expect(etagOf(book)).toMatch(/^"[\w-]{22}"$/);
  });

  test.each([
    ['itself', (tag: string) => tag],
    ['itself as a weak one', (tag: string) => `W/${tag}`],
    ['a list with it', (tag: string) => `"a", W/${tag} ,"b"`],
    ['anything', () => '*'],
  ])('is matched by %s', (_what, headerOf) => {
    expect(matchesEtag(headerOf(etagOf(book)), etagOf(book))).toBe(true);
  });

  test.each([
    ['nothing', () => undefined],
    ['an empty list', () => ''],
    ['another', () => '"a"'],
    ['itself without quotes', (tag: string) => tag.slice(1, -1)],
    ['the start of it', (tag: string) => `${tag.slice(0, 9)}"`],
  ])('is not matched by %s', (_what, headerOf) => {
    expect(matchesEtag(headerOf(etagOf(book)), etagOf(book))).toBe(false);
  });
});

describe('the headers of a read', () => {
  test('say how the cache was used and which replicas were read', () => {
    expect(readHeaders({ cacheUse: 'miss', regions: ['us-east-1', 'eu-west-1'] })).toEqual({
      'X-Cache': 'miss',
      'X-Replica': 'us-east-1, eu-west-1',
    });
    expect(readHeaders({ cacheUse: 'hit', regions: [] })).toEqual({ 'X-Cache': 'hit' });
  });
});

describe('the outcome of a change', () => {
  test('is the book as it then is, in the currency of the store', () => {
    expect(changedBook(front, 7, { kind: 'done', book: wholeBook() })).toMatchObject({
      id: 7,
      currency: 'EUR',
      stock: 8,
    });
  });

  test.each([
    ['unknown-book', 'unknown-book'],
    ['key-reused', 'key-reused'],
    ['exists', 'book-exists'],
  ] as const)('is a problem where it is %s', (kind, problem) => {
    let thrown: unknown;
    try {
      changedBook(front, 7, { kind });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Problem);
    expect(thrown).toMatchObject({ kind: problem });
  });
});
