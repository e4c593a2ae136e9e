/**
 * How a book lies in DynamoDB: one item, every register and every site's row an attribute of its
 * own, so that an update names only the parts that it changes and joins everything else.
 */
import * as z from 'zod';
import { Expression } from '../aws/expression.js';
import { rowOf, type StockRow } from '../stock/ledger.js';
import type { Site } from '../sites.js';
import { descriptionFields, type BookState, type StateDifference } from './book.js';

const rowPrefix = 'row#';

export const rowAttribute = (site: Site): string => `${rowPrefix}${site}`;

/** Copies that the site may still sell; kept in its own table only. */
export const rightsAttribute = (site: Site): string => `rights#${site}`;

export const bookKey = (bookId: number) => ({ id: String(bookId) });

const stamped = <Value extends z.ZodType>(value: Value) =>
  z.object({ value, stamp: z.string() }).optional();

const count = z.number().int().nonnegative();

export const registersSchema = z.object({
  title: stamped(z.string()),
  authors: stamped(z.array(z.string())),
  topic: stamped(z.string()),
  price: stamped(count),
});

export const stockRowSchema = z.object({
  stocked: count,
  sold: count,
  moved: z.record(z.string(), count),
  keys: z.record(z.string(), z.object({ bodyHash: z.string(), usedAt: count })).default({}),
  seq: count,
});

const headSchema = z.object({ bookId: count, home: z.string().optional() });

/** @throws ZodError where the item is not a book's: a defect, or a table that others wrote to. */
export function toBookState(item: Record<string, unknown>): BookState {
  const { bookId, home } = headSchema.parse(item);
  const registers = Object.fromEntries(
    Object.entries(registersSchema.parse(item)).filter(([, register]) => register !== undefined),
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
 * read the same row would both add what it moved here.
 */
export function joinExpression(known: BookState, added: StateDifference): Expression {
  const update = new Expression();
  update.setValue('bookId', known.id);
  if (added.home !== undefined) {
    update.setValue('home', added.home);
    requireUnchanged(update, ['home'], known.home);
  }
  for (const field of descriptionFields) {
    const register = added.registers[field];
    if (register === undefined) continue;
    update.setValue(field, register);
    requireUnchanged(update, [field, 'stamp'], known.registers[field]?.stamp);
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

function requireUnchanged(update: Expression, path: [string, string?], value: unknown): void {
  update.require(
    value === undefined
      ? `attribute_not_exists(${update.path(path[0])})`
      : `${update.path(...path.filter((part) => part !== undefined))} = ${update.value(value)}`,
  );
}
