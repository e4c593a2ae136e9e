/** What an item says of its last write, for the stream that tells others of it and for reconcile. */
import { shardOf } from '../dynamodb/sharding.js';

/**
 * Who tells the other regions of a write: its own record in the stream, where it was decided here; that
 * of the order which was written with it; or nobody, for it was joined from one of them (design M4, M6).
 */
export type Scope = 'local' | 'ordered' | 'merged';

/** @param nowMs the item's place in the index of changes, in milliseconds since the epoch. */
export const changeEntry = (id: string, scope: Scope, nowMs: number) => ({
  scope,
  shard: shardOf(id),
  changedAt: nowMs,
});
