/**
 * How a book lies in DynamoDB: one item, every register and every site's row an attribute of its
 * own, so that an update names only the parts that it changes and joins everything else.
 */
import * as z from 'zod';
import {
  all,
  compares,
  either,
  Expression,
  holds,
  isNotThere,
  isThere,
  isUnchanged,
  type Condition,
} from '../dynamodb/expression.js';
import { shardOf } from '../dynamodb/sharding.js';
import type { Site } from '../rules/sites.js';
import { rightsAddedBy, type StockChange } from '../rules/stock-change.js';
import { emptyRow, joinLedgers, rightsOf, rowOf, type StockRow } from '../rules/ledger.js';
import {
  descriptionFields,
  isComplete,
  isListed,
  joinStates,
  type BookState,
  type CompleteBook,
  type Description,
  type Registers,
  type StateDifference,
} from '../rules/book.js';
import { isRegister } from '../rules/register.js';
import { topicKey } from '../rules/topic.js';
import { changeEntry, type Scope } from './change-entry.js';
import { count } from './count.js';

/** A book in a site's own table. */
export interface StoredBook {
  readonly state: BookState;
  /** Copies that this site may sell on its own authority. */
  readonly rights: number;
  /** Whether the site's own row lies there, for sales to write into. */
  readonly hasOwnRow: boolean;
}

const rowPrefix = 'row#';

export const rowAttribute = (site: Site): string => `${rowPrefix}${site}`;

/** Copies that the site may still sell; kept in its own table only. */
export const rightsAttribute = (site: Site): string => `rights#${site}`;

export const bookKey = (bookId: number) => ({ id: String(bookId) });

/** Where a key of the listing lies: after every book of the topics before it, by id within one. */
export const listingKeyOf = (topic: string, bookId: number): string =>
  `${topicKey(topic)}\u0000${String(bookId).padStart(15, '0')}`;

export const topicOfListingKey = (key: string): string => key.split('\u0000', 1)[0] ?? '';

export const bookIdOfListingKey = (key: string): number => Number(key.split('\u0000')[1]);

// What a newer version added to a row or a register is kept, whoever passes it on.
const stamped = <Value extends z.ZodType>(value: Value) =>
  z.looseObject({ value, stamp: z.string() });

export const registersSchema: z.ZodType<Registers> = z
  .object({
    title: stamped(z.string()).exactOptional(),
    authors: stamped(z.array(z.string())).exactOptional(),
    topic: stamped(z.string()).exactOptional(),
    price: stamped(count).exactOptional(),
    isListed: stamped(z.boolean()).exactOptional(),
    isbn: stamped(z.string().nullable()).exactOptional(),
    year: stamped(z.number().int().nullable()).exactOptional(),
    language: stamped(z.string().nullable()).exactOptional(),
    description: stamped(z.string().nullable()).exactOptional(),
  } satisfies Record<keyof Description, z.ZodType>)
  .catchall(stamped(z.unknown()));

export const stockRowSchema: z.ZodType<StockRow> = z.looseObject({
  stocked: count,
  sold: count,
  writtenOff: count.exactOptional(),
  moved: z.record(z.string(), count),
  keys: z.record(z.string(), z.looseObject({ bodyHash: z.string(), usedAt: count })).default({}),
  seq: count,
});

/** Apart from heartbeats and cursors, which lie in the same table. */
export const isBookItem = (item: Readonly<Record<string, unknown>>): boolean => 'bookId' in item;

const headSchema = z.object({ bookId: count, home: z.string().optional() });

/** The registers that say by which words a book is found; one that is not whole yet is found by none. */
const isOfWords = (field: string): boolean =>
  ['title', 'authors', 'topic', 'isListed'].includes(field);

const isKnownRegister = (attribute: string): boolean =>
  (descriptionFields as readonly string[]).includes(attribute);

/**
 * Whatever has a value and a stamp is a register, of a newer version perhaps (design V2).
 *
 * @throws ZodError where the item is not a book's: a defect, or a table that others wrote to.
 */
