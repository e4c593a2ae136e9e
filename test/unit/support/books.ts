/** Random states of one book, as they may lie in replicas and caches. */
import * as fc from 'fast-check';
import type { BookState, CompleteBook, Registers } from '../../../lib/rules/book.js';
import type { Ledger, StockRow } from '../../../lib/rules/ledger.js';

export const ours = 'us-east-1#1';
export const theirs = 'eu-west-1#1';
export const thirds = 'ap-south-1#1';
const sites = [ours, theirs, thirds];

/**
 * A site writes one row for each `seq`, so rows of one site and one `seq` are the same. What is on loan
 * is counted by a later version only.
 */
export function rowOfSeq(seq: number): StockRow {
  const row = {
    stocked: 5 * seq,
    sold: seq,
    moved: { [thirds]: 2 * seq },
    keys: { [`key ${seq}`]: { bodyHash: `body ${seq}`, usedAt: seq } },
    seq,
    writtenOff: seq,
    onLoan: 3 * seq,
  };
  return row;
}

export const ledgers: fc.Arbitrary<Ledger> = fc
  .dictionary(fc.constantFrom(...sites), fc.integer({ min: 1, max: 4 }))
  .map((seqs) =>
    Object.fromEntries(Object.entries(seqs).map(([site, seq]) => [site, rowOfSeq(seq)])),
  );

/** A stamp is given once, so registers of one stamp are the same. */
const register = <Value>(toValue: (count: number) => Value) =>
  fc.option(
    fc.nat(4).map((count) => ({ value: toValue(count), stamp: stampOf(count) })),
    { nil: undefined },
  );

export const stampOf = (count: number): string =>
  `${String(count).padStart(15, '0')}.000000@eu-west-1`;

const registers: fc.Arbitrary<Registers> = fc
  .record({
    title: register((count) => `title ${count}`),
    authors: register((count) => [`author ${count}`]),
    topic: register((count) => `topic ${count}`),
    price: register((count) => 100 * count),
    isListed: register((count) => count % 2 === 0),
    isbn: register((count) => (count % 2 === 0 ? null : `isbn ${count}`)),
    // Of a later version.
    publisher: register((count) => `publisher ${count}`),
  })
  .map(
    (fields) =>
      Object.fromEntries(
        Object.entries(fields).filter(([, field]) => field !== undefined),
      ) as Registers,
  );

export const bookId = 7;

export const bookStates: fc.Arbitrary<BookState> = fc
  .record({
    home: fc.constantFrom(undefined, 'ap-south-1', 'eu-west-1', 'us-east-1'),
    registers,
    ledger: ledgers,
  })
  .map(({ home, ...state }) => ({ id: bookId, ...(home !== undefined && { home }), ...state }));

/** A book of which everything is known. */
export const wholeBook = (changes: Partial<CompleteBook> = {}): CompleteBook => ({
  id: bookId,
  home: 'us-east-1',
  registers: {
    title: { value: 'RPCs for Noobs', stamp: stampOf(1) },
    authors: { value: ['A. Noob', 'B. Noob'], stamp: stampOf(1) },
    topic: { value: 'distributed systems', stamp: stampOf(1) },
    price: { value: 3000, stamp: stampOf(1) },
  },
  ledger: { [ours]: { stocked: 10, sold: 2, moved: { [theirs]: 5 }, keys: {}, seq: 3 } },
  ...changes,
});
