import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  createApiClient,
  describeAnswer,
  StoreUnreachableError,
  type ApiClient,
} from '../../client/api-client.js';
import { startFakeStore, type Fault, type FakeStore } from './support/fake-store.js';

const book = { id: 1, title: 'a', authors: ['x'], topic: 't', price: 1, stock: 5 };

let store: FakeStore;
let api: ApiClient;
beforeEach(async () => {
  store = await startFakeStore([book]);
  api = createApiClient({ url: store.url, maxRetries: 4, baseDelayMs: 1 });
});
afterEach(() => store.close());

/** Lets the first requests meet these faults. */
function failFirst(...faults: Fault[]): void {
  store.fault = () => faults.shift();
}

const purchase = {
  method: 'POST',
  path: '/buy/1',
  body: { quantity: 2 },
  headers: { 'idempotency-key': 'one-key' },
} as const;

test('tries again with the same key until there is an answer', async () => {
  failFirst({ status: 503 }, 'lost-request', { status: 429 }, 'lost-answer');

  const answer = await api.send(purchase);

  expect(answer.status).toBe(200);
  expect(store.orders).toHaveLength(1);
  expect(store.books.get(1)?.stock).toBe(3);
  expect(store.requests.map(({ key }) => key)).toEqual(Array(5).fill('one-key'));
});

test('gives up after a bounded number of tries, with the last answer', async () => {
  store.fault = () => ({ status: 503 });

  const answer = await api.send(purchase);

  expect(answer.status).toBe(503);
  expect(store.requests).toHaveLength(5);
});

test('waits at least as long as Retry-After asks', async () => {
  failFirst({ status: 503, retryAfter: '1' });
  const startedAtMs = performance.now();

  await api.send({ path: '/info/1' });

  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(990);
});

test('does not try a final refusal again', async () => {
  const answer = await api.send({ path: '/info/2' });

  expect(answer.status).toBe(404);
  expect(store.requests).toHaveLength(1);
});

test('says that the store is not there', async () => {
  await store.close();

  await expect(api.send({ path: '/info/1' })).rejects.toThrow(StoreUnreachableError);
  await expect(api.send({ path: '/info/1' })).rejects.toThrow(/does not answer \(.*refused\)/);
});

test('does not wait for an answer for ever', async () => {
  const impatient = createApiClient({
    url: store.url,
    maxRetries: 1,
    baseDelayMs: 1,
    timeoutMs: 50,
  });
  store.fault = () => 'no-answer';

  await expect(impatient.send({ path: '/info/1' })).rejects.toThrow('(no answer in time)');
  expect(store.requests).toHaveLength(2);
});

test('breaks off while it waits for the next try', async () => {
  failFirst({ status: 503, retryAfter: '30' });
  const signal = AbortSignal.timeout(50);

  await expect(api.send({ path: '/info/1', signal })).rejects.toThrow();
  expect(store.requests).toHaveLength(1);
});

test('reports each try', async () => {
  failFirst({ status: 503 }, 'lost-answer');
  const statuses: (number | undefined)[] = [];

  await api.send({ ...purchase, onTry: ({ answer }) => statuses.push(answer?.status) });

  expect(statuses).toEqual([503, undefined, 200]);
});

test('describes a problem document in one line', () => {
  const body = {
    title: 'The request is not valid',
    detail: 'Two things\nare wrong',
    errors: [
      { pointer: '#/price', in: 'body', detail: 'too small' },
      { pointer: '#/title', in: 'body', detail: 'empty' },
    ],
  };

  expect(describeAnswer({ status: 400, headers: new Headers(), body })).toBe(
    'the store answered 400: Two things are wrong: #/price too small; #/title empty',
  );
  expect(describeAnswer({ status: 502, headers: new Headers(), body: '<html>' })).toBe(
    'the store answered 502',
  );
});
