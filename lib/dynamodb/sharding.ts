import { spreadHash } from '../spread-hash.js';

/** A time index has a few partitions instead of one, so that no single one takes every write. */
export const shards = ['0', '1', '2', '3'] as const;

export const shardOf = (id: string): string => String(spreadHash(id) % shards.length);

/**
 * Reads every shard, at once. A circuit that lets one call through, to see whether the place answers
 * again, keeps the others from being sent: they follow where the first was answered.
 */
export function ofEveryShard<Answer>(read: (shard: string) => Promise<Answer>): Promise<Answer[]> {
  const [firstShard, ...otherShards] = shards;
  const first = read(firstShard);
  const others = otherShards.map((shard) =>
    read(shard).catch(async () => {
      await first;
      return read(shard);
    }),
  );
  return Promise.all([first, ...others]);
}
