import type { _Record } from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { describe, expect, test } from '@jest/globals';
import type { StreamSource } from '../../services/assignments.js';
import { deliver, type BatchContext } from '../../local/worker/stream-batch.js';

const streamArn = 'arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/1';

const source: StreamSource = {
  kind: 'stream',
  table: 'orders',
  startingPosition: 'TRIM_HORIZON',
  filterPatterns: [],
  batchSize: 100,
  bisect: true,
  maximumRetries: 2,
  maximumAgeMs: 60_000,
  onFailure: 'arn:aws:sqs:us-east-1:000000000000:publish-dlq',
};

const record = (sequenceNumber: number, ageMs = 0): _Record => ({
  eventID: `event ${sequenceNumber}`,
  eventName: 'MODIFY',
  awsRegion: 'emulated',
  dynamodb: {
    ApproximateCreationDateTime: new Date(Date.now() - ageMs),
    Keys: { id: { S: String(sequenceNumber) } },
    NewImage: { id: { S: String(sequenceNumber) }, bytes: { B: new Uint8Array([1, 2, 3]) } },
    SequenceNumber: String(sequenceNumber),
    StreamViewType: 'NEW_AND_OLD_IMAGES',
  },
});

const records = (first: number, last: number): _Record[] =>
  Array.from({ length: last - first + 1 }, (_, index) => record(first + index));

/** Delivers to a function that refuses some batches, and tells what happened. */
async function run(
  batch: readonly _Record[],
  refuses: (ids: readonly string[]) => boolean,
  settings: Partial<StreamSource> = {},
) {
  const calls: string[][] = [];
  const events: DynamoDBStreamEvent[] = [];
  const checkpoints: string[] = [];
  const givenUp: Record<string, unknown>[] = [];
  const errors: unknown[] = [];
  const context: BatchContext = {
    source: { ...source, ...settings },
    streamArn,
    shardId: 'shard-1',
    region: 'us-east-1',
    qualifiedName: 'bazar-replica-dev-publish',
    signal: new AbortController().signal,
    onError: (error) => errors.push(error),
    invoke: async (invoked) => {
      const event = invoked as DynamoDBStreamEvent;
      events.push(event);
      const ids = event.Records.map(({ eventID }) => eventID ?? '');
      calls.push(ids.map((id) => id.replace('event ', '')));
      if (refuses(calls.at(-1) as string[])) throw new Error('refused');
    },
    checkpoint: (sequenceNumber) => checkpoints.push(sequenceNumber),
    giveUp: async (body) => {
      givenUp.push(JSON.parse(body) as Record<string, unknown>);
    },
  };
  await deliver(batch, context);
  return { calls, events, checkpoints, givenUp, errors };
}

describe('a batch of a stream', () => {
  test('is done with once the function took it', async () => {
    const { calls, checkpoints } = await run(records(1, 3), () => false);
    expect(calls).toEqual([['1', '2', '3']]);
    expect(checkpoints).toEqual(['3']);
  });

  test('is handed on without what the filter holds back, all of which is done with then', async () => {
    const filterPatterns = [{ dynamodb: { NewImage: { id: { S: ['1', '3'] } } } }];
    const { calls, checkpoints } = await run(records(1, 4), () => false, { filterPatterns });
    expect(calls).toEqual([['1', '3']]);
    expect(checkpoints).toEqual(['3', '4']);
  });

  test('of which the filter lets nothing pass is done with, and nobody is called', async () => {
    const filterPatterns = [{ dynamodb: { NewImage: { scope: { S: ['local'] } } } }];
    const deleted = { ...record(3), dynamodb: { SequenceNumber: '3' } };
    const { calls, checkpoints } = await run([...records(1, 2), deleted], () => false, {
      filterPatterns,
    });
    expect(calls).toEqual([]);
    expect(checkpoints).toEqual(['3']);
  });

  test('is split until the record that fails is alone, which is then tried again', async () => {
    let refusals = 0;
    const { calls, checkpoints, givenUp } = await run(
      records(1, 4),
      (ids) => ids.includes('3') && (refusals += 1) < 4,
    );
    expect(calls).toEqual([['1', '2', '3', '4'], ['1', '2'], ['3', '4'], ['3'], ['3'], ['4']]);
    expect(checkpoints).toEqual(['2', '3', '4']);
    expect(givenUp).toEqual([]);
  });

  test('is given up after the retries, and the records behind it go on', async () => {
    const { calls, checkpoints, givenUp, errors } = await run(records(1, 2), (ids) =>
      ids.includes('1'),
    );
    // Not at each retry: the log stays readable while something is away.
    expect(errors).toHaveLength(2);
    expect(calls).toEqual([['1', '2'], ['1'], ['1'], ['1'], ['2']]);
    expect(checkpoints).toEqual(['1', '2']);
    expect(givenUp).toMatchObject([
      {
        requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 3 },
        DDBStreamBatchInfo: { startSequenceNumber: '1', endSequenceNumber: '1', batchSize: 1 },
      },
    ]);
  });

  test('is tried as a whole where it may not be split', async () => {
    const { calls, givenUp } = await run(records(1, 2), () => true, { bisect: false });
    expect(calls).toEqual([
      ['1', '2'],
      ['1', '2'],
      ['1', '2'],
    ]);
    expect(givenUp).toHaveLength(1);
  });

  test('loses the records that are too old', async () => {
    const batch = [record(1, 120_000), record(2)];
    const { calls, checkpoints, givenUp } = await run(batch, () => false);
    expect(calls).toEqual([['2']]);
    expect(checkpoints).toEqual(['1', '2']);
    expect(givenUp).toMatchObject([{ requestContext: { condition: 'RecordAgeExceeded' } }]);
  });
});

test('records have the shape that Lambda gives them', async () => {
  const { events } = await run([record(7)], () => false);
  expect(events[0]?.Records).toEqual([
    {
      eventID: 'event 7',
      eventName: 'MODIFY',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: 'us-east-1',
      eventSourceARN: streamArn,
      dynamodb: {
        ApproximateCreationDateTime: expect.closeTo(Date.now() / 1000, -1),
        Keys: { id: { S: '7' } },
        NewImage: { id: { S: '7' }, bytes: { B: 'AQID' } },
        SequenceNumber: '7',
        SizeBytes: 0,
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
    },
  ]);
});
