import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import * as z from 'zod';
import { bookChangeBody, importBody, newBookBody, searchQuery } from '../../../lib/http/schemas.js';
import { holds } from '../../support/random/properties.js';
import { unicodeText } from '../../support/random/unicode.js';

const book = { id: 1, title: 'RPCs for Noobs', authors: ['Nelson Bird'], topic: 'RPC', price: 1 };

const faultsOf = (schema: z.ZodType, value: unknown): string[] =>
  (schema.safeParse(value).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('/')}: ${message}`,
  );

const titlePattern = new RegExp(String(newBookBody.shape.title.meta()?.['pattern']), 'u');

describe('a book that is sent', () => {
  test('is taken in the form in which it is kept', () => {
    const sent = {
      ...book,
      title: ' E\u0301mile ',
      authors: ['J.\u00a0J.  Rousseau'],
      topic: 'a\u3000b',
    };
    expect(newBookBody.parse(sent)).toMatchObject({
      title: 'Émile',
      authors: ['J. J. Rousseau'],
      topic: 'a b',
    });
    expect(bookChangeBody.parse({ title: 'e\u0301 ' })).toEqual({ title: 'é' });
  });

  test.each(['title', 'topic'])('has one rule for its texts: %s', (field) => {
    expect(faultsOf(newBookBody, { ...book, [field]: 'a\u202eb' })).toEqual([
      `${field}: holds a character that overrides or isolates the direction of text (U+202E) as its character 2`,
    ]);
  });

  test('is told which of its authors is at fault', () => {
    expect(faultsOf(newBookBody, { ...book, authors: ['a', '\ufffe', '\u200b'] })).toEqual([
      'authors/1: holds a noncharacter (U+FFFE) as its character 1',
      'authors/2: must hold a visible character',
    ]);
  });

  test('has at most 20 authors', () => {
    const authors = Array.from({ length: 21 }, (_, index) => `Author ${index}`);
    expect(faultsOf(newBookBody, { ...book, authors: authors.slice(1) })).toEqual([]);
    expect(faultsOf(newBookBody, { ...book, authors })).toEqual([
      'authors: must be at most 20 names',
    ]);
  });

  test('is measured in characters', () => {
    expect(faultsOf(newBookBody, { ...book, topic: '😀'.repeat(100) })).toEqual([]);
    expect(faultsOf(newBookBody, { ...book, topic: '😀'.repeat(101) })).toHaveLength(1);
  });
});

describe('what may be said of a book besides', () => {
  const described = {
    isbn: '0-8044-2957-x',
    year: -750,
    language: 'EL',
    description: ' a \r\n b ',
  };

  test('is kept in one form, and need not be said', () => {
    expect(newBookBody.parse({ ...book, ...described })).toMatchObject({
      isbn: '9780804429573',
      year: -750,
      language: 'el',
      description: 'a\nb',
    });
    expect(Object.keys(newBookBody.parse(book))).not.toContain('isbn');
  });

  test.each([
    ['isbn', '0-8044-2957-1', 'must be an ISBN-10 or an ISBN-13, whose last digit fits the others'],
    ['year', 1999.5, 'Invalid input: expected int, received number'],
    ['year', -3001, 'Too small: expected number to be >=-3000'],
    ['language', 'English', 'must be a language tag such as en or pt-BR'],
    ['description', 'a\tb', 'holds a control character (U+0009) as its character 2'],
    ['description', '', 'must hold a visible character'],
    ['description', 'a'.repeat(4001), 'must not be longer than 4000 characters: it has 4001'],
  ])('is refused where it is none: %s %j', (field, value, fault) => {
    expect(faultsOf(newBookBody, { ...book, [field]: value })).toEqual([`${field}: ${fault}`]);
    expect(faultsOf(bookChangeBody, { [field]: value })).toEqual([`${field}: ${fault}`]);
  });

  test('is taken away by null, and by nothing but a change', () => {
    const nothing = { isbn: null, year: null, language: null, description: null };
    expect(bookChangeBody.parse(nothing)).toEqual(nothing);
    expect(faultsOf(newBookBody, { ...book, isbn: null })).toHaveLength(1);
    expect(faultsOf(bookChangeBody, { title: null, isListed: null })).toHaveLength(2);
  });

  test('is of several lines in the description alone, as its pattern says', () => {
    const pattern = new RegExp(
      String(newBookBody.shape.description.unwrap().meta()?.['pattern']),
      'u',
    );
    expect('a\r\n\nb').toMatch(pattern);
    expect('\r\n').not.toMatch(pattern);
    expect('a\tb').not.toMatch(pattern);
    expect(faultsOf(newBookBody, { ...book, title: 'a\nb' })).toHaveLength(1);
  });
});

describe('an import', () => {
  const booksOf = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ ...book, id: index + 1 }));

  test('has 1 to 100 books, each as a book that is sent by itself', () => {
    expect(importBody.parse({ books: [book] })).toEqual({ books: [newBookBody.parse(book)] });
    expect(faultsOf(importBody, { books: booksOf(100) })).toEqual([]);
    expect(faultsOf(importBody, { books: booksOf(101) })).toHaveLength(1);
    expect(faultsOf(importBody, { books: [] })).toHaveLength(1);
    expect(faultsOf(importBody, {})).toHaveLength(1);
    expect(faultsOf(importBody, { books: [book], dryRun: true })).toHaveLength(1);
  });

  test('is told of each book what is at fault', () => {
    const [first, second, third] = booksOf(3);
    const books = [first, { ...second, title: '' }, { ...third, price: -1, publisher: 1 }];
    expect(faultsOf(importBody, { books }).map((fault) => fault.split(':')[0])).toEqual([
      'books/1/title',
      'books/2/price',
      'books/2',
    ]);
  });

  test('names each book once', () => {
    const [first, second] = booksOf(2);
    expect(faultsOf(importBody, { books: [first, second, first, first] })).toEqual([
      'books/2/id: is that of #/books/0 too',
      'books/3/id: is that of #/books/0 too',
    ]);
  });
});

test('a topic that no topic is as long as is not searched', () => {
  expect(faultsOf(searchQuery, { topic: '😀'.repeat(252) })).toEqual([]);
  expect(faultsOf(searchQuery, { topic: '😀'.repeat(253) })).toEqual([
    'topic: is longer than any topic',
  ]);
});

describe('the pattern of texts in the document', () => {
  test('lets through whatever the store takes', () => {
    holds(
      fc.property(unicodeText, (title) => {
        if (faultsOf(newBookBody, { ...book, title }).length === 0) {
          expect(title).toMatch(titlePattern);
        }
      }),
      3_000,
    );
  });

  test('lets through nothing else, but for what only the tables of Unicode tell', () => {
    const tellable = fc
      .array(
        fc.integer({ min: 0, max: 0xffff }).map((codePoint) => String.fromCodePoint(codePoint)),
      )
      .map((characters) => characters.join(''))
      .filter((title) => !/[\p{Mark}\p{Surrogate}]/u.test(title));
    const sound = fc.oneof(
      tellable,
      unicodeText.filter((title) => !/[\p{Mark}\p{Surrogate}\u{10000}-\u{10ffff}]/u.test(title)),
    );
    holds(
      fc.property(sound, (title) => {
        if (titlePattern.test(title)) {
          expect(faultsOf(newBookBody, { ...book, title })).toEqual([]);
        }
      }),
      3_000,
    );
  });

  test('is one in every dialect of JavaScript', () => {
    for (const flags of ['', 'u', 'v']) {
      expect(new RegExp(titlePattern.source, flags).test('RPCs for Noobs')).toBe(true);
    }
  });
});
