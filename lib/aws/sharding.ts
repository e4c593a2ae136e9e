import { spreadHash } from '../sites.js';

/** A time index has a few partitions instead of one, so that no single one takes every write. */
export const shards = ['0', '1', '2', '3'] as const;

export const shardOf = (id: string): string => String(spreadHash(id) % shards.length);
