import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Context, DynamoDBStreamEvent, SQSEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { publishHandler } from '../../../functions/publish.js';
import { UnavailableError } from '../../../lib/errors.js';
import { powertoolsHost } from '../../../lib/lambda/powertools-host.js';
import { queueConsumer } from '../../../lib/lambda/queue-consumer.js';
import { deployedTopic, type RegionHost } from '../../../lib/lambda/region.js';
import { scheduled } from '../../../lib/lambda/scheduled.js';
import { printedLines, sortLines } from '../support/printed-lines.js';

const context = { awsRequestId: 'invocation-1', functionName: 'bazar-dev' } as Context;

let hung: Server;

beforeAll(async () => {
  // It accepts, and never answers.
  hung = createServer(() => {});
  await new Promise<void>((resolve) => {
    hung.listen(0, '127.0.0.1', resolve);
  });
  Object.assign(process.env, {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_SNS: `http://127.0.0.1:${(hung.address() as AddressInfo).port}`,
    PREFIX: 'bazar-dev',
    REPLICAS: 'eu-west-1#1',
    CHANGES_TOPIC_ARN: 'arn:aws:sns:eu-west-1:000000000000:changes',
    POWERTOOLS_SERVICE_NAME: 'bazar-dev',
    POWERTOOLS_METRICS_NAMESPACE: 'Bazar',
  });
});

afterAll(() => {
  hung.closeAllConnections();
  hung.close();
});

const linesOf = async (work: () => Promise<unknown>) => sortLines(await printedLines(work));

const line = { level: 'ERROR', function_request_id: 'invocation-1', region: 'eu-west-1' };
const silence = new UnavailableError('us-east-1', { isUnknown: false });
const heartbeat = JSON.stringify({
  v: 1,
  type: 'heartbeat',
  region: 'us-east-1',
  beatAt: 1,
});
const event = { Records: [{ messageId: 'message-1', body: heartbeat }] } as unknown as SQSEvent;

describe('a failure of what no request calls', () => {
  test('leaves a line for each message that was not taken', async () => {
    const consumer = queueConsumer(powertoolsHost(), () => () => Promise.reject(silence));
    const { log } = await linesOf(async () => {
      expect(await consumer(event, context)).toEqual({
        batchItemFailures: [{ itemIdentifier: 'message-1' }],
      });
    });
    expect(log).toMatchObject([
      { ...line, message: 'a message was not taken', messageId: 'message-1' },
    ]);
  });

  test('leaves a line for one that cannot be read, which is parsed once', async () => {
    const parse = jest.spyOn(JSON, 'parse');
    const consumer = queueConsumer(powertoolsHost(), () => async () => undefined);
    const unreadable = { messageId: 'message-2', body: '{"v":2}' };
    const { log } = await linesOf(async () => {
      const Records = [...event.Records, unreadable];
      expect(await consumer({ Records } as typeof event, context)).toEqual({
        batchItemFailures: [{ itemIdentifier: 'message-2' }],
      });
      expect(parse.mock.calls.filter(([text]) => text === unreadable.body)).toHaveLength(1);
    });
    parse.mockRestore();
    expect(log).toMatchObject([
      { ...line, message: 'a message was not taken', messageId: 'message-2' },
    ]);
  });

  test('leaves a line of scheduled work, and fails', async () => {
    const handler = scheduled(powertoolsHost(), () => Promise.reject(silence));
    const { log } = await linesOf(async () => {
      await expect(handler({} as never, context)).rejects.toBe(silence);
    });
    expect(log).toMatchObject([
      { ...line, message: 'scheduled work failed', error: { name: 'UnavailableError' } },
    ]);
  });

  test('leaves a line of a batch of a stream, also where SNS hangs, before the function is stopped', async () => {
    const region = { ...powertoolsHost(), own: () => ({ region: 'eu-west-1' }) };
    const handler = publishHandler(region as unknown as RegionHost, deployedTopic);
    const NewImage = {
      id: { S: 'heartbeat#eu-west-1' },
      region: { S: 'eu-west-1' },
      beatAt: { N: '1' },
      scope: { S: 'local' },
    };
    const batch = { Records: [{ dynamodb: { NewImage } }] } as unknown as DynamoDBStreamEvent;
    const { log } = await linesOf(async () => {
      await expect(handler(batch, context)).rejects.toThrow();
    });
    expect(log).toMatchObject([
      {
        ...line,
        message: 'a batch of the stream was not taken',
        error: { name: 'TimeoutError' },
      },
    ]);
  });
});

test('metrics are handed over at the end of an invocation, and nothing where none were counted', async () => {
  const host = powertoolsHost();
  const counting = scheduled(host, async () => host.telemetry.count('Repaired'));
  expect((await linesOf(() => counting({} as never, context))).metrics).toMatchObject([
    { Repaired: 1 },
  ]);
  const idle = scheduled(host, async () => undefined);
  expect(await linesOf(() => idle({} as never, context))).toEqual({ log: [], metrics: [] });
});
