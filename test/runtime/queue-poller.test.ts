import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { buildApp } from 'fauxqs';
import getPort from 'get-port';
import { sqsClient } from '../../local/clients.js';
import { pollQueue } from '../../local/queue-poller.js';
import { eventually } from '../support/eventually.js';

let emulator: ReturnType<typeof buildApp>;
let sqs: SQSClient;
let queueUrl: string;
let deadLetterUrl: string;
let stop: () => Promise<void>;

beforeEach(async () => {
  const port = await getPort();
  emulator = buildApp({ logger: false, host: '127.0.0.1' });
  await emulator.listen({ host: '127.0.0.1', port });
  sqs = sqsClient('eu-west-1', `http://127.0.0.1:${port}`);
  deadLetterUrl = await createQueue('replicate-dlq', {});
  queueUrl = await createQueue('replicate', {
    VisibilityTimeout: '1',
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: 'arn:aws:sqs:eu-west-1:000000000000:replicate-dlq',
      maxReceiveCount: 2,
    }),
  });
});

afterEach(async () => {
  await stop();
  await emulator.close();
});

async function createQueue(name: string, attributes: Record<string, string>): Promise<string> {
  const command = new CreateQueueCommand({ QueueName: name, Attributes: attributes });
  return (await sqs.send(command)).QueueUrl as string;
}

async function send(...bodies: readonly string[]): Promise<void> {
  for (const body of bodies) {
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: body,
        MessageAttributes: { type: { DataType: 'String', StringValue: 'book' } },
      }),
    );
  }
}

/** How many messages a queue holds, in hand or not. */
async function countIn(url: string): Promise<number> {
  const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] });
  const { Attributes: attributes = {} } = await sqs.send(command);
  return (
    Number(attributes['ApproximateNumberOfMessages']) +
    Number(attributes['ApproximateNumberOfMessagesNotVisible'])
  );
}

function startPolling(
  invoke: (event: SQSEvent) => Promise<SQSBatchResponse | void>,
  reportsItemFailures = true,
): void {
  const ending = new AbortController();
  const stopped = pollQueue(
    {
      kind: 'queue',
      queue: 'arn:aws:sqs:eu-west-1:000000000000:replicate',
      batchSize: 10,
      reportsItemFailures,
      concurrency: 5,
    },
    {
      sqs,
      signal: ending.signal,
      onError: () => {},
      onFirstPoll: () => {},
      invoke: (event) => invoke(event as SQSEvent),
    },
  );
  stop = async () => {
    ending.abort();
    await stopped;
  };
}

test('messages that failed come back alone, and in the end are dead letters', async () => {
  const tries = new Map<string, string[]>();
  await send('good', 'bad');
  startPolling(async ({ Records: records }) => {
    for (const { body, attributes } of records) {
      tries.set(body, [...(tries.get(body) ?? []), attributes.ApproximateReceiveCount]);
    }
    return {
      batchItemFailures: records
        .filter(({ body }) => body === 'bad')
        .map(({ messageId }) => ({ itemIdentifier: messageId })),
    };
  });
  await eventually(async () => expect(await countIn(deadLetterUrl)).toBe(1));
  expect(await countIn(queueUrl)).toBe(0);
  expect(Object.fromEntries(tries)).toEqual({ good: ['1'], bad: ['1', '2'] });
});

test('a batch whose function throws comes back as a whole', async () => {
  let calls = 0;
  const taken: string[] = [];
  await send('one');
  startPolling(async ({ Records: records }) => {
    calls += 1;
    if (calls === 1) throw new Error('refused');
    taken.push(...records.map(({ body }) => body));
  });
  await eventually(() => expect(taken).toEqual(['one']));
  await eventually(async () => expect(await countIn(queueUrl)).toBe(0));
});

test('an answer that names an unknown message fails the batch, as in Lambda', async () => {
  await send('one');
  startPolling(async () => ({ batchItemFailures: [{ itemIdentifier: 'nobody' }] }));
  await eventually(async () => expect(await countIn(deadLetterUrl)).toBe(1));
});

test('records have the shape that Lambda gives them', async () => {
  let seen: SQSEvent | undefined;
  await send('{"v":1}');
  startPolling(async (event) => {
    seen = event;
  });
  await eventually(() => expect(seen).toBeDefined());
  expect(seen?.Records).toEqual([
    {
      messageId: expect.any(String),
      receiptHandle: expect.any(String),
      body: '{"v":1}',
      attributes: expect.objectContaining({ ApproximateReceiveCount: '1' }),
      messageAttributes: {
        type: {
          dataType: 'String',
          stringValue: 'book',
          stringListValues: [],
          binaryListValues: [],
        },
      },
      md5OfBody: expect.any(String),
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:eu-west-1:000000000000:replicate',
      awsRegion: 'eu-west-1',
    },
  ]);
});
