/** Lists that are large, and readers who make up what they ask for. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buyHandler } from '../../../functions/buy.js';
import { infoHandler } from '../../../functions/info.js';
import { listBooksHandler } from '../../../functions/list-books.js';
import { listTopicsHandler } from '../../../functions/list-topics.js';
import { searchHandler } from '../../../functions/search.js';
import { listingKeyOf } from '../../../lib/tables/book-item.js';
import { encodeCursor } from '../../../lib/http/cursor.js';
import type { DocumentClient } from '../../../lib/dynamodb/table-link.js';
import { clientsOf } from '../../../lib/lambda/clients.js';
import type { Replica } from '../../../lib/tables/replica.js';
import type { Region } from '../../../lib/rules/sites.js';
import { updateBook } from '../../../lib/store/manage-books.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { listTopics, searchByTopic } from '../../../lib/store/list-books.js';
import { intercept, recordCalls, type Recording } from '../../support/barrier.js';
import { create } from '../../support/books.js';
import { patience, testSecrets } from '../../support/front-ends.js';
import { itemsOf, listed, putAll } from '../../support/raw-items.js';
import { apiOf, request, type Reply } from '../../support/requests.js';
import { startStage, type Stage } from '../../support/stage.js';

const here: Region = 'us-east-1';
const there: Region = 'eu-west-1';

/** A topic as long as the API takes it, in letters of three bytes. */
const longTopic = (number: number): string =>
  `${String(number).padStart(5, '0')} `.padEnd(100, '書');

const clientOf = ({ config }: Stage['emulators'], region: Region): DocumentClient =>
  clientsOf(config, region, config.DYNAMODB_ENDPOINTS?.[region]).write;

/** Walks through a list as a client does. */
async function walk(
  ask: (cursor: Record<string, string>) => Promise<Reply>,
): Promise<Record<string, unknown>[]> {
  const pages: Record<string, unknown>[] = [];
  let cursor: Record<string, string> = {};
  for (;;) {
    const { status, body } = await ask(cursor);
    expect(status).toBe(200);
    pages.push(body);
    if (body['next'] === undefined) return pages;
    cursor = { cursor: body['next'] as string };
  }
}

const askTopics =
  (front: FrontEnd, limit?: number) =>
  (cursor: Record<string, string> = {}): Promise<Reply> =>
    request(listTopicsHandler(apiOf(front)), {
      query: { ...(limit !== undefined && { limit: String(limit) }), ...cursor },
    });

const topicsOn = (pages: readonly Record<string, unknown>[]): string[] =>
  pages.flatMap(({ topics }) => topics as string[]);

describe('a catalogue of 1,500 long topics', () => {
  const topics = Array.from({ length: 1_500 }, (_, number) => longTopic(number));
  let stage: Stage;
  let front: FrontEnd;
  let cacheTable: string;

  beforeAll(async () => {
    stage = await startStage({ environment: patience });
    const items = topics.map((topic, number) => listed(number + 1, topic));
    for (const { catalog, region } of stage.front().replicas) {
      await putAll(clientOf(stage.emulators, region), catalog.name, items);
    }
    cacheTable = await stage.cacheTable();
    front = stage.front({ cacheTable });
  });

  afterAll(() => stage.stop());

  test.each([undefined, 7, 100])('is paged through, each topic once: limit %s', async (limit) => {
    for (const _time of ['not cached', 'cached']) {
      const pages = await walk(askTopics(front, limit));
      expect(topicsOn(pages)).toEqual(topics);
      expect(pages).toHaveLength(Math.ceil(1_500 / (limit ?? 20)));
    }
  });

  test('is kept in items that do not grow with it', async () => {
    await walk(askTopics(front, 100));
    const { config } = stage.emulators;
    const { write } = clientsOf(config, config.AWS_REGION, config.CACHE_ENDPOINT);
    const sizes = (await itemsOf(write, cacheTable)).map((item) => JSON.stringify(item).length);
    expect(Math.max(...sizes)).toBeLessThan(100_000);
  });
});

describe('topics of many books', () => {
  let stage: Stage;
  let replica: Replica;
  let calls: Recording;

  beforeAll(async () => {
    stage = await startStage({ environment: patience });
    calls = recordCalls();
    [replica] = stage.front({ faults: intercept(calls.interceptor) }).replicas as [Replica];
    const client = clientOf(stage.emulators, here);
    const books = (topic: string, firstId: number, count: number) =>
      Array.from({ length: count }, (_, number) => listed(firstId + number, topic));
    await putAll(client, replica.catalog.name, [
      ...books('a huge one', 1, 3_000),
      ...books('b small one', 3_001, 1),
      ...Array.from({ length: 30 }, (_, number) =>
        books(`c ${number + 10}`, 4_000 + 200 * number, 160),
      ).flat(),
    ]);
  });

  afterAll(() => stage.stop());

  test('are skipped: 3,000 books cost a Query of each shard', async () => {
    calls.clear();
    const { entries } = await replica.listing.topics({ from: '', limit: 2 });
    expect(entries.slice(0, 2)).toEqual(['a huge one', 'b small one']);
    expect(calls.calls.length).toBeLessThanOrEqual(4 * 2);
  });

  test('end a page before it is full, after 25 Queries of each shard, and it goes on from there', async () => {
    calls.clear();
    const first = await replica.listing.topics({ from: '', limit: 30 });
    expect(calls.counted()).toEqual({ [`${here} Query`]: 100 });
    expect(first.entries.length).toBeGreaterThanOrEqual(25);
    expect(first.entries.length).toBeLessThan(30);
    expect(first.until).toBe(first.entries.at(-1));

    const rest = await replica.listing.topics({ from: String(first.until), limit: 30 });
    expect([...first.entries.slice(0, -1), ...rest.entries]).toEqual([
      'a huge one',
      'b small one',
      ...Array.from({ length: 30 }, (_, number) => `c ${number + 10}`),
    ]);
  });
});

