/** What DynamoDB leaves open: how old an answer is, how long a page is, when a request is refused. */

/** Nothing was done, since too much was asked. */
export type Throttling = 'ThrottlingError' | 'ProvisionedThroughputExceeded';

/** Nothing was done, since too much was asked or another transaction is writing the item. */
export type Refusal = Throttling | 'TransactionConflict';

/** Asked at each request; the answers make a run what it is, so they must follow from its seed. */
export interface Behaviour {
  /** How far a read that does not ask for consistency, or of an index, is behind; milliseconds. */
  readLagMs(table: string, index: string | undefined): number;
  /**
   * How long a change takes to show in an index; milliseconds. Asked for each entry that is added or
   * removed: an item that moves may be missing for a while, or show in two partitions. Changes of
   * one item show in their order.
   */
  indexLagMs(table: string, index: string, id: string): number;
  /** The most items in a page of a query or scan, besides the request's own limit. */
  pageSize(table: string, index: string | undefined): number;
  /** Whether a BatchGetItem leaves a key for the next call. */
  isUnprocessed(table: string, id: string): boolean;
  /** Why a write of this item is refused, where it is. */
  writeRefusal(table: string, id: string): Refusal | undefined;
  /** Why a read of this table is refused, where it is. */
  readRefusal(table: string): Throttling | undefined;
}

/** Every answer is current and whole, as an emulator's. */
export const calm: Behaviour = {
  readLagMs: () => 0,
  indexLagMs: () => 0,
  pageSize: () => Infinity,
  isUnprocessed: () => false,
  writeRefusal: () => undefined,
  readRefusal: () => undefined,
};
