import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { recordCall } from '../../../lib/call-record.js';
import { UnavailableError } from '../../../lib/errors.js';
import { httpHandler, type ApiRequest } from '../../../lib/http/handler.js';
import { Problem, problemKinds, unavailable } from '../../../lib/http/problem.js';
import { routes, type Route } from '../../../lib/http/routes.js';
import { problemSchema } from '../../../lib/http/schemas.js';
import { call, fakeApi, type Call } from '../support/api.js';
import { fakeSystem } from '../support/fake-system.js';

const secrets = { adminToken: () => Promise.resolve('sesame') };
const asAdmin = { Authorization: 'Bearer sesame' };

/** A route behind which there is nothing but what it was asked. */
function reached<Spec extends Route>(route: Spec, api = fakeApi()) {
  const requests: ApiRequest<Spec>[] = [];
  const handler = httpHandler({ ...api, secrets }, route, async (request) => {
    requests.push(request);
    return { status: 200, body: { isDone: true } };
  });
  return { requests, ask: (request: Call) => call(handler, request) };
}

const failing = (error: unknown, route: Route = routes.buy, api = fakeApi()) => {
  const handler = httpHandler(api, route, async () => {
    throw error;
  });
  return { api, ask: (request: Call) => call(handler, request) };
};

const purchase = { path: { id: '7' }, body: { quantity: 2 } };
const key = 'key-of-this-test';

describe('a request', () => {
  test('comes to its handler checked and converted', async () => {
    const { ask, requests } = reached(routes.buy);
    const answer = await ask({ ...purchase, body: { quantity: 2, unitPrice: 3000 } });
    expect(answer).toMatchObject({ status: 200, body: { isDone: true } });
    expect(requests).toMatchObject([
      { path: { id: 7 }, body: { quantity: 2, unitPrice: 3000 }, isCacheSkipped: false },
    ]);
  });

  test.each([
    ['none', {}],
    ['an empty one', { body: '' }],
    ['white space', { body: ' \n' }],
    ['an empty object', { body: '{}' }],
  ])('of a purchase may have no body: %s', async (_what, body) => {
    const { ask, requests } = reached(routes.buy);
    expect((await ask({ path: { id: '7' }, ...body })).status).toBe(200);
    expect(requests[0]?.body).toEqual({ quantity: 1 });
  });

  test('may have its body in base64', async () => {
    const { ask, requests } = reached(routes['create-book']);
    const book = { id: 7, title: 'Théorie', authors: ['A'], topic: 'graduate school', price: 1 };
    const body = Buffer.from(JSON.stringify(book)).toString('base64');
    expect((await ask({ headers: asAdmin, body, isBase64Encoded: true })).status).toBe(200);
    expect(requests[0]?.body).toEqual({ ...book, stock: 0 });
  });

  test('may write its headers in any case', async () => {
    const { ask, requests } = reached(routes['restock-book']);
    const answer = await ask({
      headers: {
        AUTHORIZATION: 'bearer sesame',
        'idempotency-KEY': key,
        'Cache-control': 'No-Cache',
      },
      path: { id: '7' },
      body: { quantity: 1 },
    });
    expect(answer.status).toBe(200);
    expect(requests[0]).toMatchObject({ idempotencyKey: key, isCacheSkipped: true });
  });

  test('has no path and no query where API Gateway sends null for them', async () => {
    const { ask, requests } = reached(routes.search);
    expect((await ask({ method: 'GET' })).status).toBe(200);
    expect(requests[0]).toMatchObject({ path: {}, query: {} });
  });

  test('may have white space and a byte order mark about its body', async () => {
    const { ask, requests } = reached(routes.buy);
    const text = '\ufeff\r\n{"quantity": 3}\r\n';
    const encoded = Buffer.from(text).toString('base64');
    for (const body of [{ body: text }, { body: encoded, isBase64Encoded: true }]) {
      expect((await ask({ ...purchase, ...body })).status).toBe(200);
    }
    expect(requests.map(({ body }) => body.quantity)).toEqual([3, 3]);
  });

  test.each(['100% wool', '100%25', 'C++', 'R&B', 'Fiction / Thrillers', '..', 'Café', '📚', '?#'])(
    'has its path decoded once, and its query not at all: %s',
    async (topic) => {
      const { ask, requests } = reached(routes.search);
      expect((await ask({ method: 'GET', path: { topic } })).status).toBe(200);
      expect((await ask({ method: 'GET', query: { topic } })).status).toBe(200);
      expect(requests).toMatchObject([{ path: { topic } }, { query: { topic } }]);
    },
  );

  test('has every value of a repeated header', async () => {
    const { ask, requests } = reached(routes.info);
    const headers = {
      'If-None-Match': ['"a"', 'W/"b"'],
      'Cache-Control': ['max-age=0', 'no-cache'],
    };
    expect((await ask({ path: { id: '7' }, headers })).status).toBe(200);
    expect(requests).toMatchObject([
      { headers: { 'if-none-match': '"a", W/"b"' }, isCacheSkipped: true },
    ]);
  });

  test('has no headers where API Gateway sends null for them, as its console does', async () => {
    expect((await reached(routes.search).ask({ headers: null })).status).toBe(200);
    expect((await reached(routes.buy).ask({ ...purchase, headers: null })).status).toBe(200);
    expect((await reached(routes['list-orders']).ask({ headers: null })).status).toBe(401);
  });
});

