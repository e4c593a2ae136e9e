import { beforeEach, describe, expect, test } from '@jest/globals';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { TableLink } from '../../../lib/dynamodb/table-link.js';
import { ConditionFailedError, UnavailableError } from '../../../lib/errors.js';
import { httpHandler, type ApiReply } from '../../../lib/http/handler.js';
import { Problem, problemKinds, unavailable, type ProblemKind } from '../../../lib/http/problem.js';
import { routes } from '../../../lib/http/routes.js';
import { powertoolsHost } from '../../../lib/lambda/powertools-host.js';
import { call, fakeApi, type Answer } from '../support/api.js';
import { fakeClient, fakeClients } from '../support/fake-client.js';
import { fakeSystem } from '../support/fake-system.js';
import { printedLines, sortLines, type PrintedLine } from '../../support/requests/printed-lines.js';

const orderId = '7387e812dec76bf2cd55326de288c0bf';
const idempotencyKey = 'a-key-of-the-buyer';
const purchase = {
  resource: '/buy/{id}',
  requestId: 'request-1',
  path: { id: '7' },
  headers: { Authorization: 'Bearer sesame', 'Idempotency-Key': idempotencyKey },
  body: { quantity: 2 },
};
const invocation = { awsRequestId: 'invocation-1', functionName: 'bazar-dev-buy' };

beforeEach(() => {
  process.env['AWS_REGION'] = 'eu-west-1';
  process.env['POWERTOOLS_SERVICE_NAME'] = 'bazar-dev';
  process.env['POWERTOOLS_METRICS_NAMESPACE'] = 'Bazar';
});

interface Outcome {
  readonly answer: Answer;
  readonly log: readonly PrintedLine[];
  readonly metrics: readonly PrintedLine[];
}

/** The answer to a purchase, and what was printed of it. */
async function outcomeOf(
  handle: () => Promise<ApiReply>,
  context: Parameters<typeof call>[2] = {},
): Promise<Outcome> {
  const handler = httpHandler({ ...fakeApi(), ...powertoolsHost() }, routes.buy, handle);
  let answer: Answer | undefined;
  const lines = await printedLines(async () => {
    answer = await call(handler, purchase, { ...invocation, ...context });
  });
  return { answer: answer as Answer, ...sortLines(lines) };
}

const failing = (failure: unknown) =>
  outcomeOf(async () => {
    throw failure;
  });

const timeout = () => Object.assign(new Error('no answer in 2000 ms'), { name: 'TimeoutError' });

/** The way to a region that does not answer. */
const hungRegion = () => {
  const hung = fakeClient(() => {
    throw timeout();
  });
  return new TableLink('us-east-1', fakeClients({ read: hung }), fakeSystem());
};
const get = new GetCommand({ TableName: 'books', Key: { id: '7' } });

describe('an answer that is a failure of ours', () => {
  test('leaves one line with the ids of the request, its route, region and cause', async () => {
    const { answer, log } = await failing(new TypeError('a defect', { cause: timeout() }));
    expect(answer.status).toBe(500);
    expect(log).toMatchObject([
      {
        level: 'ERROR',
        message: 'answered 500',
        requestId: 'request-1',
        function_request_id: 'invocation-1',
        method: 'POST',
        route: '/buy/{id}',
        region: 'eu-west-1',
        status: 500,
        error: {
          name: 'TypeError',
          message: 'a defect',
          stack: expect.stringContaining('server-errors.test'),
          cause: { name: 'TimeoutError', message: 'no answer in 2000 ms' },
        },
      },
    ]);
  });

  test('is counted, so that an alarm rings', async () => {
    const { metrics } = await failing(new TypeError('a defect'));
    expect(metrics).toMatchObject([{ InternalError: 1, service: 'bazar-dev' }]);
  });

  test('tells of each of the errors behind one', async () => {
    const { log } = await failing(new AggregateError([timeout(), 'a text'], 'both failed'));
    expect(log).toMatchObject([
      {
        error: {
          name: 'AggregateError',
          errors: [{ name: 'TimeoutError' }, { message: 'a text' }],
        },
      },
    ]);
  });
});

