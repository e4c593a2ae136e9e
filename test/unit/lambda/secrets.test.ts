/** The real client of SSM, on a server that answers, throttles or accepts and never answers. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { buyHandler } from '../../../functions/buy.js';
import { httpHandler } from '../../../lib/http/handler.js';
import { routes } from '../../../lib/http/routes.js';
import { secretsOf } from '../../../lib/lambda/secrets.js';
import type { Secrets } from '../../../lib/store/front-end.js';
import { call, fakeApi } from '../support/api.js';
import { fakeSystem } from '../support/fake-system.js';

const minuteMs = 60_000;
const environment = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  SECRETS_PATH: '/bazar/dev',
};

const { setTimeout: wait } = globalThis;

let server: Server;
let mode: 'answers' | 'hangs' | 'throttles' | 'denies' | 'has none';
let values: Record<string, string>;
/** The parameters that were asked for. */
let asked: string[];
let system: ReturnType<typeof fakeSystem>;
let warnings: string[];
let secrets: Secrets;

beforeEach(async () => {
  mode = 'answers';
  values = { '/bazar/dev/admin-token': 'sesame', '/bazar/dev/order-secret': 'of orders' };
  asked = [];
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { Name } = JSON.parse(text) as { Name: string };
      asked.push(Name);
      if (mode === 'hangs') return;
      const type = { throttles: 'ThrottlingException', denies: 'AccessDeniedException' } as const;
      const Value = mode === 'has none' ? undefined : values[Name];
      const [status, body] =
        mode === 'throttles' || mode === 'denies'
          ? [400, { __type: type[mode], message: 'no' }]
          : Value === undefined
            ? [400, { __type: 'ParameterNotFound' }]
            : [200, { Parameter: { Name, Value } }];
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  Object.assign(process.env, environment, {
    AWS_ENDPOINT_URL_SSM: `http://127.0.0.1:${port}`,
  });
  // Where nothing answers, only the client's time-outs are waited for: these come sooner here.
  globalThis.setTimeout = ((act: () => void, durationMs: number) =>
    wait(act, mode === 'hangs' ? durationMs / 20 : durationMs)) as typeof setTimeout;
  system = fakeSystem();
  warnings = [];
  secrets = secretsOf(system, { warn: (message) => void warnings.push(message) });
});

afterEach(() => {
  globalThis.setTimeout = wait;
  server.closeAllConnections();
  server.close();
});

const listOrders = (token: string) =>
  call(
    httpHandler({ ...fakeApi(), secrets }, routes['list-orders'], async () => ({ status: 200 })),
    { method: 'GET', headers: { Authorization: `Bearer ${token}` } },
  );

/** At a front end whose cache holds nothing. */
function purchase() {
  const api = fakeApi();
  const books = { getAll: async () => new Map() };
  const front = () => Object.assign(api.front(), { books });
  return call(buyHandler({ ...api, front }, secrets), { path: { id: '7' }, body: {} });
}

describe('the secret of orders', () => {
  test('is read once, for it never changes', async () => {
    expect(await secrets.orderSecret()).toBe('of orders');
    system.nowMs += 60 * minuteMs;
    mode = 'hangs';
    expect(await secrets.orderSecret()).toBe('of orders');
    expect(asked).toEqual(['/bazar/dev/order-secret']);
  });

  test.each(['hangs', 'throttles'] as const)(
    'leaves a purchase at 503 while it is not known and SSM %s, and is asked for again by the next',
    async (how) => {
      mode = how;
      const answer = await purchase();
      expect(answer).toMatchObject({
        status: 503,
        headers: { 'retry-after': '2' },
        body: { type: 'urn:bazar:problem:unknown' },
      });
      mode = 'answers';
      expect(await secrets.orderSecret()).toBe('of orders');
    },
  );

  test.each(['denies', 'has none'] as const)(
    'is a failure of ours where SSM %s, for no later try will help',
    async (how) => {
      mode = how;
      expect((await purchase()).status).toBe(500);
    },
  );
});

describe('the admin token', () => {
  test('opens five minutes after it was rotated, and the old one no longer', async () => {
    expect((await listOrders('sesame')).status).toBe(200);
    values['/bazar/dev/admin-token'] = 'rotated';
    expect((await listOrders('rotated')).status).toBe(401);
    system.nowMs += 5 * minuteMs;
    expect((await listOrders('rotated')).status).toBe(200);
    expect((await listOrders('sesame')).status).toBe(401);
    expect(asked).toHaveLength(2);
  });

  test.each(['hangs', 'throttles'] as const)(
    'goes on opening while SSM %s, which is asked once in half a minute',
    async (how) => {
      expect((await listOrders('sesame')).status).toBe(200);
      mode = how;
      system.nowMs += 10 * minuteMs;
      expect((await listOrders('sesame')).status).toBe(200);
      const tries = asked.length;
      expect((await listOrders('sesame')).status).toBe(200);
      expect(asked).toHaveLength(tries);
      expect(warnings).toHaveLength(1);
      system.nowMs += minuteMs / 2;
      mode = 'answers';
      values['/bazar/dev/admin-token'] = 'rotated';
      expect((await listOrders('rotated')).status).toBe(200);
    },
  );

  test('is not refused while it may be a new one: 503', async () => {
    expect((await listOrders('sesame')).status).toBe(200);
    mode = 'throttles';
    system.nowMs += 4 * minuteMs;
    expect((await listOrders('another')).status).toBe(401);
    system.nowMs += 10 * minuteMs;
    expect((await listOrders('another')).status).toBe(503);
  });

  test.each(['hangs', 'throttles'] as const)(
    'leaves its routes at 503 while it was never known and SSM %s',
    async (how) => {
      mode = how;
      expect((await listOrders('sesame')).status).toBe(503);
    },
  );

  test('opens no longer once SSM says that there is none', async () => {
    expect((await listOrders('sesame')).status).toBe(200);
    mode = 'has none';
    system.nowMs += 5 * minuteMs;
    expect((await listOrders('sesame')).status).toBe(500);
    expect((await listOrders('sesame')).status).toBe(500);
  });

  test('is asked for by nobody who sends none', async () => {
    const admitting = { ...fakeApi(), secrets };
    const handler = httpHandler(admitting, routes['list-orders'], async () => ({ status: 200 }));
    expect((await call(handler, { method: 'GET' })).status).toBe(401);
    expect(asked).toEqual([]);
  });
});