describe('readers who make up what they ask for', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await startStage();
  });

  afterAll(() => stage.stop());

  /** A front end over a topic of thirty books, and what lies in its cache table. */
  async function scene() {
    const cacheTable = await stage.cacheTable();
    const front = stage.front({ cacheTable });
    const { config } = stage.emulators;
    const { read } = clientsOf(config, config.AWS_REGION, config.CACHE_ENDPOINT);
    const ids = async () => (await itemsOf(read, cacheTable)).map(({ id }) => String(id)).sort();
    const api = apiOf(front);
    return {
      front,
      ids,
      search: (topic: string, query: Record<string, string> = {}) =>
        request(searchHandler(api), { path: { topic }, query }),
      books: (query: Record<string, string>) => request(listBooksHandler(api), { query }),
      topics: (query: Record<string, string>) => request(listTopicsHandler(api), { query }),
      info: (id: number) => request(infoHandler(api), { path: { id: String(id) } }),
      buy: (id: number) =>
        request(buyHandler(api, testSecrets), { method: 'POST', path: { id: String(id) } }),
    };
  }

  /** A cursor of their topic. */
  const behind = (position: number | string): string =>
    encodeCursor('topic', String(position), 'much read');

  let firstId: number;

  beforeAll(async () => {
    const front = stage.front();
    const ids: number[] = [];
    for (let book = 0; book < 30; book += 1) {
      ids.push(await stage.bookEverywhere(here, { topic: 'Much read' }));
    }
    [firstId] = ids as [number];
    expect((await searchByTopic(front, 'much read', { limit: 100, after: '' })).books).toHaveLength(
      30,
    );
  });

  test('leave the cache as it was, a thousand requests of theirs', async () => {
    const { ids, search, books, topics, info, buy } = await scene();
    await search('much read', { limit: '100' });
    await search('much read');
    await books({});
    await topics({});
    const before = await ids();

    const madeUp = (number: number): Promise<Reply>[] => {
      const unknown = 500_000 + number;
      const text = `made up ${number}`;
      return [
        search(text),
        search(text.toUpperCase(), { limit: '100' }),
        // Behind its first book lies no other place than those of its books.
        search('much read', { cursor: behind(unknown) }),
        search('much read', {
          cursor: behind(`${firstId}`.padStart(4 + (number % 9), '0')),
        }),
        books({ cursor: encodeCursor('shelf', listingKeyOf(`a ${text}`, unknown)) }),
        topics({ cursor: encodeCursor('topics', `a ${text}`) }),
        info(unknown),
        buy(unknown),
      ];
    };
    for (let number = 0; number < 125; number += 1) {
      const replies = await Promise.all(madeUp(number));
      expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200, 404, 404]);
    }

    // The page behind the first book is one that clients are told of.
    const page = `page#topic:much read#ids#20#${firstId}`;
    expect((await ids()).filter((id) => id !== page)).toEqual(before);
  });

  test('make two pages of a place, whatever limit they ask for and however they spell the topic', async () => {
    const { ids, search } = await scene();
    await search('much read');
    await search('much read', { limit: '100' });
    const before = await ids();

    for (let limit = 1; limit <= 100; limit += 1) {
      const spelling = limit % 2 === 0 ? 'MUCH  Read' : ' much reaD';
      const { body } = await search(spelling, { limit: String(limit) });
      expect(body['books']).toHaveLength(Math.min(limit, 30));
    }

    expect(await ids()).toEqual(before);
  });

  test('are answered what lies behind their cursor', async () => {
    const { search } = await scene();
    const { body } = await search('much read', {
      cursor: behind(firstId + 1),
    });
    const shown = (body['books'] as { id: number }[]).map(({ id }) => id);
    expect(shown).toHaveLength(20);
    expect(Math.min(...shown)).toBeGreaterThan(firstId + 1);
  });

  test('find a page that has become empty as it is, though it is kept', async () => {
    const id = await stage.bookEverywhere(here);
    const { front, search } = await scene();
    expect((await search(`topic ${id}`)).body['books']).toHaveLength(1);

    await updateBook(front, id, { topic: 'elsewhere' });

    for (const use of ['miss', 'hit']) {
      const { body, headers } = await search(`topic ${id}`);
      expect([body['books'], headers['x-cache']]).toEqual([[], use]);
    }
  });
});

test('G5: a topic that only one region still lists is settled by what is known of its first books', async () => {
  const stage = await startStage();
  const id = await stage.bookEverywhere(here, { topic: 'left behind' });
  const only = await stage.bookEverywhere(here, { topic: 'still there' });
  const front = await stage.freshFront();

  await updateBook(front, id, { topic: 'arrived' });
  const heard = await create(front, stage.nextId(there), { topic: 'just made' }).then(() =>
    listTopics(front, { limit: 100, after: '' }),
  );

  expect(heard.topics).toEqual(['arrived', 'just made', 'still there']);
  const { topics, next } = await listTopics(front, { limit: 1, after: 'arrived' });
  expect([topics, next]).toEqual([['just made'], 'just made']);
  expect(only).toBeGreaterThan(0);
  stage.stop();
});
