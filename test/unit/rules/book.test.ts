import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  changesTo,
  descriptionFields,
  descriptionOf,
  difference,
  isComplete,
  joinAll,
  joinStates,
  stampedRegisters,
  toBook,
  type BookState,
  type CompleteBook,
  type DescriptionChanges,
} from '../../../lib/rules/book.js';
import {
  bookId,
  bookStates,
  ours,
  rowOfSeq,
  stampOf,
  theirs,
  wholeBook,
} from '../support/books.js';
import { testJoin } from '../support/joins.js';
import { holds } from '../../support/random/properties.js';

describe('states of one book that are joined', () => {
  testJoin(bookStates, joinStates);

  test('have of each register the value with the latest stamp, whatever the others say', () => {
    holds(
      fc.property(bookStates, bookStates, (one, other) => {
        const joined = joinStates(one, other);
        for (const field of descriptionFields) {
          const stamps = [one, other].flatMap(({ registers }) => registers[field]?.stamp ?? []);
          expect(joined.registers[field]?.stamp).toBe(stamps.sort().at(-1));
        }
      }),
    );
  });
});

describe('joining all that is known of a book', () => {
  test('passes over those who know nothing, in any order', () => {
    holds(
      fc.property(
        fc.array(fc.option(bookStates, { nil: undefined }), { maxLength: 4 }),
        (states) => {
          expect(joinAll([...states].reverse())).toEqual(joinAll(states));
          expect(joinAll([undefined, ...states, undefined])).toEqual(joinAll(states));
        },
      ),
    );
  });

  test('is nothing where nobody knows anything', () => {
    expect(joinAll([])).toBeUndefined();
    expect(joinAll([undefined, undefined])).toBeUndefined();
  });
});

describe('the difference between two states', () => {
  const withDifference = (known: BookState, incoming: BookState, own?: string): BookState => {
    const added = difference(known, incoming, own);
    if (added === undefined) return known;
    return {
      ...known,
      ...(added.home !== undefined && { home: added.home }),
      registers: { ...known.registers, ...added.registers },
      ledger: { ...known.ledger, ...added.rows },
    };
  };

  test('is what makes the one the join of both', () => {
    holds(
      fc.property(bookStates, bookStates, (known, incoming) => {
        expect(withDifference(known, incoming)).toEqual(joinStates(known, incoming));
      }),
    );
  });

  test('is none where, and only where, nothing new is told', () => {
    holds(
      fc.property(bookStates, bookStates, (known, incoming) => {
        const joined = joinStates(known, incoming);
        expect(difference(joined, incoming)).toBeUndefined();
        const isNews = JSON.stringify(sorted(joined)) !== JSON.stringify(sorted(known));
        expect(difference(known, incoming) !== undefined).toBe(isNews);
      }),
    );
  });

  test('G1: never has the own row of the site that hears it', () => {
    holds(
      fc.property(bookStates, bookStates, (known, incoming) => {
        const { [ours]: _own, ...others } = incoming.ledger;
        expect(difference(known, incoming, ours)?.rows ?? {}).not.toHaveProperty([ours]);
        expect(withDifference(known, incoming, ours)).toEqual(
          joinStates(known, { ...incoming, ledger: others }),
        );
      }),
    );
  });
});

describe('a book', () => {
  const book = wholeBook();

  test('is complete once each register is known that every book has', () => {
    expect(isComplete(book)).toBe(true);
    expect(isComplete(undefined)).toBe(false);
    for (const field of ['title', 'authors', 'topic', 'price'] as const) {
      const { [field]: _missing, ...registers } = book.registers;
      expect(isComplete({ ...book, registers })).toBe(false);
    }
  });

  test('is shown with the stock of all sites, and nothing of how it is kept', () => {
    const ledger = { [ours]: { ...rowOfSeq(2), stocked: 10, sold: 2 }, [theirs]: rowOfSeq(1) };
    expect(toBook({ ...book, ledger }, 'USD')).toEqual({
      id: bookId,
      title: 'RPCs for Noobs',
      authors: ['A. Noob', 'B. Noob'],
      topic: 'distributed systems',
      price: 3000,
      currency: 'USD',
      isListed: true,
      stock: 8 - 2 + (4 - 1),
    });
  });
});

describe('the description of a book', () => {
  const book = wholeBook();
  const withFields = (fields: DescriptionChanges): CompleteBook => ({
    ...book,
    registers: { ...book.registers, ...stampedRegisters(fields, stampOf(2)) },
  });

  test('has the optional fields that were given and not taken away, and says what is off sale', () => {
    expect(descriptionOf(book)).toMatchObject({ title: 'RPCs for Noobs', isListed: true });
    expect(descriptionOf(book)).not.toHaveProperty('isbn');
    expect(
      descriptionOf(withFields({ year: -700, language: 'el', isListed: false })),
    ).toMatchObject({
      year: -700,
      language: 'el',
      isListed: false,
    });
    expect(descriptionOf(withFields({ year: null }))).not.toHaveProperty('year');
  });

  test('is changed in what is said to be another, and in nothing else', () => {
    const known = descriptionOf(withFields({ year: 1999, isListed: false }));
    expect(changesTo(known, { title: 'RPCs for Noobs', price: 1, year: 1999 })).toEqual({
      price: 1,
    });
    expect(changesTo(known, { isbn: '9780439023481' })).toEqual({ isbn: '9780439023481' });
  });
});

/** The same whatever order its parts were learned in. */
const sorted = (value: unknown): unknown =>
  value === null || typeof value !== 'object' || Array.isArray(value)
    ? value
    : Object.fromEntries(
        Object.entries(value)
          .sort(([one], [other]) => (one < other ? -1 : 1))
          .map(([key, part]) => [key, sorted(part)]),
      );
