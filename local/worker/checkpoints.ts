import { readJson, writeJson } from '../files/store-file.js';

/** How far one function has read each shard of each stream: the last sequence number that is done. */
export interface Checkpoints {
  get(streamArn: string, shardId: string): string | undefined;
  set(streamArn: string, shardId: string, sequenceNumber: string): void;
}

type Content = Record<string, Record<string, string>>;

/**
 * Checkpoints in a file, written at every change: what was read after the last one is read again.
 * A stream that was made anew has another ARN, and begins anew.
 *
 * @returns those of a function, by its name: several may read one stream.
 */
export function openCheckpoints(path: string): (reader: string) => Checkpoints {
  const content = (readJson(path) ?? {}) as Content;
  return (reader) => {
    const nameOf = (streamArn: string): string => `${reader} ${streamArn}`;
    return {
      get: (streamArn, shardId) => content[nameOf(streamArn)]?.[shardId],
      set(streamArn, shardId, sequenceNumber) {
        const name = nameOf(streamArn);
        content[name] = { ...content[name], [shardId]: sequenceNumber };
        writeJson(path, content);
      },
    };
  };
}
