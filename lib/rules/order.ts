import type { Region, Site } from './sites.js';

export type OrderStatus = 'placed' | 'cancelled' | 'disputed';

/** An order as the API shows it; `unitPrice` and `total` in minor units. */
export interface Order {
  readonly id: string;
  readonly bookId: number;
  readonly title: string;
  readonly quantity: number;
  readonly unitPrice: number;
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

/** The order without what only the log, or a newer version, knows. */
export const toOrder = (row: OrderRow): Order => ({
  id: row.id,
  bookId: row.bookId,
  title: row.title,
  quantity: row.quantity,
  unitPrice: row.unitPrice,
  total: row.total,
  currency: row.currency,
  region: row.region,
  createdAt: row.createdAt,
  status: row.status,
});
