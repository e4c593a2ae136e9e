import * as z from 'zod';
import type { Site } from '../rules/sites.js';
import { bookIdsOf, type OrderRow } from '../rules/order.js';
import { emptySlot, type Slot } from '../rules/settlement.js';
import { changeEntry } from './change-entry.js';
import { count } from './count.js';

/** What a newer version added to an order is kept, whoever passes it on. */
export const orderRowSchema: z.ZodType<OrderRow> = z.looseObject({
  id: z.string(),
  items: z
    .array(
      z.looseObject({
        bookId: count,
        title: z.string(),
        quantity: count,
        unitPrice: count,
        total: count,
      }),
    )
    .min(1),
  total: count,
  currency: z.string(),
  region: z.string(),
  createdAt: z.string(),
  status: z.enum(['placed', 'cancelled', 'disputed']),
  site: z.string(),
  bodyHash: z.string(),
});

const refusalSchema = z.object({ id: z.string(), nonce: z.string() });

/** Sorts by time, then by id: the place of an order in the log, the same in every region. */
export const placeOf = (row: Pick<OrderRow, 'createdAt' | 'id'>): string =>
  `${row.createdAt}#${row.id}`;

/** The id of the order that lies at a place. */
export const orderIdOfPlace = (place: string): string => place.slice(place.indexOf('#') + 1);

/**
 * What an order is found by besides its own item, which is found by its first book: an item for each
 * further book, put with it (design B18). One that a later row of the key left behind leads to that row, which
 * lies at another place.
 */
export const toEntryItems = (row: OrderRow): Record<string, unknown>[] =>
  bookIdsOf(row)
    .slice(1)
    .map((bookId) => ({ id: `entry~${row.id}~${bookId}`, book: bookId, placed: placeOf(row) }));

export function toOrderItem(row: OrderRow, ownSite: Site, nowMs: number): Record<string, unknown> {
  const entry = changeEntry(row.id, row.site === ownSite ? 'local' : 'merged', nowMs);
  return {
    ...row,
    ...entry,
    // As `shard` is of the changes, this is the partition key of the log's index.
    logShard: entry.shard,
    book: bookIdsOf(row)[0],
    placed: placeOf(row),
  };
}

/** The order without what only the table's indexes and stream need. @throws ZodError */
export function toOrderRow(item: Readonly<Record<string, unknown>>): OrderRow {
  const {
    scope: _scope,
    shard: _shard,
    changedAt: _changedAt,
    logShard: _logShard,
    book: _book,
    placed: _placed,
    ...row
  } = item;
  return orderRowSchema.parse(row);
}

/** True of an order's item, as against an entry of it, a refusal's or a key's record. */
export const isOrderItem = (item: Readonly<Record<string, unknown>>): boolean => 'status' in item;

/** @throws ZodError where the item is none of the store's. */
export function toSlot(item: Readonly<Record<string, unknown>> | undefined): Slot {
  if (item === undefined) return emptySlot;
  if (isOrderItem(item)) return { kind: 'order', order: toOrderRow(item) };
  return { kind: 'refusal', nonce: refusalSchema.parse(item).nonce };
}
