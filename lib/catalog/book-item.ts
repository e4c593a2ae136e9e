/**
 * How a book lies in DynamoDB: one item, every register and every site's row an attribute of its
 * own, so that an update names only the parts that it changes and joins everything else.
 */
import * as z from 'zod';
import { Expression } from '../aws/expression.js';
import { rowOf, type StockRow } from '../stock/ledger.js';
import type { Site } from '../sites.js';
import {
  descriptionFields,
  isRegister,
  type BookState,
  type Registers,
  type StateDifference,
} from './book.js';

/**
 * Who tells the other regions of a write: its own record in the stream, where it was decided here; that
 * of the order which was written with it; or nobody, for it was joined from one of them (design M4, M6).
 */
export type Scope = 'local' | 'ordered' | 'merged';

const rowPrefix = 'row#';

export const rowAttribute = (site: Site): string => `${rowPrefix}${site}`;

/** Copies that the site may still sell; kept in its own table only. */
export const rightsAttribute = (site: Site): string => `rights#${site}`;

export const bookKey = (bookId: number) => ({ id: String(bookId) });

// What a newer version added to a row or a register is kept, whoever passes it on.
const stamped = <Value extends z.ZodType>(value: Value) =>
  z.looseObject({ value, stamp: z.string() });

const count = z.number().int().nonnegative();

export const registersSchema: z.ZodType<Registers> = z
  .object({
    title: stamped(z.string()).exactOptional(),
    authors: stamped(z.array(z.string())).exactOptional(),
    topic: stamped(z.string()).exactOptional(),
    price: stamped(count).exactOptional(),
  })
  .catchall(stamped(z.unknown()));

export const stockRowSchema: z.ZodType<StockRow> = z.looseObject({
  stocked: count,
  sold: count,
  moved: z.record(z.string(), count),
  keys: z.record(z.string(), z.looseObject({ bodyHash: z.string(), usedAt: count })).default({}),
  seq: count,
});

const headSchema = z.object({ bookId: count, home: z.string().optional() });

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

export const emptyState = (bookId: number): BookState => ({
  id: bookId,
  registers: {},
  ledger: {},
});

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
    update.requireUnchanged(['home'], known.home);
  }
  for (const [field, register] of Object.entries(added.registers)) {
    if (register === undefined) continue;
    update.setValue(field, register);
    update.requireUnchanged([field, 'stamp'], known.registers[field]?.stamp);
  }
  for (const [site, row] of Object.entries(added.rows)) {
    const attribute = rowAttribute(site);
    update.setValue(attribute, row);
    const { seq } = rowOf(known.ledger, site);
    const sameSeq = `${update.path(attribute, 'seq')} = ${update.value(seq)}`;
    // Tables that were restored may hold a former site's row in which nothing had happened yet.
    update.require(
      seq > 0 ? sameSeq : `(attribute_not_exists(${update.path(attribute)}) OR ${sameSeq})`,
    );
  }
  return update;
}