export function toBookState(item: Readonly<Record<string, unknown>>): BookState {
  const { bookId, home } = headSchema.parse(item);
  const registers = registersSchema.parse(
    Object.fromEntries(
      Object.entries(item).filter(
        ([attribute, value]) => isKnownRegister(attribute) || isRegister(value),
      ),
    ),
  );
  const ledger: Record<Site, StockRow> = {};
  for (const [attribute, row] of Object.entries(item)) {
    if (!attribute.startsWith(rowPrefix)) continue;
    const known = stockRowSchema.parse(row);
    // A row that has never changed is there for updates to write into; it says nothing yet.
    if (known.seq > 0) ledger[attribute.slice(rowPrefix.length)] = known;
  }
  return { id: bookId, ...(home === undefined ? {} : { home }), registers, ledger };
}

/** @throws ZodError as {@link toBookState}. */
export const toStoredBook = (item: Readonly<Record<string, unknown>>, site: Site): StoredBook => ({
  state: toBookState(item),
  rights: Number(item[rightsAttribute(site)] ?? 0),
  hasOwnRow: rowAttribute(site) in item,
});

export const emptyState = (bookId: number): BookState => ({
  id: bookId,
  registers: {},
  ledger: {},
});

/** What a site holds of a book that it has not heard of. */
export const nothingStored = (bookId: number): StoredBook => ({
  state: emptyState(bookId),
  rights: 0,
  hasOwnRow: false,
});

/**
 * Adds to an update what a write says of itself.
 *
 * @param changedAtMs the book's place in the index of changes; not given where the orders that go with
 *   the write are found there (design M7, M9).
 */
export const recordChange = (
  update: Expression,
  bookId: number,
  scope: Scope,
  changedAtMs?: number,
): Expression =>
  update.setValues(
    changedAtMs === undefined ? { scope } : changeEntry(String(bookId), scope, changedAtMs),
  );

/**
 * The update that joins `added` into the item that held `known`, on the condition that each part
 * is still as it was read. "Lower than the new one" would not do for the rows: two writers that
 * read the same row would both add what it moved here (design J3).
 */
export function joinExpression(known: BookState, added: StateDifference): Expression {
  const update = new Expression();
  update.setValue('bookId', known.id);
  if (added.home !== undefined) {
    update.setValue('home', added.home);
    update.require(isUnchanged(['home'], known.home));
  }
  for (const [field, register] of Object.entries(added.registers)) {
    if (register === undefined) continue;
    update.setValue(field, register);
    update.require(isUnchanged([field, 'stamp'], known.registers[field]?.stamp));
  }
  for (const [site, row] of Object.entries(added.rows)) {
    update.setValue(rowAttribute(site), row);
    update.require(rowIsAsRead(site, rowOf(known.ledger, site).seq));
  }
  return update;
}

function rowIsAsRead(site: Site, seq: number): Condition {
  const row = rowAttribute(site);
  const isSame = holds([row, 'seq'], seq);
  // Tables that were restored may hold a former site's row in which nothing had happened yet.
  return seq > 0 ? isSame : either(isNotThere(row), isSame);
}

/**
 * As {@link joinExpression}, in a site's catalogue: with whether it changes the book's words, and with the
 * keys of its indexes. The keys of each are written only beside a register that they are made of, on the
 * condition of all of these: it keeps a slow writer from listing the book as an older one says (design S8).
 */
export function listedJoinExpression(known: BookState, added: StateDifference): Expression {
  const update = joinExpression(known, added);
  const joined = joinStates(known, { ...emptyState(known.id), registers: added.registers });
  const isReworded = !isComplete(known) || Object.keys(added.registers).some(isOfWords);
  update.setValues(wordsOfWrite(isReworded));
  if (!isComplete(joined)) return update;
  for (const { madeOf, keysOf } of indexes) {
    const others = madeOf.filter((field) => added.registers[field] === undefined);
    if (others.length === madeOf.length && isComplete(known)) continue;
    for (const field of others) {
      update.require(isUnchanged([field, 'stamp'], known.registers[field]?.stamp));
    }
    for (const [attribute, key] of Object.entries(keysOf(joined))) {
      if (key !== undefined) update.setValue(attribute, key);
      else if (isComplete(known)) update.remove(update.path(attribute));
    }
  }
  return update;
}

/** What a write says of the book's words, for the stream: only what may change them is indexed (design W4). */
const wordsOfWrite = (isReworded: boolean) => ({ words: isReworded ? 'changed' : 'same' });

