import { createHash, createHmac } from 'node:crypto';
import type { Region, Site } from '../sites.js';

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

/** What a key stands for: book and quantity. The price is a condition of a try, not part of it. */
export interface OrderBody {
  readonly bookId: number;
  readonly quantity: number;
}

/** The key of a creation or of a restock, and what it stands for. */
export interface UsedKey {
  readonly id: string;
  readonly bodyHash: string;
}

const hexDigitsOfId = 32;
const hexDigitsOfBody = 16;

/**
 * The id that follows from an idempotency key and that nobody can guess: a keyed hash. `purpose`
 * keeps an order's keys apart from a restock's.
 */
export const idOfKey = (
  secret: string,
  purpose: 'order' | 'restock' | 'create',
  key: string,
): string =>
  createHmac('sha256', secret).update(`${purpose}\n${key}`).digest('hex').slice(0, hexDigitsOfId);

export const hashOfBody = (body: unknown): string =>
  createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, hexDigitsOfBody);

export const hashOfOrderBody = ({ bookId, quantity }: OrderBody): string =>
  hashOfBody([bookId, quantity]);

/** Where an order is kept whose key was given to another body elsewhere. */
export const disputedId = (orderId: string, bodyHash: string): string => `${orderId}~${bodyHash}`;

/** The id that follows from the key, of an order that is perhaps disputed. */
export const keyIdOf = (orderId: string): string => orderId.split('~', 1)[0] ?? orderId;

export const isDisputedId = (orderId: string): boolean => orderId.includes('~');

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
