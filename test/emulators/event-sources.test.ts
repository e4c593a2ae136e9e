/** What LocalStack does with what a consumer of a queue or of a stream fails at: as Lambda does. */
import { randomUUID } from 'node:crypto';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateEventSourceMappingCommand,
  LambdaClient,
  type CreateEventSourceMappingCommandInput,
} from '@aws-sdk/client-lambda';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../../tools/eventually.js';
import { createIdTable } from '../support/tables/id-table.js';
import { startEmulator, type TestEmulator } from './support/emulator.js';
import { linesLogged, makeFunction } from './support/functions.js';

let emulator: TestEmulator;
let sqs: SQSClient;

beforeAll(async () => {
  emulator = await startEmulator('localstack');
  sqs = new SQSClient(emulator.connection);
});

afterAll(() => emulator.stop());

/** Logs the names in each batch; a name that begins with `bad` fails, in the way that is asked for. */
const consumer = (failure: string) => `
  const nameOf = ({ body, dynamodb }) => body ?? dynamodb.Keys.id.S;
  const idOf = ({ messageId, dynamodb }) => messageId ?? dynamodb.SequenceNumber;
  export const handler = async ({ Records }) => {
    console.log('BATCH ' + Records.map(nameOf).join(' '));
    const bad = Records.filter((record) => nameOf(record).startsWith('bad'));
    ${failure}
  };`;
const reports = consumer(
  'return { batchItemFailures: bad.map((r) => ({ itemIdentifier: idOf(r) })) };',
);
const throws = consumer("if (bad.length > 0) throw new Error('poison');");

/** The batches that a consumer was given, in order. */
const batchesOf = async (functionName: string): Promise<string[]> =>
  (await linesLogged(emulator.connection, functionName)).flatMap(
    (line) => /^BATCH (.*)/.exec(line)?.[1] ?? [],
  );

interface Queue {
  readonly url: string;
  readonly arn: string;
}

async function makeQueue(Attributes: Record<string, string> = {}): Promise<Queue> {
  const { QueueUrl: url = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName: `queue-${randomUUID()}`, Attributes }),
  );
  const found = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
  );
  return { url, arn: found.Attributes?.['QueueArn'] ?? '' };
}

const nextMessage = ({ url }: Queue): Promise<string> =>
  eventually(
    async () => {
      const { Messages } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 1 }),
      );
      expect(Messages).toHaveLength(1);
      return Messages?.[0]?.Body ?? '';
    },
    { deadlineMs: 60_000 },
  );

const consume = (
  FunctionName: string,
  mapping: Omit<CreateEventSourceMappingCommandInput, 'FunctionName'>,
) =>
  new LambdaClient(emulator.connection).send(
    new CreateEventSourceMappingCommand({ FunctionName, BatchSize: 10, ...mapping }),
  );

test("of a queue's batch only what is reported comes again, and then goes to the dead letters", async () => {
  const deadLetters = await makeQueue();
  const queue = await makeQueue({
    VisibilityTimeout: '2',
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount: 2 }),
  });
  const name = await makeFunction(emulator.connection, reports, { Timeout: 2 });
  const Entries = ['x', 'y', 'bad', 'z'].map((MessageBody) => ({ Id: MessageBody, MessageBody }));
  await sqs.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }));
  await consume(name, {
    EventSourceArn: queue.arn,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  });

  expect(await nextMessage(deadLetters)).toBe('bad');
  const received = (await batchesOf(name)).flatMap((batch) => batch.split(' '));
  expect(received.toSorted()).toEqual(['bad', 'bad', 'x', 'y', 'z']);
});

/** A table with a stream of which these were put, one after another. @returns the stream's ARN */
async function makeStream(ids: readonly string[]): Promise<string> {
  const dynamodb = new DynamoDBClient(emulator.connection);
  const TableName = `table-${randomUUID()}`;
  const { TableDescription } = await createIdTable(dynamodb, TableName, 'NEW_AND_OLD_IMAGES');
  for (const id of ids) {
    await dynamodb.send(new PutItemCommand({ TableName, Item: { id: { S: id } } }));
  }
  return TableDescription?.LatestStreamArn ?? '';
}

/** A consumer of a stream of `a`, `b`, `bad`, `c`, `d`, tried three times more. */
async function consumeStream(
  source: string,
  mapping: Partial<CreateEventSourceMappingCommandInput>,
): Promise<{ name: string; given: Queue }> {
  const given = await makeQueue();
  const name = await makeFunction(emulator.connection, source, { Timeout: 5 });
  await consume(name, {
    EventSourceArn: await makeStream(['a', 'b', 'bad', 'c', 'd']),
    StartingPosition: 'TRIM_HORIZON',
    MaximumRetryAttempts: 3,
    DestinationConfig: { OnFailure: { Destination: given.arn } },
    ...mapping,
  });
  return { name, given };
}

test("of a stream's batch what comes before a reported record is done; the rest is tried again", async () => {
  const { name, given } = await consumeStream(reports, {
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  });
  const position = JSON.parse(await nextMessage(given)) as object;
  expect(position).toMatchObject({
    requestContext: { condition: 'RetryAttemptsExhausted' },
    DDBStreamBatchInfo: { batchSize: 3 },
  });
  expect(await batchesOf(name)).toEqual(['a b bad c d', 'bad c d', 'bad c d', 'bad c d']);
});

test("a stream's batch at which its consumer throws is tried again whole, and then given up", async () => {
  const { name, given } = await consumeStream(throws, {});
  const position = JSON.parse(await nextMessage(given)) as object;
  expect(position).toMatchObject({
    requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 4 },
    DDBStreamBatchInfo: { batchSize: 5 },
  });
  expect(await batchesOf(name)).toEqual(Array.from({ length: 4 }, () => 'a b bad c d'));
});
