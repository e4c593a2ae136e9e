/** What the API does with requests as a REST API hands them to the functions. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { routes, type Route } from '../../lib/http/routes.js';
import { restApiEvent, type RestApiRequest } from '../../tools/rest-api-event.js';
import { create, sampleBook } from '../support/books/books.js';
import { testSecrets } from '../support/tables/front-ends.js';
import { parametersOf } from '../support/random/properties.js';
import { startApi, type RestAnswer } from '../support/requests/rest-api.js';
import { openStage } from '../support/stages/open.js';

let ids = 0;
const stage = await openStage();
const api = await startApi(stage.front());

const ask = (request: RestApiRequest): Promise<RestAnswer> => api(restApiEvent(request));

const get = (resource: string, parts: Partial<RestApiRequest> = {}): Promise<RestAnswer> =>
  ask({ method: 'GET', resource, ...parts });

async function bookOf(topic: string): Promise<number> {
  ids += 1;
  await create(stage.front(), ids, { topic });
  return ids;
}

describe('a topic', () => {
  test.each(['Fiction / Thrillers', 'C++', 'R&B', '100% wool', '100%25', '..', '?#', 'Café', '📚'])(
    'is found by path and by query: %s',
    async (topic) => {
      const id = await bookOf(topic);
      for (const parts of [{ path: { topic } }, { query: { topic } }]) {
        const { status, body } = await get('path' in parts ? '/search/{topic}' : '/search', parts);
        expect({ status, ...body }).toMatchObject({ status: 200, topic, books: [{ id, topic }] });
      }
    },
  );

  test('is given once, by path or by query', async () => {
    const both = { path: { topic: 'a' }, query: { topic: 'a' } };
    const { status, body } = await get('/search/{topic}', both);
    expect({ status, ...body }).toMatchObject({ status: 400, errors: [{ pointer: '#/topic' }] });
  });
});

describe('a cursor', () => {
  test('belongs to its topic, however that is written, and to no other', async () => {
    const [first, second] = [await bookOf('Own Topic'), await bookOf('Own Topic')];
    await bookOf('Other Topic');
    const search = (topic: string, query: Record<string, string>) =>
      get('/search/{topic}', { path: { topic }, query: { limit: '1', ...query } });
    const page = await search('Own Topic', {});
    expect(page.body).toMatchObject({ books: [{ id: first }] });
    const cursor = String(page.body['next']);
    expect((await search('own  topic', { cursor })).body).toMatchObject({
      books: [{ id: second }],
    });
    const { status, body } = await search('Other Topic', { cursor });
    expect({ status, ...body }).toMatchObject({ status: 400, errors: [{ pointer: '#/cursor' }] });
  });
});

describe('a Location', () => {
  const roots: [string, Partial<RestApiRequest>][] = [
    ['https://a1.execute-api.us-east-1.amazonaws.com/dev', {}],
    ['https://shop.example', { basePath: '' }],
    ['https://example.com/shop', { basePath: '/shop' }],
  ];

  test.each(roots)('under %s leads to what was made', async (root, place) => {
    const id = await bookOf('located');
    const post = (resource: string, parts: Partial<RestApiRequest>) =>
      ask({ method: 'POST', resource, ...parts, ...place });
    const bought = await post('/buy/{id}', { path: { id: String(id) } });
    const order = new URL(bought.headers['location'] as string, `${root}/buy/${id}`);
    expect(order.href).toBe(`${root}/orders/${String(bought.body['id'])}`);

    ids += 1;
    const created = await post('/books', {
      headers: { Authorization: `Bearer ${await testSecrets.adminToken()}` },
      body: JSON.stringify(sampleBook(ids)),
    });
    const book = new URL(created.headers['location'] as string, `${root}/books`);
    expect(book.href).toBe(`${root}/info/${ids}`);
  });
});

describe('HEAD', () => {
  test('has the headers of GET and no body, whatever is asked for', async () => {
    const id = await bookOf('headed');
    const requests: [string, Partial<RestApiRequest>][] = [
      ['/info/{id}', { path: { id: String(id) } }],
      ['/info/{id}', { path: { id: 'x' } }],
      ['/search', { query: { topic: 'headed' } }],
      ['/orders', {}],
      ['/nothing', { resource: '/{proxy+}' }],
    ];
    for (const [resource, parts] of requests) {
      // The first fills the cache.
      await get(resource, parts);
      const [one, other] = [
        await get(resource, parts),
        await get(resource, { ...parts, method: 'HEAD' }),
      ];
      const { 'server-timing': _times, ...headers } = one.headers;
      expect(other).toMatchObject({ status: one.status, headers, text: '' });
    }
  });
});

describe('any request', () => {
  const all = Object.values<Route>(routes);
  const operations = all.flatMap((route) =>
    route.paths.map((resource) => ({ method: route.method, resource })),
  );
  /** Texts of bytes that mean something to someone on the way. */
  const oddText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom(
      '%',
      '%zz',
      '%E9',
      '%2F',
      '\0',
      '..',
      '\ufffd',
      '\ufeff',
      '1',
      '0',
      'null',
      '[]',
    ),
  );
  const names = ['topic', 'limit', 'cursor', 'quantity', '__proto__', 'constructor', ''];
  const headerNames = ['Idempotency-Key', 'Authorization', 'Cache-Control', 'If-None-Match'];
  const oneOrMore = fc.array(oddText, { minLength: 1, maxLength: 3 });
  const json = fc.json({ maxDepth: 3 });
  const requests = fc.record({
    operation: fc.constantFrom(...operations),
    isAdmin: fc.boolean(),
    parameter: oddText,
    query: fc.option(fc.dictionary(fc.constantFrom(...names), oneOrMore), { nil: null }),
    headers: fc.option(fc.dictionary(fc.constantFrom(...headerNames), oneOrMore), { nil: null }),
    body: fc.option(fc.oneof(oddText, json), { nil: null }),
    isBase64Encoded: fc.boolean(),
  });

  test('G8: is answered, and never by a failure of ours', async () => {
    await fc.assert(
      fc.asyncProperty(
        requests,
        async ({ operation, isAdmin, parameter, query, body, ...rest }) => {
          const headers = isAdmin
            ? { ...rest.headers, Authorization: [`Bearer ${await testSecrets.adminToken()}`] }
            : rest.headers;
          const event = restApiEvent({ ...operation, headers });
          const places = [...operation.resource.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
          const { status } = await api({
            ...event,
            pathParameters: Object.fromEntries(places.map((name) => [name, parameter])),
            multiValueQueryStringParameters: query,
            body,
            isBase64Encoded: rest.isBase64Encoded,
          });
          expect(status).toBeLessThan(500);
        },
      ),
      parametersOf({ numRuns: 1_000 }),
    );
  });
});
