import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  TrimmedDataAccessException,
  type DynamoDBStreamsClient,
} from '@aws-sdk/client-dynamodb-streams';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamSource } from '../../services/assignments.js';
import { backOff } from './backoff.js';
import type { Checkpoints } from './checkpoints.js';
import type { Feeding } from './invocation.js';
import { deliver } from './stream-batch.js';
import type { Writes } from './writes.js';

/** How long a stream is left alone after it was found empty: at first, and the longer it stays so. */
const shortestIdleMs = 25;
const idleGrowth = 8;
/** Where nobody tells of writes: Lambda asks four times a second. */
const longestIdleMs = 250;
/** Where somebody does: in case that one was missed. */
const longestWatchedIdleMs = 20_000;

interface PollerContext extends Feeding {
  readonly region: string;
  readonly qualifiedName: string;
  readonly dynamodb: DynamoDBClient;
  readonly streams: DynamoDBStreamsClient;
  readonly checkpoints: Checkpoints;
  /** Of the table's database. */
  readonly writes: Writes;
  readonly giveUp: (body: string) => Promise<void>;
  readonly onFirstPoll: () => void;
}

/** Feeds a function from a table's stream, each shard in order, from where it was left. */
export async function pollStream(source: StreamSource, context: PollerContext): Promise<void> {
  const { signal } = context;
  let failures = 0;
  const onPolled = (): void => {
    if (failures > 0) context.recoveries.ring();
    failures = 0;
    context.onFirstPoll();
  };
  while (!signal.aborted) {
    try {
      const stream = await describe(source.table, context);
      // Oldest first: a shard's parent is done with before the shard itself.
      for (const shardId of stream.shardIds) {
        await pollShard(source, context, { ...stream, shardId }, onPolled);
      }
      await sleep(longestIdleMs, undefined, { signal });
    } catch (error) {
      if (signal.aborted) break;
      if (failures === 0) context.onError(error);
      await backOff((failures += 1), signal).catch(() => {});
    }
  }
}

interface Stream {
  /** As the emulator names it. */
  readonly arn: string;
  readonly shardIds: readonly string[];
}

async function describe(table: string, context: PollerContext): Promise<Stream> {
  const { dynamodb, streams, signal } = context;
  const { Table: description } = await dynamodb.send(
    new DescribeTableCommand({ TableName: table }),
    { abortSignal: signal },
  );
  const arn = description?.LatestStreamArn;
  if (arn === undefined) throw new Error(`${table} has no stream`);
  const { StreamDescription: stream } = await streams.send(
    new DescribeStreamCommand({ StreamArn: arn }),
    { abortSignal: signal },
  );
  return { arn, shardIds: (stream?.Shards ?? []).map(({ ShardId: id }) => id as string) };
}

/** Returns when the shard is at its end, which an open one never is. */
async function pollShard(
  source: StreamSource,
  context: PollerContext,
  shard: { readonly arn: string; readonly shardId: string },
  onPolled: () => void,
): Promise<void> {
  const { streams, signal, region, checkpoints, writes } = context;
  const batchContext = {
    ...context,
    source,
    shardId: shard.shardId,
    streamArn: arnInRegion(shard.arn, region),
    checkpoint: (sequenceNumber: string) =>
      checkpoints.set(shard.arn, shard.shardId, sequenceNumber),
  };
  let iterator = await firstIterator(source, context, shard);
  let idleMs = shortestIdleMs;
  while (iterator !== undefined) {
    // Before the stream is asked: what is written after it has answered rings once more.
    const isWatched = writes.watch();
    const { rings } = writes.bell;
    const { Records: records = [], NextShardIterator: next } = await streams.send(
      new GetRecordsCommand({ ShardIterator: iterator, Limit: source.batchSize }),
      { abortSignal: signal },
    );
    onPolled();
    if (records.length > 0) {
      await deliver(records, batchContext);
      idleMs = shortestIdleMs;
    } else {
      // Not at each write to another table of the database, either.
      await sleep(shortestIdleMs, undefined, { signal });
      await writes.bell.after(rings, idleMs, signal);
      idleMs = Math.min(isWatched ? longestWatchedIdleMs : longestIdleMs, idleMs * idleGrowth);
    }
    iterator = next;
  }
}

async function firstIterator(
  source: StreamSource,
  { streams, signal, checkpoints }: PollerContext,
  { arn, shardId }: { readonly arn: string; readonly shardId: string },
): Promise<string | undefined> {
  const done = checkpoints.get(arn, shardId);
  const at = async (
    position:
      | { ShardIteratorType: 'TRIM_HORIZON' | 'LATEST' }
      | { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER'; SequenceNumber: string },
  ) => {
    const command = new GetShardIteratorCommand({ StreamArn: arn, ShardId: shardId, ...position });
    return (await streams.send(command, { abortSignal: signal })).ShardIterator;
  };
  if (done === undefined) return at({ ShardIteratorType: source.startingPosition });
  try {
    return await at({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: done });
  } catch (error) {
    // Records live for a day: those after the checkpoint were lost meanwhile.
    if (error instanceof TrimmedDataAccessException) {
      return at({ ShardIteratorType: 'TRIM_HORIZON' });
    }
    throw error;
  }
}

/** The emulator knows no region, and puts its own name in its place. */
const arnInRegion = (arn: string, region: string): string =>
  arn.split(':').with(3, region).join(':');
