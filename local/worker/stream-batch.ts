import { randomUUID } from 'node:crypto';
import type { _Record } from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import type { StreamSource } from '../../services/assignments.js';
import { backOff } from './backoff.js';
import type { Feeding } from './invocation.js';
import { passesFilter } from '../../services/stream-filter.js';
import { arrivalOf, sequenceNumberOf, toLambdaRecord } from './stream-record.js';

export interface BatchContext extends Omit<Feeding, 'recoveries'> {
  readonly source: StreamSource;
  readonly streamArn: string;
  readonly shardId: string;
  readonly region: string;
  readonly qualifiedName: string;
  /** Everything up to this record is done with. */
  readonly checkpoint: (sequenceNumber: string) => void;
  /** Tells the on-failure queue, where there is one. */
  readonly giveUp: (body: string) => Promise<void>;
}

/** Hands those records to a function that pass the source's filter; the others are done with. */
export async function deliver(records: readonly _Record[], context: BatchContext): Promise<void> {
  const wanted = records.filter((record) => passesFilter(context.source.filterPatterns, record));
  if (wanted.length > 0) await deliverAll(wanted, context);
  if (wanted.at(-1) !== records.at(-1)) context.checkpoint(sequenceNumberOf(records.at(-1)));
}

/**
 * Hands records to a function until it takes them, as Lambda's event source mapping does: a batch
 * that fails is split, one that can't be split is tried again, and one that was tried too often or
 * is too old is given up, so that the records behind it go on.
 */
async function deliverAll(
  records: readonly _Record[],
  context: BatchContext,
  retries = 0,
): Promise<void> {
  const { source, signal } = context;
  signal.throwIfAborted();
  const oldest = source.maximumAgeMs === undefined ? 0 : Date.now() - source.maximumAgeMs;
  const firstYoung = records.findIndex((record) => arrivalOf(record) >= oldest);
  if (firstYoung !== 0) {
    const expired = firstYoung === -1 ? records : records.slice(0, firstYoung);
    await giveUp(expired, context, 'RecordAgeExceeded', retries);
    if (firstYoung > 0) await deliverAll(records.slice(firstYoung), context, retries);
    return;
  }
  try {
    await context.invoke(eventOf(records, context));
    context.checkpoint(sequenceNumberOf(records.at(-1)));
    return;
  } catch (error) {
    if (retries === 0) context.onError(error);
  }
  if (source.bisect && records.length > 1) {
    const middle = Math.ceil(records.length / 2);
    await deliverAll(records.slice(0, middle), context);
    await deliverAll(records.slice(middle), context);
  } else if (retries >= (source.maximumRetries ?? Infinity)) {
    await giveUp(records, context, 'RetryAttemptsExhausted', retries + 1);
  } else {
    await backOff(retries, signal);
    await deliverAll(records, context, retries + 1);
  }
}

const eventOf = (
  records: readonly _Record[],
  { streamArn, region }: BatchContext,
): DynamoDBStreamEvent => ({
  Records: records.map((record) => toLambdaRecord(record, streamArn, region)),
});

async function giveUp(
  records: readonly _Record[],
  context: BatchContext,
  condition: 'RecordAgeExceeded' | 'RetryAttemptsExhausted',
  tries: number,
): Promise<void> {
  const { streamArn, shardId, qualifiedName, signal } = context;
  const [first, last] = [records[0], records.at(-1)];
  const body = JSON.stringify({
    requestContext: {
      requestId: randomUUID(),
      functionArn: qualifiedName,
      condition,
      approximateInvokeCount: tries,
    },
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    version: '1.0',
    timestamp: new Date().toISOString(),
    DDBStreamBatchInfo: {
      shardId,
      startSequenceNumber: sequenceNumberOf(first),
      endSequenceNumber: sequenceNumberOf(last),
      approximateArrivalOfFirstRecord: new Date(arrivalOf(first)).toISOString(),
      approximateArrivalOfLastRecord: new Date(arrivalOf(last)).toISOString(),
      batchSize: records.length,
      streamArn,
    },
  });
  for (let failures = 0; ; failures += 1) {
    try {
      await context.giveUp(body);
      break;
    } catch (error) {
      if (failures === 0) context.onError(error);
      await backOff(failures, signal);
    }
  }
  context.checkpoint(sequenceNumberOf(last));
}