describe('bad input', () => {
  const faultsOf = async (request: Call, route: Route = routes['create-book']) => {
    const { ask, requests } = reached(route);
    const answer = await ask({ headers: asAdmin, ...request });
    expect(answer.status).toBe(400);
    expect(requests).toEqual([]);
    const problem = problemSchema.parse(answer.body);
    expect(problem).toMatchObject({ type: 'urn:bazar:problem:bad-input', status: 400 });
    return (problem.errors ?? []).map(({ in: part, pointer }) => `${part} ${pointer}`);
  };

  const book = { id: 7, title: 'a', authors: ['b'], topic: 'c', price: 1 };

  test('G8: is refused with a pointer to each fault, and never reaches the store', async () => {
    expect(
      await faultsOf({
        body: { ...book, id: 0, title: ' ', authors: ['b', ''], price: 1.5, stock: -1 },
      }),
    ).toEqual(['body #/id', 'body #/title', 'body #/authors/1', 'body #/price', 'body #/stock']);
  });

  test('G8: is told of every part at once', async () => {
    expect(
      await faultsOf(
        {
          path: { id: 'seven' },
          headers: { 'Idempotency-Key': 'with space' },
          body: { quantity: 0, unitPrice: '1' },
        },
        routes.buy,
      ),
    ).toEqual(['header #/idempotency-key', 'path #/id', 'body #/quantity', 'body #/unitPrice']);
    expect(await faultsOf({ query: { limit: '0', cursor: '' } }, routes.search)).toEqual([
      'query #/limit',
      'query #/cursor',
    ]);
  });

  test('G8: is each key that is not known, with its slashes and tildes escaped', async () => {
    expect(await faultsOf({ body: { ...book, publisher: 1, 'a/b~c': 2 } })).toEqual([
      'body #/publisher',
      'body #/a~1b~0c',
    ]);
    expect(
      await faultsOf({ ...purchase, body: '{"__proto__": {"quantity": 1}}' }, routes.buy),
    ).toEqual(['body #/__proto__']);
  });

  test('is pointed to by a URI fragment: what may not stand in one is encoded', async () => {
    expect(await faultsOf({ body: { ...book, 'é %"': 1 } })).toEqual(['body #/%C3%A9%20%25%22']);
  });

  test('G8: is answered even where a key is half a character', async () => {
    expect(
      await faultsOf({ ...purchase, body: '{"quantity":1,"\\ud800":1}' }, routes.buy),
    ).toHaveLength(1);
  });

  test.each(['title', 'topic', 'authors'])(
    'G8: is a text that no table can hold: half a character in the %s',
    async (field) => {
      const text = 'half \ud800 of it';
      const faults = await faultsOf({
        body: { ...book, [field]: field === 'authors' ? [text] : text },
      });
      expect(faults).toEqual([`body #/${field}${field === 'authors' ? '/0' : ''}`]);
    },
  );

  test.each([
    ['no JSON', '{"quantity":'],
    ['no object', '[1]'],
    ['null', 'null'],
    ['a number', '7'],
  ])('G8: is a body that is %s', async (_what, body) => {
    expect(await faultsOf({ path: { id: '7' }, body }, routes.buy)).toEqual(['body #']);
  });

  test.each([
    ['Latin-1', '7b226e6f7465223a22636166e9227d'],
    ['UTF-16', 'fffe7b007d00'],
    ['half of a character', '7b226e6f7465223a22eda080227d'],
    ['gzip', '1f8b080000000000000003ab562a2c4dcc2bc92ca954b232aa0500b50c968f0e000000'],
  ])('G8: is a body that is not UTF-8: %s', async (_what, hex) => {
    const body = Buffer.from(hex, 'hex').toString('base64');
    const request = { ...purchase, body, isBase64Encoded: true };
    expect(await faultsOf(request, routes.buy)).toEqual(['body #']);
  });

  test('G8: is a text that a gateway has put U+FFFD into, for bytes that are not UTF-8', async () => {
    const text = 'caf\ufffd';
    expect(await faultsOf({ body: { ...book, title: text } })).toEqual(['body #']);
    expect(await faultsOf({ query: { topic: text } }, routes.search)).toEqual(['query #/topic']);
    expect(await faultsOf({ path: { topic: text } }, routes.search)).toEqual(['path #/topic']);
  });

  const withoutQuery = Object.values<Route>(routes).filter(({ query }) => query === undefined);

  test.each(withoutQuery.map((route) => [`${route.method} ${route.paths[0]}`, route] as const))(
    'G8: is a query where none is taken: %s',
    async (_operation, route) => {
      const request = {
        path: { id: '7' },
        body: { quantity: 1, price: 1 },
        query: { quantity: '5' },
      };
      expect(await faultsOf(request, route)).toContain('query #/quantity');
    },
  );

  test('G8: is a parameter of the query that is not known, or repeated', async () => {
    const paged = [routes['list-books'], routes['list-orders'], routes.search];
    for (const route of paged) {
      expect(await faultsOf({ query: { page: '2' } }, route)).toEqual(['query #/page']);
      const repeated = { limit: ['1', '2'], cursor: ['a', 'a'] };
      expect(await faultsOf({ query: repeated }, route)).toEqual([
        'query #/limit',
        'query #/cursor',
      ]);
    }
  });

  test('G8: is a change of nothing', async () => {
    expect(await faultsOf({ path: { id: '7' }, body: {} }, routes['update-book'])).toEqual([
      'body #',
    ]);
  });

  test.each(['', '0', '-1', '+1', '07', '1.0', '1e3', ' 7', '0x7', '٧', '9'.repeat(16)])(
    'G8: is the id %j',
    async (id) => {
      expect(await faultsOf({ path: { id } }, routes.info)).toEqual(['path #/id']);
    },
  );

  test.each([
    ['empty', ''],
    ['blank', ' '],
    ['with a blank', 'a key with blanks'],
    ['beyond ASCII', 'a-key-with-an-umläut'],
    ['with a line break', 'a-key-of\nmany-lines'],
    ['short enough to be guessed', 'x'.repeat(15)],
    ['too long', 'x'.repeat(256)],
    ['repeated with another value', [key, `${key}-2`]],
    ['joined to another value by a gateway', `${key}, ${key}-2`],
  ])(
    'G2, G8: is an Idempotency-Key that is %s: it is neither used nor returned',
    async (_what, given) => {
      const { ask, requests } = reached(routes.buy);
      const answer = await ask({ ...purchase, headers: { 'Idempotency-Key': given } });
      expect(answer.status).toBe(400);
      expect(answer.headers).not.toHaveProperty('idempotency-key');
      expect(requests).toEqual([]);
    },
  );

  test('G8: is a body that is too large, in bytes, as text or in base64', async () => {
    const { ask, requests } = reached(routes['create-book']);
    const body = { ...book, title: 'é'.repeat(70_000) };
    const encoded = Buffer.from(JSON.stringify(body)).toString('base64');
    for (const request of [{ body }, { body: encoded, isBase64Encoded: true }]) {
      const answer = await ask({ headers: asAdmin, ...request });
      expect(answer).toMatchObject({
        status: 413,
        body: { type: 'urn:bazar:problem:body-too-large', status: 413 },
      });
    }
    expect(requests).toEqual([]);
  });

  test('is a body of many books only where it is larger still', async () => {
    const { ask, requests } = reached(routes['import-books']);
    const asking = (bytes: number) => {
      const text = JSON.stringify({ books: [book] });
      return ask({ headers: asAdmin, body: text + ' '.repeat(bytes - text.length) });
    };
    expect((await asking(2 * 1024 * 1024)).status).toBe(200);
    expect(await asking(2 * 1024 * 1024 + 1)).toMatchObject({
      status: 413,
      body: { detail: 'A body holds at most 2097152 bytes.' },
    });
    expect(requests).toHaveLength(1);
  });
});

