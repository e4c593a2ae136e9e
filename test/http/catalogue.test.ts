/** The catalogue over HTTP: looking up and listing, and what an administrator changes. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  healthSchema,
  importResultsSchema,
  replicasSchema,
  searchPageSchema,
  topicsSchema,
} from '../../lib/http/schemas.js';
import { eventually } from '../../tools/eventually.js';
import {
  allPages,
  as,
  asBook,
  asProblem,
  freshKey,
  locationOf,
  newBook,
} from './support/client.js';
import { storeForTests, storeUnderTest } from './support/store-under-test.js';

const { store, client } = storeForTests(() =>
  // Freshness ends soon, so that a test may wait for it.
  storeUnderTest({ env: { FRESH_SECONDS: '5' } }),
);

/** Longer than an entry of the cache is fresh, and than a region's heart beats. */
const deadlineMs = 90_000;

const freshTopic = (): string => `Topic ${freshKey()}`;
const search = async (topic: string, query = '') =>
  as(searchPageSchema, await client.send(`/search?topic=${encodeURIComponent(topic)}${query}`));
const info = async (id: number) => asBook(await client.send(`/info/${id}`));
const idsOf = (books: readonly { id: number }[]): number[] => books.map(({ id }) => id);
const change = (id: number, body: unknown) =>
  client.admin(`/books/${id}`, { method: 'PATCH', body });

describe('a read', () => {
  test('says whether the cache answered, which replica was asked, and how long it took', async () => {
    const topic = freshKey();
    const { id } = await client.createBook({ id: store.freshId(), topic });
    const expectReplicas = (headers: Headers) => {
      const asked = (headers.get('x-replica') ?? '').split(', ');
      expect(store.regions).toEqual(expect.arrayContaining(asked));
    };
    for (const path of [`/info/${id}`, `/search?topic=${topic}`, '/books?limit=3', '/topics']) {
      await eventually(
        async () => {
          const { headers } = await client.send(path);
          expect(headers.get('x-cache')).toBe('miss');
          expectReplicas(headers);
        },
        { deadlineMs, everyMs: 250 },
      );
      await eventually(async () => {
        const { headers } = await client.send(path);
        expect(headers.get('x-cache')).toBe('hit');
        expect(headers.get('x-replica')).toBeNull();
        expect(headers.get('server-timing')).toMatch(/(^|, )total;dur=\d/);
      });
      const { headers } = await client.send(path, { headers: { 'cache-control': 'no-cache' } });
      expect(headers.get('x-cache')).toBe('bypass');
      expectReplicas(headers);
    }
  });

  test('of what has not changed is answered 304 without a body', async () => {
    const { id } = await client.createBook({ id: store.freshId() });
    const { headers } = await client.send(`/info/${id}`);
    const etag = headers.get('etag') as string;
    expect(etag).toMatch(/^"[^"]+"$/);
    for (const named of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const answer = await client.send(`/info/${id}`, { headers: { 'if-none-match': named } });
      expect(answer).toMatchObject({ status: 304, body: '' });
      expect(answer.headers.get('etag')).toBe(etag);
    }
    const other = await client.send(`/info/${id}`, { headers: { 'if-none-match': '"other"' } });
    expect(other.status).toBe(200);

    await client.buy(id);

    const changed = await client.send(`/info/${id}`, { headers: { 'if-none-match': etag } });
    expect(asBook(changed).stock).toBe(9);
    expect(changed.headers.get('etag')).not.toBe(etag);
  });

  test('of a book that is not there is refused', async () => {
    asProblem(await client.send(`/info/${store.freshId()}`), 404, 'unknown-book');
  });
});

