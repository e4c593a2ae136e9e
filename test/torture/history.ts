/** What the customers of a run asked for, and what they were told. */
import type { AskedItem } from '../../simulator/record/purchases.js';
import type { Order } from '../http/support/client.js';

export type BuyAnswer =
  | { readonly kind: 'order'; readonly order: Order }
  /** For want of these books, where the problem names any. */
  | { readonly kind: 'refused'; readonly problem: string; readonly bookIds: readonly number[] }
  /** It may have been carried out, or be carried out yet. */
  | { readonly kind: 'unknown' };

/** All that was sent and told under one key. */
export interface PurchaseRecord {
  readonly key: string;
  readonly items: readonly AskedItem[];
  /** One for each try, in the order in which they were answered. */
  readonly answers: BuyAnswer[];
}

/** A restock, or a write-off. */
export interface StockChangeRecord {
  readonly key: string;
  readonly bookId: number;
  readonly quantity: number;
  /** What was answered. */
  outcome: 'done' | 'refused' | 'unknown';
}

/** A book of the run, as it was created. */
export interface StockedBook {
  readonly id: number;
  readonly stock: number;
}

export interface History {
  readonly books: readonly StockedBook[];
  readonly purchases: PurchaseRecord[];
  readonly restocks: StockChangeRecord[];
  readonly writeOffs: StockChangeRecord[];
  /** Ids of the orders that somebody tried to cancel; true where that was answered. */
  readonly cancellations: Map<string, boolean>;
}

export const openHistory = (books: readonly StockedBook[]): History => ({
  books,
  purchases: [],
  restocks: [],
  writeOffs: [],
  cancellations: new Map(),
});