describe('an Idempotency-Key', () => {
  test('G2: is used as it was given, and returned', async () => {
    const { ask, requests } = reached(routes.buy);
    for (const given of ['!~,'.repeat(85), 'x'.repeat(16)]) {
      const answer = await ask({ ...purchase, headers: { 'Idempotency-Key': given } });
      expect(requests.at(-1)?.idempotencyKey).toBe(given);
      expect(answer.headers['idempotency-key']).toBe(given);
    }
  });

  test.each([
    ['repeated', [key, key]],
    ['joined by a gateway', `${key}, ${key}`],
  ])('G2: is one key where it is the same each time that it is %s', async (_how, given) => {
    const { ask, requests } = reached(routes.buy);
    expect((await ask({ ...purchase, headers: { 'Idempotency-Key': given } })).status).toBe(200);
    expect(requests[0]?.idempotencyKey).toBe(key);
  });

  test('G2: is read from all of its values, however their names are written', async () => {
    const { ask, requests } = reached(routes.buy);
    const headers = { 'Idempotency-Key': key, 'idempotency-key': `${key}-2` };
    expect((await ask({ ...purchase, headers })).status).toBe(400);
    expect(requests).toEqual([]);
  });

  test('G2: is made where there is none, and returned', async () => {
    const { ask, requests } = reached(routes.buy);
    const answers = [await ask(purchase), await ask(purchase)];
    expect(requests.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['uuid-1', 'uuid-2']);
    expect(answers.map(({ headers }) => headers['idempotency-key'])).toEqual(['uuid-1', 'uuid-2']);
  });

  test.each([
    ['refused', new Problem('sold-out', 'none left'), 409],
    ['not known', unavailable('try again'), 503],
    ['out of reach', new UnavailableError('eu-west-1', { isUnknown: true }), 503],
    ['a failure of ours', new Error('a defect'), 500],
  ])('G9: is returned also where the answer is %s', async (_what, error, status) => {
    const answer = await failing(error).ask(purchase);
    expect(answer.status).toBe(status);
    expect(answer.headers['idempotency-key']).toBe('uuid-1');
  });

  test('G9: is returned also where the rest of the request is not valid', async () => {
    const { ask } = reached(routes.buy);
    const headers = { 'Idempotency-Key': key };
    for (const body of [{ quantity: 0 }, '{', 'x'.repeat(200_000)]) {
      expect((await ask({ ...purchase, headers, body })).headers['idempotency-key']).toBe(key);
    }
  });

  test('is not asked for, and not returned, where a route takes none', async () => {
    const { ask, requests } = reached(routes.info);
    const answer = await ask({ path: { id: '7' }, headers: { 'Idempotency-Key': 'not a key' } });
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty('idempotency-key');
    expect(requests[0]?.idempotencyKey).toBe('');
  });
});

