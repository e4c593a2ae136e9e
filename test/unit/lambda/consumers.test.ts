import type { Context, SQSEvent } from 'aws-lambda';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { UnavailableError } from '../../../lib/errors.js';
import { powertoolsHost } from '../../../lib/lambda/powertools-host.js';
import { queueConsumer } from '../../../lib/lambda/queue-consumer.js';
import { scheduled } from '../../../lib/lambda/scheduled.js';
import { printedLines, sortLines } from '../../support/requests/printed-lines.js';

const context = { awsRequestId: 'invocation-1', functionName: 'bazar-dev' } as Context;

beforeAll(() => {
  Object.assign(process.env, {
    AWS_REGION: 'eu-west-1',
    POWERTOOLS_SERVICE_NAME: 'bazar-dev',
    POWERTOOLS_METRICS_NAMESPACE: 'Bazar',
  });
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
