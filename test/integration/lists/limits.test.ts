/** Lists that are large, and readers who make up what they ask for. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buyHandler } from '../../../functions/buy.js';
import { listingKeyOf } from '../../../lib/tables/book-item.js';
import { encodeCursor } from '../../../lib/http/cursor.js';
import type { Replica } from '../../../lib/tables/replica.js';
import type { Region } from '../../../lib/rules/sites.js';
import { updateBook } from '../../../lib/store/manage-books.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { listTopics } from '../../../lib/store/list-books.js';
import { recordCalls, type Recording } from '../../support/faults/barrier.js';
import { create, idsOfTopic, topicsOf } from '../../support/books/books.js';
import { patience, testSecrets } from '../../support/tables/front-ends.js';
import { itemsOf, listed, putAll } from '../../support/tables/raw-items.js';
import { apiOf, readerOf, request, type Reply } from '../../support/requests/requests.js';
import { startStage, type Stage } from '../../support/stages/stage.js';

const here: Region = 'us-east-1';
const there: Region = 'eu-west-1';

/** A topic as long as the API takes it, in letters of three bytes. */
const longTopic = (number: number): string =>
  `${String(number).padStart(5, '0')} `.padEnd(100, '書');

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

const askTopics = (front: FrontEnd, limit?: number) => {
  const { topics } = readerOf(front);
  return (cursor: Record<string, string>): Promise<Reply> =>
    topics({ ...(limit !== undefined && { limit: String(limit) }), ...cursor });
};

const topicsOn = (pages: readonly Record<string, unknown>[]): string[] =>
  pages.flatMap(({ topics }) => topics as string[]);

describe('a catalogue of 300 long topics', () => {
  const topics = Array.from({ length: 300 }, (_, number) => longTopic(number));
  let stage: Stage;
  let front: FrontEnd;
  let cacheTable: string;

  beforeAll(async () => {
    stage = await startStage({ environment: patience });
    const items = topics.map((topic, number) => listed(number + 1, topic));
    for (const { catalog, region } of stage.front().replicas) {
      await putAll(stage.client(region), catalog.name, items);
    }
    cacheTable = await stage.cacheTable();
    front = stage.front({ cacheTable });
  });

  afterAll(() => stage.stop());

  test.each([undefined, 7, 100])('is paged through, each topic once: limit %s', async (limit) => {
    for (const _time of ['not cached', 'cached']) {
      const pages = await walk(askTopics(front, limit));
      expect(topicsOn(pages)).toEqual(topics);
      expect(pages).toHaveLength(Math.ceil(300 / (limit ?? 20)));
    }
  });

  test('is kept in items that do not grow with it', async () => {
    await walk(askTopics(front, 100));
    const items = await itemsOf(stage.client('cache'), cacheTable);
    // All topics of the catalogue in one item were 30,000 characters.
    expect(Math.max(...items.map((item) => JSON.stringify(item).length))).toBeLessThan(20_000);
  });
});

describe('topics of many books', () => {
  let stage: Stage;
  let replica: Replica;
  let calls: Recording;

  beforeAll(async () => {
    stage = await startStage({ environment: patience });
    calls = recordCalls();
    [replica] = stage.front({ faults: [calls.interceptor] }).replicas as [Replica];
    const client = stage.client(here);
    const books = (topic: string, firstId: number, count: number) =>
      Array.from({ length: count }, (_, number) => listed(firstId + number, topic));
    await putAll(client, replica.catalog.name, [
      ...books('a huge one', 1, 600),
      ...books('b small one', 601, 1),
      ...Array.from({ length: 30 }, (_, number) =>
        books(`c ${number + 10}`, 4_000 + 200 * number, 160),
      ).flat(),
    ]);
  });

  afterAll(() => stage.stop());

  test('are skipped: 600 books cost a Query of each shard', async () => {
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
  /** A front end over a topic of thirty books, and what lies in its cache table. */
  async function scene() {
    const cacheTable = await stage.cacheTable();
    const front = stage.front({ cacheTable });
    const ids = async () =>
      (await itemsOf(stage.client('cache'), cacheTable)).map(({ id }) => String(id)).sort();
    return {
      front,
      ids,
      ...readerOf(front),
      buy: (id: number) =>
        request(buyHandler(apiOf(front), testSecrets), {
          method: 'POST',
          path: { id: String(id) },
        }),
    };
  }

  /** A cursor of their topic. */
  const behind = (position: number | string): string =>
    encodeCursor('topic', String(position), 'much read');

  let firstId: number;

  beforeAll(async () => {
    stage = await startStage();
    const ids = Array.from({ length: 30 }, () => stage.nextId(here));
    for (const id of ids) await create(stage.front(), id, { topic: 'Much read' });
    await stage.post.settle();
    [firstId] = ids as [number];
    expect(await idsOfTopic(stage.front(), 'much read')).toEqual(ids);
  });

  afterAll(() => stage.stop());

  test('leave the cache as it was, a hundred requests of theirs', async () => {
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
        search('much read', { cursor: behind(`${firstId}`.padStart(4 + (number % 9), '0')) }),
        books({ cursor: encodeCursor('shelf', listingKeyOf(`a ${text}`, unknown)) }),
        topics({ cursor: encodeCursor('topics', `a ${text}`) }),
        info(unknown),
        buy(unknown),
      ];
    };
    for (let number = 0; number < 15; number += 1) {
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

    for (let limit = 1; limit <= 100; limit += 9) {
      const spelling = limit % 2 === 0 ? 'MUCH  Read' : ' much reaD';
      const { body } = await search(spelling, { limit: String(limit) });
      expect(body['books']).toHaveLength(Math.min(limit, 30));
    }

    expect(await ids()).toEqual(before);
  });

  test('are answered what lies behind their cursor', async () => {
    const { search } = await scene();
    const { body } = await search('much read', { cursor: behind(firstId + 1) });
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
  await stage.bookEverywhere(here, { topic: 'still there' });
  const front = await stage.freshFront();

  await updateBook(front, id, { topic: 'arrived' });
  await create(front, stage.nextId(there), { topic: 'just made' });

  expect(await topicsOf(front)).toEqual(['arrived', 'just made', 'still there']);
  const { topics, next } = await listTopics(front, { limit: 1, after: 'arrived' });
  expect([topics, next]).toEqual([['just made'], 'just made']);
  stage.stop();
});