describe('a route for administrators', () => {
  const refused: Record<string, NonNullable<Call['headers']>> = {
    none: {},
    'an empty one': { Authorization: '' },
    'a wrong one': { Authorization: 'Bearer sesamf' },
    'a shorter one': { Authorization: 'Bearer s' },
    'a longer one': { Authorization: 'Bearer sesame1' },
    'one in another case': { Authorization: 'Bearer Sesame' },
    'one of another scheme': { Authorization: 'Basic sesame' },
    'one without a scheme': { Authorization: 'sesame' },
    'one with more behind it': { Authorization: 'Bearer sesame or not' },
    'one in the wrong place': { 'X-Authorization': 'Bearer sesame' },
    'the right one behind another': { Authorization: ['Bearer sesamf', 'Bearer sesame'] },
    'the right one before another': { Authorization: 'Bearer sesame, Bearer sesamf' },
  };

  test('G8: answers 401, the same to every wrong token, and does nothing', async () => {
    const { ask, requests } = reached(routes['restock-book']);
    const answers = await Promise.all(
      Object.values(refused).map((headers) =>
        ask({ headers, path: { id: '7' }, body: { quantity: 1 } }),
      ),
    );
    for (const answer of answers) {
      expect(answer).toMatchObject({
        status: 401,
        headers: { 'www-authenticate': 'Bearer realm="bazar"' },
        body: { type: 'urn:bazar:problem:unauthorized' },
      });
      expect(answer.text).toBe(answers[0]?.text);
    }
    expect(requests).toEqual([]);
  });

  test('G8: says nothing of the input to who has no token', async () => {
    const { ask } = reached(routes['create-book']);
    expect((await ask({ body: { id: 'seven' } })).status).toBe(401);
    expect((await ask({ body: 'x'.repeat(200_000) })).status).toBe(401);
  });

  test('opens to the token', async () => {
    const { ask, requests } = reached(routes['list-orders']);
    expect((await ask({ method: 'GET', headers: asAdmin })).status).toBe(200);
    expect(requests).toHaveLength(1);
  });

  test('stays shut where the token cannot be known', async () => {
    const silent = { adminToken: () => Promise.reject(new Error('no answer from SSM')) };
    const handler = httpHandler({ ...fakeApi(), secrets: silent }, routes['list-orders'], () =>
      Promise.reject(new TypeError('must not be reached')),
    );
    expect((await call(handler, { headers: asAdmin })).status).toBeGreaterThanOrEqual(500);
  });

  test('cannot be made without the secrets', () => {
    const make = () => httpHandler(fakeApi(), routes['list-orders'], () => Promise.reject());
    expect(make).toThrow(TypeError);
  });
});

