/** G8: what the API does not take, and how it says so. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../../tools/eventually.js';
import { asOrder, asProblem, freshKey, newBook, type Call } from './support/client.js';
import { freshIds, storeForTests, storeUnderTest } from './support/store-under-test.js';

const nextId = freshIds();
const bookId = nextId();
const topic = freshKey();
const { store, client } = storeForTests(storeUnderTest);

beforeAll(() => client.createBook({ id: bookId, topic }));

const post = (body: unknown, headers = {}): Call => ({ method: 'POST', body, headers });
const withKey = (key: string): Call => ({ method: 'POST', headers: { 'idempotency-key': key } });

/** Everything that a request could have changed. */
async function everything(): Promise<unknown> {
  const noCache = { headers: { 'cache-control': 'no-cache' } };
  return {
    books: (await client.send('/books?limit=100', noCache)).body,
    orders: (await client.admin('/orders?limit=100')).body,
    replicas: await client.replicas(bookId),
  };
}

/** A request, and the pointers to what is wrong with it. */
type BadRequest = [what: string, path: string, call: Call, ...pointers: string[]];

describe('input that is not valid', () => {
  const ids = ['abc', '0', '-1', '1.5', '01', '99999999999999999999', '1e3'];
  const info = ids.map((id): BadRequest => [`the id ${id}`, `/info/${id}`, {}, 'path #/id']);
  const wrong = {
    limit: ['0', '101', 'ten', ''],
    cursor: ['', 'nonsense', 'a'.repeat(2001)],
  };
  const pages = ['/books?', '/topics?', '/search?topic=tests&', '/search/tests?'].flatMap((path) =>
    Object.entries(wrong).flatMap(([name, values]) =>
      values.map((value): BadRequest => [
        `the ${name} ${value.slice(0, 9)} at ${path}`,
        `${path}${name}=${value}`,
        {},
        `query #/${name}`,
      ]),
    ),
  );
  const queries = [
    ['/health', 'x'],
    ['/topics', 'x'],
    [`/info/${bookId}`, 'x'],
    ['/books', 'page'],
    ['/search/tests', 'topic'],
    ['/search?topic=tests', 'Topic'],
  ].map(([path = '', name = '']): BadRequest => [
    `an unknown parameter ${name} at ${path}`,
    `${path}${path.includes('?') ? '&' : '?'}${name}=2`,
    {},
    `query #/${name}`,
  ]);
  const topics: BadRequest[] = [
    ['no topic', '/search', {}, 'query #/topic'],
    ['a blank topic in the query', '/search?topic=%20%20', {}, 'query #/topic'],
    ['a blank topic in the path', '/search/%20', {}, 'path #/topic'],
    ['a topic with a control character', '/search?topic=a%00b', {}, 'query #/topic'],
    ['a topic in the path with a control character', '/search/a%0Ab', {}, 'path #/topic'],
    ['a topic without end', `/search?topic=${'a'.repeat(301)}`, {}, 'query #/topic'],
  ];
  const buy = `/buy/${bookId}`;
  const purchases: BadRequest[] = [
    ['a purchase of an id that is none', '/buy/abc', post({}), 'path #/id'],
    ['a quantity in the query', `${buy}?quantity=5`, post({}), 'query #/quantity'],
    ...[0, -1, 101, 1.5, '2', null, [1], true].map((quantity): BadRequest => [
      `a purchase of ${JSON.stringify(quantity)} copies`,
      buy,
      post({ quantity }),
      'body #/quantity',
    ]),
    ['a price that is no number', buy, post({ unitPrice: '10' }), 'body #/unitPrice'],
    ['a negative price', buy, post({ unitPrice: -1 }), 'body #/unitPrice'],
    ['an unknown field', buy, post({ quantity: 1, colour: 'red' }), 'body #/colour'],
    ['a field to be escaped in a pointer', buy, post({ 'a/b~c': 1 }), 'body #/a~1b~0c'],
    [
      'two faults',
      buy,
      post({ quantity: 0, unitPrice: -1 }),
      'body #/quantity',
      'body #/unitPrice',
    ],
    ...['{"quantity": 1', '[]', '"1"', 'null', 'false', '0', '""'].map((body): BadRequest => [
      `the body ${body}`,
      buy,
      post(body),
      'body #',
    ]),
    ...['', 'a key with blanks', 'an-idempotence-cl\u00e9', 'k'.repeat(15), 'k'.repeat(256)].map(
      (key): BadRequest => [
        `the key ${key.slice(0, 25)} of ${key.length}`,
        buy,
        withKey(key),
        'header #/idempotency-key',
      ],
    ),
  ];

  const wish = (fields: object = {}) => ({ bookId, ...fields });
  const orders: BadRequest[] = [
    ['an order without a body', '/orders', { method: 'POST' }, 'body #/items'],
    ['an order of nothing', '/orders', post({ items: [] }), 'body #/items'],
    ['an order that is no list', '/orders', post({ items: wish() }), 'body #/items'],
    [
      'an order of 26 books',
      '/orders',
      post({ items: Array.from({ length: 26 }, (_, index) => wish({ bookId: index + 1 })) }),
      'body #/items',
    ],
    [
      'an order that names a book twice',
      '/orders',
      post({ items: [wish(), wish({ bookId: bookId + 1 }), wish({ quantity: 2 })] }),
      'body #/items/2/bookId',
    ],
    ['an order of no book', '/orders', post({ items: [{ quantity: 1 }] }), 'body #/items/0/bookId'],
    [
      'an order with two faults',
      '/orders',
      post({ items: [wish({ quantity: 0 }), wish({ bookId: bookId + 1, colour: 'red' })] }),
      'body #/items/0/quantity',
      'body #/items/1/colour',
    ],
    ['an unknown field of an order', '/orders', post({ items: [wish()], gift: 1 }), 'body #/gift'],
    [
      'an order with a key that is none',
      '/orders',
      post({ items: [wish()] }, { 'idempotency-key': 'a key with blanks' }),
      'header #/idempotency-key',
    ],
  ];

  test.each([...info, ...pages, ...queries, ...topics, ...purchases, ...orders])(
    'is refused with a pointer to it: %s',
    async (_, path, call, ...pointers) => {
      const answer = await client.send(path, call);
      const { errors = [] } = asProblem(answer, 400, 'bad-input');
      expect(errors.map((fault) => `${fault.in} ${fault.pointer}`)).toEqual(pointers);
      for (const { detail } of errors) expect(detail).not.toBe('');
    },
  );

  const { id: _id, ...bookWithoutId } = newBook(1);
  const newBooks: [what: string, fields: object, pointer: string][] = [
    ['with an id of a text', { id: '1' }, 'id'],
    ['with an id of 0', { id: 0 }, 'id'],
    ['with an id too large', { id: 1e15 }, 'id'],
    ['with a blank title', { title: '  ' }, 'title'],
    ['with a NUL in its title', { title: 'a\0b' }, 'title'],
    ['with too long a title', { title: 'a'.repeat(501) }, 'title'],
    ['without authors', { authors: [] }, 'authors'],
    ['with a blank author', { authors: ['A', ''] }, 'authors/1'],
    ['with one text of authors', { authors: 'A' }, 'authors'],
    ['with a blank topic', { topic: ' \t ' }, 'topic'],
    ['at a broken price', { price: 9.99 }, 'price'],
    ['at a negative price', { price: -1 }, 'price'],
    ['with negative stock', { stock: -1 }, 'stock'],
    ['with a currency', { currency: 'EUR' }, 'currency'],
  ];
  const restock = (body: unknown): BadRequest => [
    `a restock of ${JSON.stringify(body)}`,
    `/books/${bookId}/restock`,
    post(body),
    'body #/quantity',
  ];
  const patch = (body: unknown): Call => ({ method: 'PATCH', body });
  const ofAdmins: BadRequest[] = [
    ['a new book without an id', '/books', post(bookWithoutId), 'body #/id'],
    ...newBooks.map(([what, fields, pointer]): BadRequest => [
      `a new book ${what}`,
      '/books',
      post({ ...newBook(nextId()), ...fields }),
      `body #/${pointer}`,
    ]),
    [
      'no book',
      '/books',
      { method: 'POST' },
      'body #/id',
      'body #/title',
      'body #/authors',
      'body #/topic',
      'body #/price',
    ],
    ['an import without books', '/books/import', post({}), 'body #/books'],
    ['an import of no books', '/books/import', post({ books: [] }), 'body #/books'],
    [
      'an import of a hundred and one',
      '/books/import',
      post({ books: Array.from({ length: 101 }, () => newBook(nextId())) }),
      'body #/books',
    ],
    [
      'an import of good and bad books',
      '/books/import',
      post({ books: [newBook(nextId()), { ...newBook(nextId()), title: '' }, bookWithoutId] }),
      'body #/books/1/title',
      'body #/books/2/id',
    ],
    [
      'an import of a book twice',
      '/books/import',
      post({ books: [newBook(bookId), newBook(nextId()), newBook(bookId)] }),
      'body #/books/2/id',
    ],
    ['no change', `/books/${bookId}`, patch({}), 'body #'],
    ['a change without a body', `/books/${bookId}`, { method: 'PATCH' }, 'body #'],
    ['a change of the stock', `/books/${bookId}`, patch({ stock: 1 }), 'body #/stock', 'body #'],
    ['a change of the id', `/books/${bookId}`, patch({ id: 2, price: 1 }), 'body #/id'],
    ['a change to a blank topic', `/books/${bookId}`, patch({ topic: '' }), 'body #/topic'],
    [
      'a change to a control character',
      `/books/${bookId}`,
      patch({ title: 'a\u0085b' }),
      'body #/title',
    ],
    ['a change of no book', '/books/x', patch({ price: 1 }), 'path #/id'],
    ...[{}, { quantity: 0 }, { quantity: 1.5 }, { quantity: '5' }, { quantity: 1_000_001 }].map(
      restock,
    ),
    [
      'a restock with a bad key',
      `/books/${bookId}/restock`,
      post({ quantity: 1 }, { 'idempotency-key': 'a key with blanks' }),
      'header #/idempotency-key',
    ],
    ['the replicas of no book', '/books/x/replicas', {}, 'path #/id'],
    ['a limit of the log', '/orders?limit=0', {}, 'query #/limit'],
    ['a cursor of the log', '/orders?cursor=nonsense', {}, 'query #/cursor'],
  ];

  test.each(ofAdmins)('of an administrator, too: %s', async (_, path, call, ...pointers) => {
    const { errors = [] } = asProblem(await client.admin(path, call), 400, 'bad-input');
    const found = errors.map((fault) => `${fault.in} ${fault.pointer}`);
    expect(found.sort()).toEqual([...pointers].sort());
  });

  test('is refused: a cursor of another list', async () => {
    await Promise.all([1, 2].map(async () => asOrder(await client.buy(bookId), 201)));
    const paths = ['/books?limit=1', `/search?topic=${topic}&limit=1`, '/orders?limit=1'];
    await client.createBook({ id: nextId(), topic });
    for (const path of paths) {
      const { next } = (await client.admin(path)).body as { next: string };
      expect(next).toMatch(/^[\w-]+$/);
      for (const other of paths.filter((candidate) => candidate !== path)) {
        const answer = await client.admin(`${other}&cursor=${next}`);
        expect(asProblem(answer, 400, 'bad-input').errors).toMatchObject([{ pointer: '#/cursor' }]);
      }
    }
  });

  test('is refused: a body that is too large', async () => {
    const body = { quantity: 1, padding: 'x'.repeat(128 * 1024) };
    asProblem(await client.send(buy, post(body)), 413, 'body-too-large');
    asProblem(await client.admin('/books', post(body)), 413, 'body-too-large');
  });

  test('changes nothing', async () => {
    const before = await eventually(async () => {
      const replicas = await client.replicas(bookId);
      expect(replicas[0]?.stock).toBe(replicas[1]?.stock);
      return everything();
    });
    const requests = [...info, ...pages, ...queries, ...topics, ...purchases, ...ofAdmins];
    for (const [, path, call] of requests) {
      expect((await client.admin(path, call)).status).toBe(400);
    }
    expect(await everything()).toEqual(before);
  });
});