describe('an administrator', () => {
  test('creates a book, which is found and looked up at once', async () => {
    const book = { ...newBook(store.freshId()), topic: freshTopic(), stock: 11 };

    const answer = await client.admin('/books', { method: 'POST', body: book });

    expect(asBook(answer, 201)).toEqual({ ...book, currency: 'USD', isListed: true });
    expect(locationOf(answer)).toBe(answer.url.replace('books', `info/${book.id}`));
    expect(answer.headers.get('idempotency-key')).toMatch(/^\S+$/);
    expect(await info(book.id)).toEqual({ ...book, currency: 'USD', isListed: true });
    expect(idsOf((await search(book.topic)).books)).toEqual([book.id]);
    const pages = await allPages(async (cursor) =>
      as(topicsSchema, await client.send(`/topics?limit=100${cursor}`)),
    );
    const topics = pages.flatMap((page) => page.topics);
    expect(topics).toContain(book.topic.toLowerCase());
    expect(topics).toEqual([...topics].sort());
  });

  test('creates it once: again with its key it is the same answer, with another it exists', async () => {
    const body = newBook(store.freshId());
    const key = freshKey();
    const create = (created: unknown, idempotencyKey: string) =>
      client.admin('/books', {
        method: 'POST',
        body: created,
        headers: { 'idempotency-key': idempotencyKey },
      });

    const first = await create(body, key);
    const again = await create(body, key);

    expect(first.headers.get('idempotency-key')).toBe(key);
    expect(asBook(again, 201)).toEqual(asBook(first, 201));
    asProblem(await create({ ...body, stock: 99 }, key), 422, 'key-reused');
    asProblem(await create(body, freshKey()), 409, 'book-exists');
    expect((await info(body.id)).stock).toBe(body.stock);
  });

  test('finds a topic by the name that it is listed under, also where that is longer than the topic', async () => {
    const topic = `${freshTopic()} `.padEnd(100, 'İ');
    const { id } = await client.createBook({ id: store.freshId(), topic });

    expect(topic.toLowerCase().length).toBeGreaterThan(topic.length);
    expect(idsOf((await search(topic.toLowerCase())).books)).toEqual([id]);
  });

  test('is found by its words, and after a change by its new ones', async () => {
    const [mark, topic] = [`mark${store.freshId()}`, freshTopic()];
    const find = async (q: string, inTopic = '') =>
      idsOf(
        as(searchPageSchema, await client.send(`/search?q=${encodeURIComponent(q)}${inTopic}`))
          .books,
      );
    const book = { id: store.freshId(), title: `Œuvres ${mark}`, authors: ['Ada O’Quick'], topic };
    const { id } = await client.createBook(book);
    await eventually(async () => expect(await find(`${mark} OEUVRES oquick`)).toEqual([id]));
    expect(await find(mark.slice(0, -1), `&topic=${encodeURIComponent(topic)}`)).toEqual([id]);
    expect(await find(`${mark} nobody`)).toEqual([]);

    await change(id, { title: `Works of ${mark}` });

    expect(await find(`${mark} oeuvres`)).toEqual([]);
    await eventually(async () => expect(await find(`works ${mark}`)).toEqual([id]));
  });

  test('changes each field by itself, and sees it at once', async () => {
    const book = await client.createBook({ id: store.freshId() });
    const changes = [
      { title: 'Another title' },
      { authors: ['One', 'Two'] },
      { price: 0 },
      { topic: `Moved ${book.id}` },
    ];
    let expected = book;
    for (const fields of changes) {
      expected = { ...expected, ...fields };
      expect(asBook(await change(book.id, fields))).toEqual(expected);
      expect(await info(book.id)).toEqual(expected);
    }
    await eventually(async () => {
      for (const replica of await client.replicas(book.id)) {
        expect(replica).toMatchObject({ title: 'Another title', price: 0 });
      }
    });
    asProblem(await change(store.freshId(), { price: 1 }), 404, 'unknown-book');
  });

  test('moves a book to another topic, where it is found at once and no longer where it was', async () => {
    const [left, arrived] = [freshTopic(), freshTopic()];
    const { id } = await client.createBook({ id: store.freshId(), topic: left });
    expect(idsOf((await search(left)).books)).toEqual([id]);
    expect((await search(arrived)).books).toEqual([]);

    await change(id, { topic: arrived });

    for (let time = 0; time < 10; time += 1) {
      expect(idsOf((await search(arrived)).books)).toEqual([id]);
      expect((await search(left)).books).toEqual([]);
    }
  });

  test('adds copies, once for each key', async () => {
    const { id } = await client.createBook({ id: store.freshId(), stock: 10 });
    const restock = (quantity: number, key: string, bookId = id) =>
      client.admin(`/books/${bookId}/restock`, {
        method: 'POST',
        body: { quantity },
        headers: { 'idempotency-key': key },
      });
    const key = freshKey();

    const first = await restock(7, key);
    expect(asBook(first).stock).toBe(17);
    expect(first.headers.get('idempotency-key')).toBe(key);
    const again = await Promise.all(Array.from({ length: 10 }, () => restock(7, key)));
    for (const answer of again) expect(asBook(answer).stock).toBe(17);
    asProblem(await restock(8, key), 422, 'key-reused');
    asProblem(await restock(7, freshKey(), store.freshId()), 404, 'unknown-book');
    expect(asBook(await restock(7, freshKey())).stock).toBe(24);
    expect((await info(id)).stock).toBe(24);

    await eventually(async () => {
      const replicas = await client.replicas(id);
      expect(replicas.map(({ stock }) => stock)).toEqual(store.regions.map(() => 24));
      expect(replicas.reduce((sum, { rights = 0 }) => sum + rights, 0)).toBe(24);
      expect(replicas.reduce((sum, { stocked = 0 }) => sum + stocked, 0)).toBe(24);
    });
  });

  test('writes copies off, once for each key, and no more than are left', async () => {
    const { id } = await client.createBook({ id: store.freshId(), stock: 10 });
    const writeOff = (body: unknown, key: string, bookId = id) =>
      client.admin(`/books/${bookId}/write-off`, {
        method: 'POST',
        body,
        headers: { 'idempotency-key': key },
      });
    const key = freshKey();
    const body = { quantity: 3, reason: ' Water\u00a0damage ' };

    const answers = [await writeOff(body, key), await writeOff(body, key)];

    for (const answer of answers) expect(asBook(answer).stock).toBe(7);
    asProblem(await writeOff({ quantity: 4 }, key), 422, 'key-reused');
    asProblem(await writeOff({ quantity: 0 }, freshKey()), 400, 'bad-input');
    asProblem(await writeOff({ quantity: 1 }, freshKey(), store.freshId()), 404, 'unknown-book');
    const refused = asProblem(await writeOff({ quantity: 8 }, freshKey()), 409, 'sold-out');
    expect(refused).toMatchObject({ items: [{ bookId: id, available: 7 }] });
    expect((await info(id)).stock).toBe(7);
    await eventually(async () => {
      const replicas = await client.replicas(id);
      expect(replicas.map(({ stock }) => stock)).toEqual(store.regions.map(() => 7));
      expect(replicas.reduce((sum, { writtenOff = 0 }) => sum + writtenOff, 0)).toBe(3);
    });
  });

  test('takes a book off sale and puts it back', async () => {
    const topic = freshTopic();
    const book = await client.createBook({ id: store.freshId(), topic });

    expect(asBook(await change(book.id, { isListed: false }))).toEqual({
      ...book,
      isListed: false,
    });

    expect(await info(book.id)).toEqual({ ...book, isListed: false });
    expect((await search(topic)).books).toEqual([]);
    const refused = asProblem(await client.buy(book.id), 409, 'not-for-sale');
    expect(refused).toMatchObject({ items: [{ bookId: book.id }] });
    await change(book.id, { isListed: true });
    expect(idsOf((await search(topic)).books)).toEqual([book.id]);
    expect((await client.buy(book.id)).status).toBe(201);
  });

  test('says more of a book, takes it away again, and finds it by either form of its ISBN', async () => {
    const fields = {
      isbn: '0-439-02348-3',
      year: 2008,
      language: 'EN-us',
      description: 'One line.\r\n\r\n Another  line. ',
    };
    const kept = {
      isbn: '9780439023481',
      year: 2008,
      language: 'en-US',
      description: 'One line.\n\nAnother line.',
    };
    const book = newBook(store.freshId());
    const answer = await client.admin('/books', { method: 'POST', body: { ...book, ...fields } });
    expect(asBook(answer, 201)).toMatchObject(kept);
    const byIsbn = async (isbn: string) => client.send(`/info?isbn=${encodeURIComponent(isbn)}`);
    for (const isbn of ['9780439023481', '978-0-439-02348-1', '0439023483']) {
      await eventually(async () => expect(asBook(await byIsbn(isbn)).id).toBe(book.id));
    }

    const rest = await change(book.id, { isbn: null, year: null, description: null });

    expect(asBook(rest)).toEqual({ ...book, currency: 'USD', isListed: true, language: 'en-US' });
    asProblem(await byIsbn('0439023483'), 404, 'unknown-book');
    for (const wrong of [
      { isbn: '0439023484' },
      { year: 3000 },
      { language: 'English' },
      { title: null },
    ]) {
      asProblem(await change(book.id, wrong), 400, 'bad-input');
    }
    asProblem(await byIsbn('0439023484'), 400, 'bad-input');
    asProblem(await client.send('/info'), 400, 'bad-input');
    asProblem(await client.send(`/info/${book.id}?isbn=0439023483`), 400, 'bad-input');
  });

  test('imports many books, each once, and is told what became of each', async () => {
    const topic = freshTopic();
    const known = await client.createBook({ id: store.freshId(), topic, stock: 4 });
    const ids = Array.from({ length: 99 }, () => store.freshId());
    const books = ids.map((id) => ({ ...newBook(id), topic, stock: 6 }));
    const { currency: _currency, isListed: _isListed, ...sent } = known;
    const changed = { ...sent, price: 77, stock: 90 };
    const importAll = async () =>
      as(
        importResultsSchema,
        await client.admin('/books/import', {
          method: 'POST',
          body: { books: [changed, ...books] },
        }),
      ).results;

    expect(await importAll()).toEqual([
      { id: known.id, outcome: 'changed' },
      ...ids.map((id) => ({ id, outcome: 'created' })),
    ]);
    expect(await info(known.id)).toEqual({ ...known, price: 77 });
    const pages = await allPages((cursor) => search(topic, `&limit=100${cursor}`));
    expect(pages.flatMap((page) => idsOf(page.books))).toEqual(
      [known.id, ...ids].sort((one, other) => one - other),
    );

    const again = await importAll();
    expect(new Set(again.map(({ outcome }) => outcome))).toEqual(new Set(['unchanged']));
    await eventually(async () => {
      for (const id of [ids[0] as number, ids.at(-1) as number]) {
        const replicas = await client.replicas(id);
        expect(replicas.map(({ stock }) => stock)).toEqual(store.regions.map(() => 6));
      }
    });
  });

  test('imports nothing without the token', async () => {
    const book = newBook(store.freshId());
    const sent = { method: 'POST', body: { books: [book] } };
    asProblem(await client.send('/books/import', sent), 401, 'unauthorized');
    asProblem(await client.send(`/info/${book.id}`), 404, 'unknown-book');
  });

  test("sees what each region's own table says", async () => {
    const book = await client.createBook({
      id: store.freshId(),
      stock: 5 * store.regions.length,
    });
    await eventually(async () => {
      const answer = await client.admin(`/books/${book.id}/replicas`);
      const { replicas } = as(replicasSchema, answer);
      expect(replicas.map(({ region }) => region)).toEqual(store.regions);
      for (const replica of replicas) {
        const { title, price, stock } = book;
        expect(replica).toMatchObject({ reachable: true, title, price, stock, rights: 5 });
      }
    });
    asProblem(await client.admin(`/books/${store.freshId()}/replicas`), 404, 'unknown-book');
  });
});