describe('a problem', () => {
  test('is a document with its type, title, status and detail, and what it adds', async () => {
    const { ask } = failing(
      new Problem('sold-out', 'Only 3 copies are left.', { extras: { available: 3 } }),
    );
    const answer = await ask(purchase);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.body).toEqual({
      type: 'urn:bazar:problem:sold-out',
      title: problemKinds['sold-out'].title,
      status: 409,
      detail: 'Only 3 copies are left.',
      requestId: 'request-0',
      available: 3,
    });
  });

  test.each(Object.entries(problemKinds))(
    'of the kind %s has its status, and the id of its request',
    async (kind, { status }) => {
      const { ask, api } = failing(new Problem(kind as keyof typeof problemKinds, 'because'));
      const answer = await ask(purchase);
      expect(problemSchema.parse(answer.body)).toMatchObject({
        status,
        detail: 'because',
        requestId: 'request-0',
      });
      expect(answer.status).toBe(status);
      expect(api.errors).toHaveLength(status < 500 ? 0 : 1);
    },
  );

  test.each([
    ['a failure', new Error('the password is sesame')],
    ['what is no error', 'the password is sesame'],
    ['an item that is broken', new z.ZodError([])],
  ])('G8: hides %s of ours, and logs it', async (_what, error) => {
    const { ask, api } = failing(error);
    const answer = await ask(purchase);
    expect(answer.status).toBe(500);
    expect(answer.body).toEqual({
      type: 'urn:bazar:problem:internal',
      title: problemKinds.internal.title,
      status: 500,
      detail: 'The failure was logged.',
      requestId: 'request-0',
    });
    expect(answer.text).not.toContain('sesame');
    expect(api.errors).toHaveLength(1);
  });

  test('G6: says when to try again where something is out of reach, and not what', async () => {
    const { ask } = failing(new UnavailableError('eu-west-1', { isUnknown: false }));
    const answer = await ask(purchase);
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
    expect(answer.text).not.toContain('eu-west-1');
  });

  test('G9: says that it may still be done, shortly before the function is stopped', async () => {
    const never = httpHandler(fakeApi(), routes.buy, () => new Promise(() => {}));
    const answer = await call(
      never,
      { path: { id: '7' }, headers: { 'Idempotency-Key': key } },
      { getRemainingTimeInMillis: () => 520 },
    );
    expect(answer.status).toBe(503);
    expect(answer.headers).toMatchObject({ 'retry-after': '2', 'idempotency-key': key });
  });

  test.each([
    [true, 'unknown'],
    [false, 'busy'],
  ])('G9: says of a write whose fate is unknown, %s, that it is %s', async (isUnknown, kind) => {
    const { ask } = failing(new UnavailableError('eu-west-1', { isUnknown }));
    const answer = await ask(purchase);
    expect(answer).toMatchObject({ status: 503, body: { type: `urn:bazar:problem:${kind}` } });
  });

  test('G9: keeps what it was thrown with: the id of the order that may yet be', async () => {
    const { ask } = failing(unavailable('try again', { extras: { orderId: 'f00d' } }));
    const answer = await ask(purchase);
    expect(answer).toMatchObject({
      status: 503,
      headers: { 'retry-after': '2' },
      body: { orderId: 'f00d' },
    });
  });
});