describe('an answer that a part of the store is out of reach', () => {
  test('leaves one line, with what was thrown and no stack, for there may be many', async () => {
    const { answer, log, metrics } = await failing(
      new UnavailableError('us-east-1', { isUnknown: true, cause: timeout() }),
    );
    expect(answer.status).toBe(503);
    expect(log).toMatchObject([
      {
        message: 'answered 503',
        requestId: 'request-1',
        route: '/buy/{id}',
        region: 'eu-west-1',
        status: 503,
        error: {
          name: 'UnavailableError',
          message: 'us-east-1 did not answer',
          cause: { name: 'TimeoutError' },
        },
      },
    ]);
    expect(log[0]?.['error']).not.toHaveProperty('stack');
    expect(metrics).toMatchObject([{ Unavailable: 1, service: 'bazar-dev' }]);
  });

  test('says which places did not answer, and why, where the store went on without them', async () => {
    const region = hungRegion();
    const { log } = await outcomeOf(async () => {
      await region.read(get).catch(() => undefined);
      throw unavailable('Whether there is a book 7 cannot be known now; try again.');
    });
    expect(log).toMatchObject([
      {
        status: 503,
        error: { name: 'Problem' },
        unanswered: { 'us-east-1': 'TimeoutError: no answer in 2000 ms' },
      },
    ]);
  });

  test('leaves its line also where it is no problem but a report, as that of /health', async () => {
    const region = hungRegion();
    const { answer, log, metrics } = await outcomeOf(async () => {
      await region.read(get).catch(() => undefined);
      return { status: 503, body: { status: 'down' } };
    });
    expect(answer.body).toEqual({ status: 'down' });
    expect(log).toMatchObject([{ status: 503, unanswered: { 'us-east-1': expect.any(String) } }]);
    expect(metrics).toMatchObject([{ Unavailable: 1 }]);
  });

  test('leaves its line where it took too long', async () => {
    const { answer, log } = await outcomeOf(() => new Promise(() => {}), {
      getRemainingTimeInMillis: () => 520,
    });
    expect(answer.status).toBe(503);
    expect(log).toMatchObject([{ status: 503, requestId: 'request-1' }]);
  });
});

describe('what an answer leaves in the log', () => {
  test('holds no header, no key and no order, whatever the error carries', async () => {
    const order = { id: orderId, quantity: 2 };
    const failures = [
      new ConditionFailedError(order, Object.assign(new Error('no'), { Item: order })),
      unavailable('try again', { extras: { orderId } }),
      Object.assign(new Error('refused'), { $response: { headers: purchase.headers } }),
    ];
    for (const error of failures) {
      const { log } = await failing(error);
      expect(log).toHaveLength(1);
      const text = JSON.stringify(log);
      for (const secret of ['sesame', idempotencyKey, orderId]) expect(text).not.toContain(secret);
    }
  });

  test('is nothing where the request was at fault, or all was well', async () => {
    const kinds = Object.entries(problemKinds) as [ProblemKind, { status: number }][];
    for (const [kind, { status }] of kinds.filter(([, { status: one }]) => one < 500)) {
      const { answer, log, metrics } = await failing(new Problem(kind, 'because'));
      expect(answer.status).toBe(status);
      expect([...log, ...metrics]).toEqual([]);
    }
    const { log, metrics } = await outcomeOf(async () => ({ status: 200, body: {} }));
    expect([...log, ...metrics]).toEqual([]);
  });

  test('names the request of each of several that fail at once', async () => {
    const handler = httpHandler({ ...fakeApi(), ...powertoolsHost() }, routes.buy, async () => {
      await Promise.resolve();
      throw new TypeError('a defect');
    });
    const requestIds = ['request-1', 'request-2', 'request-3'];
    const lines = await printedLines(() =>
      Promise.all(
        requestIds.map((requestId) => call(handler, { ...purchase, requestId }, invocation)),
      ),
    );
    expect(sortLines(lines).log.map((line) => line['requestId'])).toEqual(requestIds);
  });
});