describe('a route', () => {
  test.each(['/nothing', '/info/1/more', '/buy', '/orders/1/pay', '/books/1/2/3'])(
    'that is unknown is answered 404: %s',
    async (path) => {
      asProblem(await client.send(path), 404, 'unknown-route');
      asProblem(await client.send(path, { method: 'POST' }), 404, 'unknown-route');
    },
  );

  test.each([
    ['POST', '/search', 'GET, HEAD, OPTIONS'],
    ['POST', '/search/tests', 'GET, HEAD, OPTIONS'],
    ['DELETE', '/books', 'GET, HEAD, POST, OPTIONS'],
    ['PUT', '/topics', 'GET, HEAD, OPTIONS'],
    ['DELETE', '/info/1', 'GET, HEAD, OPTIONS'],
    ['GET', '/buy/1', 'POST, OPTIONS'],
    ['PUT', '/orders/1', 'GET, HEAD, OPTIONS'],
    ['GET', '/orders/1/cancel', 'POST, OPTIONS'],
    ['GET', '/books/import', 'POST, OPTIONS'],
    ['PUT', '/orders', 'POST, GET, HEAD, OPTIONS'],
    ['GET', '/books/1', 'PATCH, OPTIONS'],
    ['DELETE', '/books/1', 'PATCH, OPTIONS'],
    ['GET', '/books/1/restock', 'POST, OPTIONS'],
    ['POST', '/books/1/replicas', 'GET, HEAD, OPTIONS'],
    ['POST', '/health', 'GET, HEAD, OPTIONS'],
    ['POST', '/', 'GET, HEAD, OPTIONS'],
    ['DELETE', '/basket', 'GET, HEAD, OPTIONS'],
  ])('does not take %s %s', async (method, path, allow) => {
    const answer = await client.send(path, { method });
    asProblem(answer, 405, 'wrong-method');
    expect(answer.headers.get('allow')).toBe(allow);
  });
});

