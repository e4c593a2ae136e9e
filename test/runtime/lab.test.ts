/** The lab of `npm start`: what its switches do, who may press them, and the run that tries to oversell. */
import { request as httpRequest } from 'node:http';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { statusSchema } from '../../lib/http/schemas.js';
import type { RunReport } from '../../local/lab/oversell.js';
import type { LabState } from '../../local/lab/server.js';
import { startStore, untilGone } from '../../local/store-process.js';
import { slowDelayMs } from '../../local/processes/paths.js';
import { eventually } from '../../tools/eventually.js';
import { frontEndOf } from '../chaos/support/tables.js';
import { as, clientOf, freshKey } from '../http/support/client.js';
import { storeForTests } from '../http/support/store-under-test.js';

const [here, there] = ['us-east-1', 'eu-west-1'] as const;

const { store, client } = storeForTests(startStore);
let lab: string;

beforeAll(async () => {
  lab = (await readStatus()).lab as string;
});
afterEach(() => press('POST', '/heal'));

const readStatus = async () => as(statusSchema.strict(), await client.admin('/status'));

async function ask(
  method: string,
  path: string,
  { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<Response> {
  return fetch(lab + path, {
    method,
    headers: { authorization: `Bearer ${store.adminToken}`, ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

async function press(method: string, path: string, body?: unknown): Promise<LabState> {
  const response = await ask(method, path, { body });
  const state: unknown = await response.json();
  expect([response.status, state]).toEqual([200, expect.anything()]);
  return state as LabState;
}

const isReachable = async (region: string): Promise<boolean | undefined> =>
  (await readStatus()).regions.find((one) => one.region === region)?.reachable;

const untilReachable = (region: string, wanted: boolean): Promise<void> =>
  eventually(async () => expect(await isReachable(region)).toBe(wanted));

let lastId = 880_000;
async function newBook(stock = 10): Promise<number> {
  const { id } = await client.createBook({ id: (lastId += 1), stock });
  await eventually(async () => {
    for (const replica of await client.replicas(id)) expect(replica.stock).toBe(stock);
  });
  return id;
}

describe('the switches', () => {
  test('kill a region’s database, and keep it dead until it is started again', async () => {
    const id = await newBook();
    const { pid } = store.part(`database-${there}`);
    const { regions } = await press('PUT', `/regions/${there}`, { database: 'killed' });
    expect(regions).toContainEqual({ region: there, database: 'killed', network: 'open' });
    expect(Object.keys(store.parts())).not.toContain(`database-${there}`);
    expect(await isReachable(there)).toBe(false);
    expect((await client.buy(id, {}, freshKey())).status).toBeLessThan(300);

    await press('PUT', `/regions/${there}`, { database: 'up' });
    expect(store.part(`database-${there}`).pid).not.toBe(pid);
    await eventually(async () => {
      for (const replica of await client.replicas(id)) expect(replica.stock).toBe(9);
    });
  });

  test('hang it, so that it answers when it goes on', async () => {
    await press('PUT', `/regions/${there}`, { database: 'hung' });
    await untilReachable(there, false);
    await press('POST', '/heal');
    await untilReachable(there, true);
  });

  test('cut a region off, from the front end and from the other region', async () => {
    const id = await newBook();
    await press('PUT', `/regions/${there}`, { network: 'cut' });
    expect(await isReachable(there)).toBe(false);
    expect((await client.buy(id, { quantity: 2 }, freshKey())).status).toBe(201);
    // Its own table answers those who are beside it, and has heard nothing.
    const own = frontEndOf(store).replicas.find(({ region }) => region === there);
    await client.admin('/status');
    const heard = await own?.catalog.get(id);
    expect(Object.values(heard?.state.ledger ?? {}).every(({ sold }) => sold === 0)).toBe(true);

    await press('POST', '/heal');
    await eventually(async () => {
      for (const replica of await client.replicas(id)) expect(replica.stock).toBe(8);
    });
  });

  test('slow a region down', async () => {
    await press('PUT', `/regions/${there}`, { network: 'slow' });
    const startedAtMs = performance.now();
    expect(await isReachable(there)).toBe(true);
    expect(performance.now() - startedAtMs).toBeGreaterThan(2 * slowDelayMs);
  });

  test('can be pressed at once, and end as they were pressed last', async () => {
    const all = ['killed', 'hung', 'up', 'killed', 'up'] as const;
    await Promise.all(all.map((database) => press('PUT', `/regions/${there}`, { database })));
    await untilReachable(there, true);
  });
});

test('the control room alone may speak to the lab', async () => {
  const policyOf = async (path: string) => {
    const { headers } = await fetch(store.url + path);
    return headers.get('content-security-policy');
  };
  expect(await policyOf('/control')).toContain(`connect-src 'self' ${lab};`);
  expect(await policyOf('/')).toContain("connect-src 'self';");
});

describe('the lab is shut', () => {
  test('to who has no token', async () => {
    for (const authorization of ['', 'Bearer another', store.adminToken]) {
      const answer = await ask('PUT', `/regions/${here}`, {
        body: { database: 'killed' },
        headers: { authorization },
      });
      expect(answer.status).toBe(401);
    }
    expect(await isReachable(here)).toBe(true);
  });

  test('to pages of other origins, and to names that were made to lead here', async () => {
    const foreign = await ask('POST', '/heal', { headers: { origin: 'http://localhost:1' } });
    expect(foreign.status).toBe(403);
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
    expect(await statusByHost('attacker.example')).toBe(421);
    expect(await statusByHost(new URL(lab).host)).toBe(200);
  });

  test('but to the store’s own pages', async () => {
    const { port } = new URL(store.url);
    for (const origin of [`http://localhost:${port}`, `http://127.0.0.1:${port}`]) {
      const preflight = await fetch(`${lab}/run`, { method: 'OPTIONS', headers: { origin } });
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
      expect(preflight.headers.get('access-control-allow-headers')).toMatch(/Authorization/);
      expect((await ask('GET', '/', { headers: { origin } })).status).toBe(200);
    }
  });

  test.each([
    ['PUT', '/regions/nowhere-1', {}, 404],
    ['PUT', `/regions/${here}`, { database: 'gone' }, 400],
    ['PUT', `/regions/${here}`, { colour: 'red' }, 400],
    ['POST', '/run', { buyers: 0 }, 400],
    ['GET', '/elsewhere', undefined, 404],
  ])('to what it does not understand: %s %s %j', async (method, path, body, status) => {
    const answer = await ask(method, path, { body });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({ status, detail: expect.any(String) });
  });

  /** fetch sends the true one. */
  const statusByHost = (host: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const headers = { host, authorization: `Bearer ${store.adminToken}` };
      httpRequest(lab, { headers }, ({ statusCode }) => resolve(statusCode))
        .once('error', reject)
        .end();
    });
});

test('G1: many buyers at the last copies, a region killed and another hung: nothing is oversold', async () => {
  await press('POST', '/run', { buyers: 60, copies: 12, arriveWithinMs: 3_000 });
  await untilRun(({ sold }) => expect(sold).toBeGreaterThan(0));
  await press('PUT', `/regions/${there}`, { database: 'killed' });
  await press('PUT', `/regions/${here}`, { database: 'hung' });
  const broken = await untilRun(({ arrived, unanswered, left }) => {
    expect({ arrived, left }).toEqual({ arrived: 60, left: null });
    expect(unanswered).toBeGreaterThan(0);
  });
  expect(broken).toMatchObject({ phase: 'selling', equation: 'open' });

  await press('POST', '/heal');
  const met = await untilRun(({ phase }) => expect(phase).toBe('met'));
  expect(met).toMatchObject({ equation: 'holds', unanswered: 0, contradictions: [] });
  expect(met.sold + (met.left ?? NaN)).toBe(12);
  expect(met.sold + met.refused).toBe(60);
  expect(met.lastWriterWins.sold).toBeGreaterThan(0);
  for (const { stock } of await client.replicas(met.bookId)) expect(stock).toBe(met.left);
  // Customers are not to find it.
  await eventually(async () => {
    expect((await client.send(`/info/${met.bookId}`)).body).toMatchObject({ isListed: false });
  });
});

test('a run can be stopped, and another one started', async () => {
  await press('POST', '/run', { buyers: 1000, copies: 5, arriveWithinMs: 600_000 });
  const stopped = await press('DELETE', '/run');
  expect(stopped.run).toMatchObject({ phase: 'stopped', copies: 5 });
  await press('POST', '/run', { buyers: 3, copies: 9, arriveWithinMs: 0 });
  const met = await untilRun(({ phase }) => expect(phase).toBe('met'));
  expect(met).toMatchObject({ sold: 3, refused: 0, left: 6, equation: 'holds' });
});

test('a store with regions killed and hung ends in order', async () => {
  const other = await startStore();
  const address = as(statusSchema, await clientOf(other).admin('/status')).lab as string;
  const headers = { authorization: `Bearer ${other.adminToken}` };
  for (const [region, database] of [
    [here, 'hung'],
    [there, 'killed'],
  ]) {
    const body = JSON.stringify({ database });
    await fetch(`${address}/regions/${region}`, { method: 'PUT', headers, body });
  }
  const parts = other.parts();
  expect(await other.stop()).toEqual({ exitCode: 0 });
  await untilGone(parts);
});

const untilRun = (check: (run: RunReport) => void): Promise<RunReport> =>
  eventually(
    async () => {
      const { run } = await press('GET', '/');
      if (run === undefined) throw new Error('there is no run');
      check(run);
      return run;
    },
    { deadlineMs: 120_000 },
  );
