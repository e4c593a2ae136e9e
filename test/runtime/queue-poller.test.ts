import type { AddressInfo } from 'node:net';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import getPort from 'get-port';
import { createBell } from '../../local/worker/bell.js';
import { sqsClient } from '../../local/clients.js';
import { buildMessaging, host } from '../../local/messaging/messaging-app.js';
import { pollQueue } from '../../local/worker/queue-poller.js';
import { eventually } from '../../tools/eventually.js';

let emulator: ReturnType<typeof buildMessaging>;
let endpoint: string;
let sqs: SQSClient;
let queueUrl: string;
let deadLetterUrl: string;
let stop: () => Promise<void>;

beforeEach(async () => {
  const port = await getPort();
  emulator = buildMessaging();
  await emulator.listen({ host, port });
  endpoint = `http://${host}:${port}`;
  sqs = sqsClient('eu-west-1', endpoint);
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
        MessageAttributes: { type: { DataType: 'String', StringValue: 'books' } },
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
  { reportsItemFailures = true, recoveries = createBell() } = {},
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
      recoveries,
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
          stringValue: 'books',
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

test('messages that are handed to a worker which has ended go to another one at once', async () => {
  const lasting = await createQueue('lasting', { VisibilityTimeout: '3600' });
  const receive = (client: SQSClient) =>
    client.send(new ReceiveMessageCommand({ QueueUrl: lasting, WaitTimeSeconds: 20 }));
  const others = await openConnections();
  const killed = sqsClient('eu-west-1', endpoint);
  const orphan = receive(killed).catch(() => 'ended');
  await eventually(async () => expect(await openConnections()).toBe(others + 1));
  killed.destroy();
  expect(await orphan).toBe('ended');
  await eventually(async () => expect(await openConnections()).toBe(others));

  await sqs.send(new SendMessageCommand({ QueueUrl: lasting, MessageBody: 'one' }));
  const { Messages: messages = [] } = await receive(sqs);
  expect(messages.map(({ Body: body }) => body)).toEqual(['one']);
});

const openConnections = () =>
  new Promise<number>((resolve) => {
    emulator.server.getConnections((_error, count) => resolve(count));
  });

test('a worker says when its queue answers again', async () => {
  const recoveries = createBell();
  startPolling(async () => {}, { recoveries });
  const { port } = emulator.server.address() as AddressInfo;
  await emulator.close();
  emulator = buildMessaging();
  await emulator.listen({ host, port });
  await createQueue('replicate', {});
  await recoveries.after(0, 30_000, AbortSignal.timeout(30_000));
  expect(recoveries.rings).toBe(1);
});
