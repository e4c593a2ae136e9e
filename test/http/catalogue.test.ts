/** The catalogue over HTTP: searching, listing and looking up, and what an administrator changes. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  bookPageSchema,
  healthSchema,
  replicasSchema,
  searchPageSchema,
  topicsSchema,
} from '../../lib/http/schemas.js';
import { projectDir } from '../../local/project.js';
import { eventually } from '../support/eventually.js';
import { startStore, type RunningStore } from '../support/store.js';
import {
  allPages,
  as,
  asBook,
  asProblem,
  clientOf,
  freshKey,
  newBook,
  type Client,
} from './support/client.js';
import { runCommand } from './support/command.js';

const regions = ['us-east-1', 'eu-west-1'];
const extract = join(projectDir, 'test/data/books-extract.csv');

let store: RunningStore;
let client: Client;
let lastId = 1000;
const freshId = (): number => (lastId += 1);

beforeAll(async () => {
  // Freshness ends soon, so that a test may wait for it.
  store = await startStore({ env: { FRESH_SECONDS: '5' } });
  client = clientOf(store);
});

afterAll(() => store.stop());

const search = async (query: string) =>
  as(searchPageSchema, await client.send(`/search?topic=${query}`));
const info = async (id: number) => asBook(await client.send(`/info/${id}`));
const idsOf = (books: readonly { id: number }[]): number[] => books.map(({ id }) => id);
const change = (id: number, body: unknown) =>
  client.admin(`/books/${id}`, { method: 'PATCH', body });

describe('the first books', () => {
  test('are found by topic, in both forms of a search', async () => {
    const page = as(searchPageSchema, await client.send('/search/distributed%20systems'));

    expect(page).toEqual(await search('distributed%20systems'));
    expect(page.topic).toBe('distributed systems');
    expect(idsOf(page.books)).toEqual([1, 2, 5]);
    expect(idsOf((await search('graduate%20school')).books)).toEqual([3, 4, 6, 7]);
  });

  test.each([
    'DISTRIBUTED%20Systems',
    '%20%20distributed%20%20%20systems%20',
    'distributed+systems',
  ])('are found whatever the case and the spaces of the topic: %s', async (topic) => {
    expect(idsOf((await search(topic)).books)).toEqual([1, 2, 5]);
  });

  test('are not found by a topic that no book has', async () => {
    expect(await search('alchemy')).toEqual({ topic: 'alchemy', books: [] });
  });

  test('are looked up', async () => {
    expect(await info(2)).toEqual({
      id: 2,
      title: 'RPCs for Noobs',
      authors: ['Nelson Bird', 'Andrew Call'],
      topic: 'distributed systems',
      price: expect.any(Number),
      currency: 'USD',
      stock: 25,
    });
  });

  test('have their topics listed, sorted', async () => {
    const { topics } = as(topicsSchema, await client.send('/topics'));
    expect(topics).toEqual(['distributed systems', 'graduate school']);
  });
});

describe('a read', () => {
  test('says whether the cache answered, which replica was asked, and how long it took', async () => {
    const { id } = await client.createBook({ id: freshId() });
    const paths = [`/info/${id}`, '/search?topic=tests', '/books?limit=3', '/topics'];
    for (const path of paths) {
      await eventually(async () => {
        const { headers } = await client.send(path);
        expect(headers.get('x-cache')).toBe('miss');
        for (const region of (headers.get('x-replica') ?? '').split(', ')) {
          expect(regions).toContain(region);
        }
      });
      await eventually(async () => {
        const { headers } = await client.send(path);
        expect(headers.get('x-cache')).toBe('hit');
        expect(headers.get('x-replica')).toBeNull();
        expect(headers.get('server-timing')).toMatch(/(^|, )total;dur=\d/);
      });
      const { headers } = await client.send(path, { headers: { 'cache-control': 'no-cache' } });
      expect(headers.get('x-cache')).toBe('bypass');
      expect(headers.get('x-replica')).toMatch(/^(us-east-1|eu-west-1)/);
    }
  });

  test('of what has not changed is answered 304 without a body', async () => {
    const { id } = await client.createBook({ id: freshId() });
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
    asProblem(await client.send('/info/999999'), 404, 'unknown-book');
  });
});

describe('an administrator', () => {
  test('creates a book, which is found and looked up at once', async () => {
    const book = { ...newBook(freshId()), topic: `Topic ${freshKey()}`, stock: 11 };

    const answer = await client.admin('/books', { method: 'POST', body: book });

    expect(asBook(answer, 201)).toEqual({ ...book, currency: 'USD' });
    expect(answer.headers.get('location')).toBe(`/info/${book.id}`);
    expect(answer.headers.get('idempotency-key')).toMatch(/^\S+$/);
    expect(await info(book.id)).toEqual({ ...book, currency: 'USD' });
    expect(idsOf((await search(encodeURIComponent(book.topic))).books)).toEqual([book.id]);
    const { topics } = as(topicsSchema, await client.send('/topics'));
    expect(topics).toContain(book.topic.toLowerCase());
    expect(topics).toEqual([...topics].sort());
  });

  test('creates it once: again with its key it is the same answer, with another it exists', async () => {
    const body = newBook(freshId());
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

  test('changes each field by itself, and sees it at once', async () => {
    const book = await client.createBook({ id: freshId() });
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
    asProblem(await change(999_999, { price: 1 }), 404, 'unknown-book');
  });

  test('moves a book to another topic, where it is found at once and no longer where it was', async () => {
    const { id } = await client.createBook({ id: freshId(), topic: 'Left behind' });
    expect(idsOf((await search('left%20behind')).books)).toContain(id);
    expect((await search('arrived')).books).toEqual([]);

    await change(id, { topic: 'Arrived' });

    for (let time = 0; time < 10; time += 1) {
      expect(idsOf((await search('arrived')).books)).toEqual([id]);
      expect((await search('left%20behind')).books).toEqual([]);
    }
  });

  test('adds copies, once for each key', async () => {
    const { id } = await client.createBook({ id: freshId(), stock: 10 });
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
    asProblem(await restock(7, freshKey(), 999_999), 404, 'unknown-book');
    expect(asBook(await restock(7, freshKey())).stock).toBe(24);
    expect((await info(id)).stock).toBe(24);

    await eventually(async () => {
      const replicas = await client.replicas(id);
      expect(replicas.map(({ stock }) => stock)).toEqual([24, 24]);
      expect(replicas.reduce((sum, { rights = 0 }) => sum + rights, 0)).toBe(24);
      expect(replicas.reduce((sum, { stocked = 0 }) => sum + stocked, 0)).toBe(24);
    });
  });

  test("sees what each region's own table says", async () => {
    const book = await client.createBook({ id: freshId() });
    await eventually(async () => {
      const answer = await client.admin(`/books/${book.id}/replicas`);
      const { replicas } = as(replicasSchema, answer);
      expect(replicas.map(({ region }) => region)).toEqual(regions);
      for (const replica of replicas) {
        const { title, price, stock } = book;
        expect(replica).toMatchObject({ reachable: true, title, price, stock, rights: 5 });
      }
    });
    asProblem(await client.admin('/books/999999/replicas'), 404, 'unknown-book');
  });
});

test('the health of the store says of each region whether it answers and how far it is behind', async () => {
  const report = await eventually(async () => {
    const health = as(healthSchema, await client.send('/health'));
    expect(health.status).toBe('ok');
    for (const { behindMs } of health.regions) {
      for (const age of Object.values(behindMs)) expect(age).not.toBeNull();
    }
    return health;
  });
  expect(report.cache).toEqual({ reachable: true });
  expect(report.regions).toEqual([
    { region: 'us-east-1', reachable: true, behindMs: { 'eu-west-1': expect.any(Number) } },
    { region: 'eu-west-1', reachable: true, behindMs: { 'us-east-1': expect.any(Number) } },
  ]);
});

describe('a list of sixty books', () => {
  const topic = 'Paged';
  const ids: number[] = [];
  beforeAll(async () => {
    ids.push(...Array.from({ length: 60 }, freshId));
    await Promise.all(ids.map((id) => client.createBook({ id, topic, stock: 2 })));
  });

  test.each([
    ['by twenty where no limit is given', '', 20, 3],
    ['by seven', '&limit=7', 7, 9],
    ['one by one', '&limit=1', 1, 60],
    ['on one page', '&limit=100', 60, 1],
  ])('shows every book of a topic once, %s', async (_, limit, pageSize, pageCount) => {
    const pages = await allPages((cursor) => search(`paged${limit}${cursor}`));
    expect(pages.flatMap(({ books }) => idsOf(books))).toEqual(ids);
    expect(pages).toHaveLength(pageCount);
    expect(pages[0]?.books).toHaveLength(pageSize);
  });

  test.each(['', '?limit=1', '?limit=13', '?limit=100'])(
    'shows every book of the catalogue once: /books%s',
    async (query) => {
      const pages = await allPages(async (cursor) => {
        const separator = query === '' ? cursor.replace('&', '?') : query + cursor;
        return as(bookPageSchema, await client.send(`/books${separator}`));
      });
      const listed = pages.flatMap(({ books }) => idsOf(books));
      expect(new Set(listed).size).toBe(listed.length);
      expect(listed).toEqual(expect.arrayContaining([1, 2, 3, 4, 5, 6, 7, ...ids]));
      expect(listed).toHaveLength(7 + lastId - 1000);
    },
  );
});

describe('the commands', () => {
  const runImport = (args: readonly string[]) => runCommand('import', [extract, ...args]);
  const access = () => ['--url', store.url, '--token', store.adminToken];

  test('import a catalogue, and change nothing the second time', async () => {
    const first = await runImport(access());
    expect(first).toMatchObject({
      exitCode: 0,
      output: expect.stringMatching(/created 4\d, changed 7/),
    });
    const hunger = await info(1);
    expect(hunger).toMatchObject({ title: 'The Hunger Games (The Hunger Games, #1)', price: 2418 });
    const before = as(bookPageSchema, await client.send('/books?limit=100'));

    const second = await runImport(access());

    expect(second).toMatchObject({
      exitCode: 0,
      output: expect.stringMatching(/created 0, changed 0, same \d+, skipped 0, failed 0/),
    });
    expect(as(bookPageSchema, await client.send('/books?limit=100'))).toEqual(before);
    await eventually(async () => {
      for (const { id, price, stock, title } of before.books) {
        for (const replica of await client.replicas(id)) {
          expect(replica).toMatchObject({ price, stock, title });
        }
      }
    });
  });

  test('import nothing with a wrong token, or where no store answers, and exit with 1', async () => {
    const denied = await runImport(['--url', store.url, '--token', 'wrong']);
    expect(denied).toMatchObject({ exitCode: 1, output: expect.stringMatching(/token/) });
    const nowhere = await runImport(['--url', 'http://127.0.0.1:9', '--token', store.adminToken]);
    expect(nowhere).toMatchObject({
      exitCode: 1,
      output: expect.stringMatching(/does not answer/),
    });
  });

  test('find the stock right after traffic', async () => {
    const args = ['--clients', '4', '--seconds', '5', '--wait', '90', ...access()];
    expect(await runCommand('traffic', args)).toMatchObject({ exitCode: 0 });
  });
});