describe('what only an administrator may do is refused', () => {
  const { id: _id, ...fields } = newBook(1);
  const calls: [string, Call][] = [
    ['/orders', {}],
    ['/books', post({ id: nextId(), ...fields })],
    [`/books/${bookId}`, { method: 'PATCH', body: { price: 1 } }],
    [`/books/${bookId}/restock`, post({ quantity: 1 })],
    [`/books/${bookId}/replicas`, {}],
    // Who is not let in is not told what is wrong with the request.
    ['/orders?limit=0', {}],
    ['/books', post('{')],
  ];
  const tokens: [string, () => Record<string, string>][] = [
    ['without a token', () => ({})],
    ['with a wrong token', () => ({ authorization: 'Bearer wrong' })],
    ['with an empty token', () => ({ authorization: 'Bearer ' })],
    ['with the token alone', () => ({ authorization: store.adminToken })],
    ['by another scheme', () => ({ authorization: `Basic ${store.adminToken}` })],
    ['with more than the token', () => ({ authorization: `Bearer ${store.adminToken} x` })],
    ['with a longer token', () => ({ authorization: `Bearer ${store.adminToken}x` })],
    ['with a shorter token', () => ({ authorization: `Bearer ${store.adminToken.slice(1)}` })],
  ];

  test.each(tokens)('%s', async (_, headersOf) => {
    const before = await everything();
    for (const [path, call] of calls) {
      const answer = await client.send(path, {
        ...call,
        headers: { ...call.headers, ...headersOf() },
      });
      asProblem(answer, 401, 'unauthorized');
      const challenge =
        answer.headers.get('www-authenticate') ??
        answer.headers.get('x-amzn-remapped-www-authenticate');
      expect(challenge).toMatch(/^Bearer/);
    }
    expect(await everything()).toEqual(before);
  });
});
