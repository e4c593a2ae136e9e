import { readJson, writeJson } from '../files/store-file.js';

/** How far each shard of each stream has been read: the last sequence number that is done. */
export interface Checkpoints {
  get(streamArn: string, shardId: string): string | undefined;
  set(streamArn: string, shardId: string, sequenceNumber: string): void;
}

type Content = Record<string, Record<string, string>>;

/**
 * Checkpoints in a file, written at every change: what was read after the last one is read again.
 * A stream that was made anew has another ARN, and begins anew.
 */
export function openCheckpoints(path: string): Checkpoints {
  const content = (readJson(path) ?? {}) as Content;
  return {
    get: (streamArn, shardId) => content[streamArn]?.[shardId],
    set(streamArn, shardId, sequenceNumber) {
      content[streamArn] = { ...content[streamArn], [shardId]: sequenceNumber };
      writeJson(path, content);
    },
  };
}
