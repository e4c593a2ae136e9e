import { describe, expect, test } from '@jest/globals';
import { invalidateHandler } from '../../../functions/invalidate.js';
import type { Region } from '../../../lib/rules/sites.js';
import { createBook, restockBook, updateBook } from '../../../lib/store/manage-books.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { searchByTopic } from '../../../lib/store/list-books.js';
import { recordCalls } from '../../support/faults/barrier.js';
import {
  create,
  idsListed,
  idsOfTopic,
  sampleBook,
  shown,
  topicsOf,
} from '../../support/books/books.js';
import { order } from '../../support/books/buyers.js';
import {
  afterFirst,
  answerLost,
  isTransaction,
  isWrite,
  unreachable,
} from '../../support/faults/faults.js';
import { testSecrets } from '../../support/tables/front-ends.js';
import { announce, queueEvent, type Letter } from '../../support/tables/post.js';
import { apiOf } from '../../support/requests/requests.js';
import { openStage } from '../../support/stages/open.js';

const home: Region = 'us-east-1';
const other: Region = 'eu-west-1';

const stage = await openStage();

/** A front end that hears of what others do by announcements alone. */
const hearer = (): Promise<FrontEnd> =>
  stage.freshFront({ region: home, routing: { reads: 'nearest' } });

describe('G5: an announcement', () => {
  test('of a sale is shown where the cache held the book, and where it did not', async () => {
    const id = await stage.bookEverywhere(home, { stock: 20 });
    const holder = await hearer();
    await shown(holder, id);
    // What is read of the other region is old: only the announcement can tell.
    const cacheTable = await stage.cacheTable();
    const newcomer = stage.front({ cacheTable, region: other, routing: { reads: 'nearest' } });
    const seller = stage.front({ region: home, routing: { sales: 'nearest' } });

    await order(seller, id, { quantity: 2 });
    const letters = await stage.post.collect(home);
    await announce(letters, holder);
    await announce(letters, newcomer);

    expect((await shown(holder, id)).stock).toBe(18);
    expect((await shown(newcomer, id)).stock).toBe(18);
  });

  test('of a sale renews no list', async () => {
    const id = await stage.bookEverywhere(home);
    const calls = recordCalls();
    const front = await stage.freshFront({ faults: [calls.interceptor] });
    await shown(front, id);
    await idsOfTopic(front, `topic ${id}`);
    await order(stage.front(), id);
    const letters = [...(await stage.post.collect(home)), ...(await stage.post.collect(other))];

    expect(await calls.during(() => announce(letters, front))).toEqual({
      'cache BatchGet': 1,
      'cache Update': 1,
    });
    const search = await searchByTopic(front, `topic ${id}`, { limit: 100, after: '0' });
    expect(search.cacheUse).toBe('hit');
  });

  test('of a new price renews no list', async () => {
    const id = await stage.bookEverywhere(home);
    const front = await hearer();
    await idsOfTopic(front, `topic ${id}`);
    await updateBook(stage.front(), id, { price: 1 });

    await announce(await stage.post.collect(home), front);

    expect((await shown(front, id)).price).toBe(1);
    const search = await searchByTopic(front, `topic ${id}`, { limit: 100, after: '0' });
    expect(search.cacheUse).toBe('hit');
  });

  test('of a new book shows it in its topic, among the books and its topic among the topics', async () => {
    const id = stage.nextId(home);
    const front = await hearer();
    expect(await idsOfTopic(front, `topic ${id}`)).toEqual([]);
    await idsListed(front);
    await topicsOf(front);

    await create(stage.front(), id);
    await announce(await stage.post.collect(home), front);

    expect(await idsOfTopic(front, `topic ${id}`)).toEqual([id]);
    expect(await idsListed(front)).toContain(id);
    expect(await topicsOf(front)).toContain(`topic ${id}`);
  });

  test('of a moved book shows it in the new topic and not in the old', async () => {
    const id = await stage.bookEverywhere(home);
    const front = await hearer();
    expect(await idsOfTopic(front, `topic ${id}`)).toEqual([id]);
    expect(await idsOfTopic(front, `moved ${id}`)).toEqual([]);

    await updateBook(stage.front(), id, { topic: `moved ${id}` });
    await announce(await stage.post.collect(home), front);

    expect(await idsOfTopic(front, `topic ${id}`)).toEqual([]);
    expect(await idsOfTopic(front, `moved ${id}`)).toEqual([id]);
  });

  test('that is known already writes nothing, whichever region it comes from', async () => {
    const id = await stage.bookEverywhere(home);
    const calls = recordCalls();
    const front = await stage.freshFront({ faults: [calls.interceptor] });
    await updateBook(stage.front(), id, { topic: `moved ${id}` });
    const letters: Letter[] = await stage.post.collect(home);
    await announce(letters, front);
    await stage.post.settle();

    calls.clear();
    await announce(letters, front);
    await announce(letters, front);

    expect(calls.counted()).toEqual({ 'cache BatchGet': 2 });
  });

  test('that could not be taken whole is taken whole when it comes again', async () => {
    const id = await stage.bookEverywhere(home);
    const cacheTable = await stage.cacheTable();
    const front = stage.front({ cacheTable, region: home, routing: { reads: 'nearest' } });
    await idsOfTopic(front, `topic ${id}`);
    await idsOfTopic(front, `moved ${id}`);
    await updateBook(stage.front(), id, { topic: `moved ${id}` });
    const letters = await stage.post.collect(home);

    // Each try gets one write further than the one before it.
    for (let writes = 0; ; writes += 1) {
      const failing = stage.front({
        cacheTable,
        faults: [unreachable(afterFirst(writes, isWrite))],
      });
      try {
        await announce(letters, failing);
        break;
      } catch {
        expect(writes).toBeLessThan(10);
      }
    }

    expect(await idsOfTopic(front, `topic ${id}`)).toEqual([]);
    expect(await idsOfTopic(front, `moved ${id}`)).toEqual([id]);
  });
});

