import type { Region, Site } from './sites.js';

export type OrderStatus = 'placed' | 'cancelled' | 'disputed';

/** Copies of one book in an order; `unitPrice` and `total` in minor units. */
export interface LineItem {
  readonly bookId: number;
  readonly title: string;
  readonly quantity: number;
  readonly unitPrice: number;
  readonly total: number;
}

/** An order as the API shows it: all of its copies were sold at once (design G10). */
export interface Order {
  readonly id: string;
  /** Each of another book, in the order in which the buyer named them. */
  readonly items: readonly LineItem[];
  /** In minor units. */
  readonly total: number;
  readonly currency: string;
  /** The region that sold. */
  readonly region: Region;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly status: OrderStatus;
}

/** An order as the log keeps it; one of a newer version holds more than this. */
export interface OrderRow extends Order {
  /** The site that sold: it alone moves, cancels or withdraws this row. */
  readonly site: Site;
  /** Tells two requests under one key apart. */
  readonly bodyHash: string;
}

export const bookIdsOf = (of: { readonly items: readonly Pick<LineItem, 'bookId'>[] }): number[] =>
  of.items.map(({ bookId }) => bookId);

/** Copies of a book that an order takes. */
export const copiesOf = (
  bookId: number,
  { items }: { readonly items: readonly Pick<LineItem, 'bookId' | 'quantity'>[] },
): number => items.find((item) => item.bookId === bookId)?.quantity ?? 0;

/** The order without what only the log, or a newer version, knows. */
export const toOrder = (row: OrderRow): Order => ({
  id: row.id,
  items: row.items.map(({ bookId, title, quantity, unitPrice, total }) => ({
    bookId,
    title,
    quantity,
    unitPrice,
    total,
  })),
  total: row.total,
  currency: row.currency,
  region: row.region,
  createdAt: row.createdAt,
  status: row.status,
});