interface Index {
  readonly madeOf: readonly (keyof Description)[];
  /** Undefined of a book that is not in the index. */
  readonly keysOf: (book: CompleteBook) => Readonly<Record<string, string | undefined>>;
}

const indexes: readonly Index[] = [
  {
    madeOf: ['topic', 'isListed'],
    keysOf(book) {
      const topic = isListed(book) ? book.registers.topic.value : undefined;
      return {
        topicKey: topic === undefined ? undefined : topicKey(topic),
        shelf: topic === undefined ? undefined : shardOf(String(book.id)),
        shelfKey: topic === undefined ? undefined : listingKeyOf(topic, book.id),
      };
    },
  },
  {
    madeOf: ['isbn'],
    keysOf: ({ registers }) => ({ isbnKey: registers.isbn?.value ?? undefined }),
  },
];

/**
 * The update that creates a book whose first stock `site` brings, on the condition that nothing of it is
 * there (design I2).
 */
export function creationExpression(
  site: Site,
  { id, ledger, ...created }: CompleteBook,
): Expression {
  const update = listedJoinExpression(emptyState(id), { ...created, rows: ledger });
  return update.setValue(rightsAttribute(site), rightsOf(ledger, site));
}

/**
 * The update that joins into `site`'s own table what was learned elsewhere. The copies that were moved
 * here since the rows that were known become the site's to sell (design S4); its own row, where it has
 * none yet, is laid there for sales to write into.
 */
export function arrivalExpression(
  site: Site,
  { state, hasOwnRow }: StoredBook,
  added: StateDifference,
): Expression {
  const update = listedJoinExpression(state, added);
  const rights = rightsOf(joinLedgers(state.ledger, added.rows), site);
  const arrived = rights - rightsOf(state.ledger, site);
  if (!hasOwnRow) {
    update.setValues({ [rowAttribute(site)]: emptyRow, [rightsAttribute(site)]: rights });
    update.require(isNotThere(rowAttribute(site)));
  } else if (arrived > 0) {
    const path = update.path(rightsAttribute(site));
    update.set(path, `${path} + ${update.value(arrived)}`);
  }
  return update;
}

/** The update that carries out a change of `site`'s stock in its own table, if what it requires holds. */
export function stockExpression(site: Site, change: StockChange): Expression {
  const update = new Expression().setValues(wordsOfWrite(false));
  const row = rowAttribute(site);
  const add = (copies: number, ...attributes: string[]) => {
    const path = update.path(...attributes);
    update.set(path, `${path} + ${update.value(copies)}`);
  };
  /** To none where there is no count yet. */
  const addToSome = (copies: number, ...attributes: string[]) => {
    const path = update.path(...attributes);
    update.set(path, `if_not_exists(${path}, ${update.value(0)}) + ${update.value(copies)}`);
  };
  add(rightsAddedBy(change), rightsAttribute(site));
  if (change.stocked !== 0) add(change.stocked, row, 'stocked');
  if (change.sold !== 0) add(change.sold, row, 'sold');
  if (change.writtenOff !== 0) addToSome(change.writtenOff, row, 'writtenOff');
  for (const [to, copies] of Object.entries(change.moved)) addToSome(copies, row, 'moved', to);
  add(1, row, 'seq');
  const { rights, row: isRowNeeded, noKeys } = change.requires;
  if (noKeys === true) {
    // A row that was written before keys were noted in it has no map to set one of them in.
    update.set(update.path(row, 'keys'), update.value(change.keysNoted));
    update.require(hasNoKeys(site));
  } else {
    for (const [keyId, use] of Object.entries(change.keysNoted)) {
      update.set(update.path(row, 'keys', keyId), update.value(use));
    }
  }
  for (const keyId of change.keysForgotten) update.remove(update.path(row, 'keys', keyId));
  if (rights !== undefined) update.require(compares(rightsAttribute(site), '>=', rights));
  if (isRowNeeded === true) update.require(isThere(rightsAttribute(site)));
  return update;
}

const hasNoKeys = (site: Site): Condition =>
  either(isNotThere(rowAttribute(site), 'keys'), holds([rowAttribute(site), 'keys'], {}));

/** Of a book that is for sale, at this price. */
export const isSoldAt = (unitPrice: number): Condition =>
  all(holds(['price', 'value'], unitPrice), isForSale);

const isForSale = either(isNotThere('isListed'), holds(['isListed', 'value'], true));
