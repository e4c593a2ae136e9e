import { NotAskedError } from '../errors.js';
import { spreadHash } from '../spread-hash.js';

/** A time index has a few partitions instead of one, so that no single one takes every write. */
export const shards = ['0', '1', '2', '3'] as const;

export const shardOf = (id: string): string => String(spreadHash(id) % shards.length);

/** Reads every shard, as {@link readAtOnce}. */
export const ofEveryShard = <Answer>(read: (shard: string) => Promise<Answer>): Promise<Answer[]> =>
  readAtOnce(shards, read);

/**
 * Reads several parts of one place at once. A circuit that lets one call through, to see whether the place
 * answers again, keeps the others from being sent: they follow where the first was answered.
 */
export function readAtOnce<Part, Answer>(
  parts: readonly Part[],
  read: (part: Part) => Promise<Answer>,
): Promise<Answer[]> {
  const [first, ...others] = parts.map((part) => ({ part, answer: read(part) }));
  const answers = others.map(({ part, answer }) =>
    answer.catch(async (error: unknown) => {
      if (!(error instanceof NotAskedError)) throw error;
      await first?.answer;
      return read(part);
    }),
  );
  return Promise.all([...(first === undefined ? [] : [first.answer]), ...answers]);
}