describe('every answer', () => {
  const plain = { status: 200, body: { isDone: true } };
  const origin = { Origin: 'https://shop.example' };

  test('has the headers of CORS and of security, also where it is a problem', async () => {
    const good = httpHandler(fakeApi(), routes.buy, async () => plain);
    const bad = httpHandler(fakeApi(), routes.buy, () => Promise.reject(new Error('a defect')));
    for (const handler of [good, bad]) {
      const { headers } = await call(handler, { ...purchase, headers: origin });
      expect(headers).toMatchObject({
        'access-control-allow-origin': '*',
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-cache',
      });
      expect(headers['access-control-expose-headers']).toContain('Idempotency-Key');
    }
  });

  test('names its origin where that is one of those that are allowed, and else the first of them', async () => {
    const api = fakeApi({ corsOrigins: ['https://shop.example', 'https://b.example'] });
    const handler = httpHandler(api, routes.buy, async () => plain);
    const allowed = await call(handler, { ...purchase, headers: { Origin: 'https://b.example' } });
    expect(allowed.headers['access-control-allow-origin']).toBe('https://b.example');
    for (const headers of [{ Origin: 'https://evil.example' }, {}]) {
      const other = await call(handler, { ...purchase, headers });
      expect(other.headers['access-control-allow-origin']).toBe('https://shop.example');
    }
  });

  test('to HEAD has the headers of one to GET, and no body', async () => {
    const good = httpHandler(fakeApi(), routes.info, async () => plain);
    const bad = failing(new Problem('unknown-book', 'none'), routes.info);
    for (const ask of [(request: Call) => call(good, request), bad.ask]) {
      const [get, head] = await Promise.all(
        ['GET', 'HEAD'].map((method) => ask({ method, path: { id: '7' } })),
      );
      expect(get?.text).not.toBe('');
      expect(head).toEqual({ ...get, body: undefined, text: '' });
    }
  });

  test('has no body, and no type of one, where there is none', async () => {
    const handler = httpHandler(fakeApi(), routes.info, async () => ({ status: 304 }));
    const answer = await call(handler, { path: { id: '7' } });
    expect(answer).toMatchObject({ status: 304, text: '' });
    expect(answer.headers).not.toHaveProperty('content-type');
  });
});

describe('an answer to a read', () => {
  test('says how long each place took, and the whole', async () => {
    const system = fakeSystem();
    const handler = httpHandler(fakeApi({ system }), routes.info, async () => {
      await system.sleep(30);
      recordCall('cache', 10);
      recordCall('eu-west-1', 15);
      recordCall('cache', 2);
      return { status: 200, body: {}, headers: { 'X-Cache': 'miss' } };
    });
    const { headers } = await call(handler, { path: { id: '7' } });
    expect(headers['server-timing']).toBe('cache;dur=12, eu-west-1;dur=15, total;dur=30');
    expect(headers['x-cache']).toBe('miss');
  });

  test('does not mix its times with those of requests beside it', async () => {
    const handler = httpHandler(fakeApi(), routes.info, async ({ path }) => {
      await Promise.resolve();
      recordCall('cache', Number(path.id));
      await Promise.resolve();
      return { status: 200, body: {} };
    });
    const answers = await Promise.all(['1', '2'].map((id) => call(handler, { path: { id } })));
    expect(answers.map(({ headers }) => headers['server-timing'])).toEqual([
      'cache;dur=1, total;dur=0',
      'cache;dur=2, total;dur=0',
    ]);
  });

  test('is asked of a replica where the client wants no cache', async () => {
    const { ask, requests } = reached(routes.info);
    for (const header of ['no-cache', 'No-Cache', 'max-age=0, no-cache', 'max-age=0']) {
      await ask({ path: { id: '7' }, headers: { 'Cache-Control': header } });
    }
    expect(requests.map(({ isCacheSkipped }) => isCacheSkipped)).toEqual([true, true, true, false]);
  });
});