test('the health of the store says of each region whether it answers and how far it is behind', async () => {
  const report = await eventually(
    async () => {
      const health = as(healthSchema, await client.send('/health'));
      expect(health.status).toBe('ok');
      for (const { behindMs } of health.regions) {
        for (const age of Object.values(behindMs)) expect(age).not.toBeNull();
      }
      return health;
    },
    { deadlineMs },
  );
  expect(report.cache).toEqual({ reachable: true });
  for (const { region, reachable, behindMs } of report.regions) {
    expect(reachable).toBe(true);
    expect(Object.keys(behindMs)).toEqual(store.regions.filter((other) => other !== region));
  }
});

describe('a list of seven books', () => {
  const topic = freshTopic();
  const ids: number[] = [];
  beforeAll(async () => {
    ids.push(...Array.from({ length: 7 }, () => store.freshId()));
    await Promise.all(ids.map((id) => client.createBook({ id, topic, stock: 2 })));
  });

  test.each([
    ['three by three', 3, 3],
    ['one by one', 1, 7],
    ['on one page', 100, 1],
  ])('shows every book of a topic once, %s', async (_, limit, pageCount) => {
    const pages = await allPages((cursor) => search(topic, `&limit=${limit}${cursor}`));
    expect(pages.flatMap(({ books }) => idsOf(books))).toEqual(ids);
    expect(pages).toHaveLength(pageCount);
  });
});