test('G5: a batch of announcements is read in one call, and renews each of its lists once', async () => {
  const ids = Array.from({ length: 5 }, () => stage.nextId(home));
  const topic = `topic of ${ids[0]}`;
  const calls = recordCalls();
  const front = await stage.freshFront({ faults: [calls.interceptor] });
  await stage.post.collect(home);
  for (const id of ids) await create(stage.front(), id, { topic });
  const bodies = (await stage.post.collect(home)).map(({ body }) => body);

  calls.clear();
  await invalidateHandler(apiOf(front))(queueEvent(bodies), {} as never);

  // The list of all books, and the topic's.
  expect(calls.counted()).toEqual({ 'cache BatchGet': 1, 'cache Update': ids.length + 2 });
  expect(await idsOfTopic(front, topic)).toEqual(ids);
});

test('G5: of a batch of announcements one that is not valid fails alone, and heartbeats are passed over', async () => {
  const id = await stage.bookEverywhere(home, { stock: 20 });
  const front = await hearer();
  await shown(front, id);
  await order(stage.front({ region: home, routing: { sales: 'nearest' } }), id);
  const [body = ''] = (await stage.post.collect(home)).map((letter) => letter.body);
  const heartbeat = JSON.stringify({ v: 1, type: 'heartbeat', region: home, beatAt: 1 });
  const handler = invalidateHandler(apiOf(front));

  const answer = await handler(queueEvent(['not JSON', body, heartbeat]), {} as never);

  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '0' }] });
  expect((await shown(front, id)).stock).toBe(19);
});

describe('G5: a moved book is shown in its new topic when its announcement has come,', () => {
  test('though a later one came first', async () => {
    const id = await stage.bookEverywhere(home);
    const front = await hearer();
    await idsOfTopic(front, `topic ${id}`);
    await idsOfTopic(front, `moved ${id}`);
    await updateBook(stage.front(), id, { topic: `moved ${id}` });
    const moved = await stage.post.collect(home);
    const seller = stage.front({ region: home, routing: { sales: 'nearest' } });
    await order(seller, id);
    const sold = await stage.post.collect(home);

    await announce([...sold, ...moved], front);

    expect(await idsOfTopic(front, `topic ${id}`)).toEqual([]);
    expect(await idsOfTopic(front, `moved ${id}`)).toEqual([id]);
  });

  const others: [string, (front: FrontEnd, id: number) => Promise<unknown>][] = [
    // The first fill of the book here, of the replica that has moved it.
    [
      'a read of a replica',
      async (front, id) => expect((await shown(front, id)).topic).toBe(`moved ${id}`),
    ],
    [
      'a purchase here',
      (front, id) => order({ ...front, routing: { ...front.routing, sales: 'nearest' } }, id),
    ],
    ['a restock here', (front, id) => restockBook(front, testSecrets, id, 2, `two of ${id}`)],
  ];
  test.each(others)('though %s had told the cache before', async (_, tellCache) => {
    const id = await stage.bookEverywhere(home);
    const front = await hearer();
    await idsOfTopic(front, `moved ${id}`);
    await updateBook(stage.front(), id, { topic: `moved ${id}` });
    await tellCache(front, id);

    await announce(await stage.post.collect(home), front);

    expect(await idsOfTopic(front, `moved ${id}`)).toEqual([id]);
  });
});

test('G5: a new book is shown in its topic after a repeat of its creation, whose first answer was lost', async () => {
  const id = stage.nextId(home);
  const cacheTable = await stage.cacheTable();
  const front = stage.front({ cacheTable, region: home, routing: { reads: 'nearest' } });
  expect(await idsOfTopic(front, `topic ${id}`)).toEqual([]);
  const losing = stage.front({
    cacheTable,
    faults: [answerLost(isTransaction)],
  });
  await expect(createBook(losing, testSecrets, sampleBook(id), `create ${id}`)).rejects.toThrow(
    'did not answer',
  );

  await createBook(front, testSecrets, sampleBook(id), `create ${id}`);

  expect(await idsOfTopic(front, `topic ${id}`)).toEqual([id]);
});
