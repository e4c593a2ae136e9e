/**
 * A book as every replica and every cache holds it: the registers of its description, and the
 * ledger of its stock. States of one book are joined, never replaced.
 */
import { isDeepStrictEqual } from 'node:util';
import { joinLedgers, newerRows, sayOnlySales, stockOf, type Ledger } from './ledger.js';
import type { Region, Site } from './sites.js';
import type { Register } from './register.js';
import type { Stamp } from './stamp.js';

/** What every book has; price in minor units (cents). */
export interface NecessaryFields {
  readonly title: string;
  readonly authors: readonly string[];
  readonly topic: string;
  readonly price: number;
}

/** What a book may have besides. */
export interface OptionalFields {
  /** An ISBN-13, in digits. */
  readonly isbn: string;
  /** In which it came out; before the common era less than 1. */
  readonly year: number;
  /** A canonical BCP 47 tag. */
  readonly language: string;
  /** Plain text of one line or several. */
  readonly description: string;
}

/** What a customer reads of a book besides its stock. */
export interface Description extends NecessaryFields, Partial<OptionalFields> {
  /** False of a book that is taken off sale: it is in no list, and nobody buys it. */
  readonly isListed: boolean;
}

/** What the registers of a description hold: null of what was taken away. */
type Held = NecessaryFields &
  Pick<Description, 'isListed'> & {
    readonly [Field in keyof OptionalFields]: OptionalFields[Field] | null;
  };

/** What is to become of a description; null takes an optional field away. */
export type DescriptionChanges = Partial<Held>;

// Records, so that the compiler misses none.
const necessary: Readonly<Record<keyof NecessaryFields, true>> = {
  title: true,
  authors: true,
  topic: true,
  price: true,
};
const optional: Readonly<Record<keyof OptionalFields, true>> = {
  isbn: true,
  year: true,
  language: true,
  description: true,
};

export const necessaryFields = Object.keys(necessary) as readonly (keyof NecessaryFields)[];
export const optionalFields = Object.keys(optional) as readonly (keyof OptionalFields)[];
export const descriptionFields: readonly (keyof Description)[] = [
  ...necessaryFields,
  'isListed',
  ...optionalFields,
];

/**
 * Each a last-writer-wins register of its own: one stamp for all lets a new title bring an old price
 * back (design S6). Those of a newer version, which this one does not know, are joined and told alike.
 */
export type Registers = {
  readonly [Field in keyof Held]?: Register<Held[Field]>;
} & { readonly [field: string]: Register<unknown> | undefined };

/** No book has it: for who asks whether a place answers at all. */
export const nobodysBookId = 0;

export interface BookState {
  readonly id: number;
  /** The region that creates and restocks the book. */
  readonly home?: Region;
  readonly registers: Registers;
  readonly ledger: Ledger;
}

/** A state that has all that every book has: before that it counts as not there yet. */
export interface CompleteBook extends BookState {
  readonly registers: Registers & {
    readonly [Field in keyof NecessaryFields]: Register<NecessaryFields[Field]>;
  };
}

/** A book as the API shows it. */
export interface Book extends Description {
  readonly id: number;
  readonly currency: string;
  readonly stock: number;
}

export const isComplete = (state: BookState | undefined): state is CompleteBook =>
  state !== undefined && necessaryFields.every((field) => state.registers[field] !== undefined);

/** Books are listed and sold until somebody says otherwise. */
export const isListed = ({ registers }: BookState): boolean => registers.isListed?.value ?? true;

export const descriptionOf = (state: CompleteBook): Description =>
  Object.fromEntries(
    descriptionFields
      .map((field) => [
        field,
        field === 'isListed' ? isListed(state) : (state.registers[field]?.value ?? null),
      ])
      .filter(([, value]) => value !== null),
  );

export const toBook = (state: CompleteBook, currency: string): Book => ({
  id: state.id,
  ...descriptionOf(state),
  currency,
  stock: stockOf(state.ledger),
});

/** The fields of a description that are to be another, as they are to be; of the others nothing is said. */
export const changesTo = (known: Description, wanted: Partial<Description>): Partial<Description> =>
  Object.fromEntries(
    descriptionFields
      .filter((field) => wanted[field] !== undefined)
      .filter((field) => !isDeepStrictEqual(known[field], wanted[field]))
      .map((field) => [field, wanted[field]]),
  );

/** The registers of the given fields, all written at once. */
export const stampedRegisters = (fields: DescriptionChanges, stamp: Stamp): Registers =>
  Object.fromEntries(
    descriptionFields.flatMap((field) =>
      fields[field] === undefined ? [] : [[field, { value: fields[field], stamp }]],
    ),
  );

/**
 * The stamp of what says which lists a book is in, as far as a state knows; empty where it knows of
 * nothing.
 */
export const listingStampOf = ({ registers: { topic, isListed: listed } }: BookState): Stamp =>
  [topic?.stamp ?? '', listed?.stamp ?? ''].reduce((one, other) => (one > other ? one : other));

/** What one state knows that another does not. */
export interface StateDifference {
  readonly home?: Region;
  readonly registers: Registers;
  readonly rows: Ledger;
}

function newerRegisters(known: Registers, incoming: Registers): Registers {
  return Object.fromEntries(
    Object.entries(incoming).filter(
      ([field, register]) => register !== undefined && register.stamp > (known[field]?.stamp ?? ''),
    ),
  );
}

/**
 * What `incoming` adds to `known`; undefined where it adds nothing. The row of `own`, the site
 * whose table `known` is, is never taken from elsewhere: that site alone writes it.
 */
export function difference(
  known: BookState,
  incoming: BookState,
  own?: Site,
): StateDifference | undefined {
  const rows = newerRows(known.ledger, incoming.ledger, own);
  const registers = newerRegisters(known.registers, incoming.registers);
  const joinedHome = joinHomes(known.home, incoming.home);
  const home = joinedHome === known.home ? undefined : joinedHome;
  const isEmpty =
    home === undefined && Object.keys(rows).length === 0 && Object.keys(registers).length === 0;
  if (isEmpty) return undefined;
  return { rows, registers, ...(home === undefined ? {} : { home }) };
}

/** Whether all that a difference adds to a state is that copies were sold (design M9). */
export const addsOnlySales = (
  known: BookState,
  { home, registers, rows }: StateDifference,
): boolean =>
  home === undefined && Object.keys(registers).length === 0 && sayOnlySales(known.ledger, rows);

/** Homes only differ where a book was created twice, under two lists of regions: any fixed choice does. */
function joinHomes(one: Region | undefined, other: Region | undefined): Region | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}

/** Joins two states of one book. Commutative, associative, idempotent (design J1). */
export function joinStates(known: BookState, incoming: BookState): BookState {
  const home = joinHomes(known.home, incoming.home);
  return {
    id: known.id,
    ...(home === undefined ? {} : { home }),
    registers: {
      ...known.registers,
      ...newerRegisters(known.registers, incoming.registers),
    },
    ledger: joinLedgers(known.ledger, incoming.ledger),
  };
}

/** Joins whatever is known of one book; undefined where nothing is. */
export function joinAll(states: readonly (BookState | undefined)[]): BookState | undefined {
  return states.reduce<BookState | undefined>(
    (joined, state) =>
      state === undefined ? joined : joined === undefined ? state : joinStates(joined, state),
    undefined,
  );
}
