import { describe, expect, test } from '@jest/globals';
import { infoHandler } from '../../../functions/info.js';
import type { Region } from '../../../lib/rules/sites.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { outage, recordCalls, type Place } from '../../support/faults/barrier.js';
import { create } from '../../support/books/books.js';
import { order } from '../../support/books/buyers.js';
import { eventually } from '../../../tools/eventually.js';
import { isWrite, to, unreachable } from '../../support/faults/faults.js';
import { apiOf, readerOf, request, type Reply } from '../../support/requests/requests.js';
import { openStage } from '../../support/stages/open.js';
import { openScene } from '../../support/stages/scene.js';

const here: Region = 'us-east-1';
const there: Region = 'eu-west-1';

const stage = await openStage();

const scene = () => openScene(stage);

const all = { limit: '100' };

/** Every read: a book, its topic, the books, the topics. */
function readsOf(front: FrontEnd, id: number): (() => Promise<Reply>)[] {
  const { info, search, books, topics } = readerOf(front);
  return [() => info(id), () => search(`topic ${id}`), () => books(all), () => topics(all)];
}

const answersOf = async (front: FrontEnd, id: number): Promise<Reply[]> => {
  const replies: Reply[] = [];
  for (const read of readsOf(front, id)) replies.push(await read());
  return replies;
};

const idsOf = ({ body }: Reply): number[] =>
  (body['books'] as { id: number }[]).map(({ id }) => id);

async function expectAllReadsToAnswer(front: FrontEnd, id: number): Promise<void> {
  const [info, search, books, topics] = (await answersOf(front, id)) as [
    Reply,
    Reply,
    Reply,
    Reply,
  ];
  expect(info).toMatchObject({ status: 200, body: { id } });
  expect(idsOf(search)).toEqual([id]);
  expect(idsOf(books)).toContain(id);
  expect(topics.body['topics']).toContain(`topic ${id}`);
}

/** What {@link cacheUsesOf} tells when every read was answered in the same way. */
const allOf = (cacheUse: string): unknown[] => Array.from({ length: 4 }, () => [200, cacheUse]);

const cacheUsesOf = async (front: FrontEnd, id: number): Promise<unknown[]> =>
  (await answersOf(front, id)).map(({ status, headers }) => [status, headers['x-cache']]);

describe.each([here, there])('G6: with %s out of reach', (lost) => {
  test('every read goes on, from an empty cache, a full one, and one whose freshness has ended', async () => {
    const id = await stage.bookEverywhere(here);
    const { front, links, advance } = await scene();
    links.cutOff(lost);

    for (let read = 0; read < 10; read += 1) {
      await expectAllReadsToAnswer(front, id);
      if (read > 5) advance(31_000);
    }
  });

  test('a book that nobody in reach knows is not called unknown', async () => {
    const { front, links } = await scene();
    links.cutOff(lost);

    const reply = await readerOf(front).info(999_999);

    expect(reply).toMatchObject({ status: 503, headers: { 'retry-after': expect.anything() } });
    links.restore(lost);
    expect((await readerOf((await scene()).front).info(999_999)).status).toBe(404);
  });

  test('a search of a topic that nobody in reach knows is an empty page', async () => {
    const { front, links } = await scene();
    links.cutOff(lost);

    expect(await readerOf(front).search('nothing of the kind')).toMatchObject({
      status: 200,
      body: { books: [] },
    });
  });
});

test('G6: a book that only the lost region knows is not called unknown, and shown when that is back', async () => {
  const id = stage.nextId(here);
  await create(stage.front(), id);
  const { front, links } = await scene();
  links.cutOff(here);

  expect((await readerOf(front).info(id)).status).toBe(503);
  links.restore(here);

  expect((await readerOf((await scene()).front).info(id)).status).toBe(200);
});

test('G6: a book that the region that is asked first does not know yet is shown', async () => {
  const id = stage.nextId(here);
  await create(await stage.freshFront(), id);
  const front = await stage.freshFront({ region: there, routing: { reads: 'nearest' } });

  expect(await readerOf(front).info(id)).toMatchObject({ status: 200, body: { id } });
});

describe('G7: with both replicas out of reach', () => {
  test('reads answer what the cache holds, as a hit while it is fresh and as stale behind that', async () => {
    const id = await stage.bookEverywhere(here);
    const { front, links, advance } = await scene();
    await expectAllReadsToAnswer(front, id);
    await expectAllReadsToAnswer(front, id);
    links.cutOff(here, there);

    expect(await cacheUsesOf(front, id)).toEqual(allOf('hit'));
    advance(31_000);
    expect(await cacheUsesOf(front, id)).toEqual(allOf('stale'));
    await expectAllReadsToAnswer(front, id);
    advance(24 * 60 * 60 * 1000);
    expect(await cacheUsesOf(front, id)).toEqual(allOf('stale'));
  });

  test('what is shown as stale holds the sale that this front end has answered', async () => {
    const id = await stage.bookEverywhere(here, { stock: 20 });
    const { front, links, advance } = await scene();
    await order(front, id, { quantity: 3 });
    links.cutOff(here, there);
    advance(31_000);

    expect((await readerOf(front).info(id)).body).toMatchObject({ stock: 17 });
  });

  test('what the cache never held answers 503', async () => {
    const id = await stage.bookEverywhere(here);
    const { front, links } = await scene();
    links.cutOff(here, there);

    for (const { status, headers } of await answersOf(front, id)) {
      expect({ status, retry: headers['retry-after'] }).toEqual({
        status: 503,
        retry: expect.anything(),
      });
    }
  });

  test('a cache that left its last call unanswered is asked all the same', async () => {
    const id = await stage.bookEverywhere(here);
    const { front, links } = await scene();
    await expectAllReadsToAnswer(front, id);
    await expectAllReadsToAnswer(front, id);
    for (const read of readsOf(front, id)) {
      links.cutOff('cache');
      await read();
      links.restore('cache');
      links.cutOff(here, there);

      expect(await read()).toMatchObject({ status: 200, headers: { 'x-cache': 'stale' } });
      links.restore(here, there);
      await eventually(async () => expect((await read()).headers['x-cache']).toBe('hit'));
    }
  });

  test('a book that was only announced is shown, as stale', async () => {
    const id = await stage.bookEverywhere(here, { stock: 20 });
    const { front, links } = await scene();
    await stage.post.settle();
    await order(stage.front(), id);
    await stage.post.settle(front);
    links.cutOff(here, there);

    expect(await readerOf(front).info(id)).toMatchObject({
      status: 200,
      headers: { 'x-cache': 'stale' },
      body: { stock: 19 },
    });
  });
});

test('G7: where the cache answers but takes no writes, reads and sales go on', async () => {
  const id = await stage.bookEverywhere(here, { stock: 20 });
  const front = await stage.freshFront({
    freshForMs: 0,
    faults: [unreachable(to('cache', isWrite))],
  });

  await expectAllReadsToAnswer(front, id);
  expect(await order(front, id)).toMatchObject({ kind: 'placed' });
  await expectAllReadsToAnswer(front, id);
});

describe('G7: with the cache out of reach', () => {
  test('reads ask every replica and join what they say', async () => {
    const id = await stage.bookEverywhere(here, { stock: 20 });
    for (const region of [here, there]) {
      await order(stage.front({ region, routing: { sales: 'nearest' } }), id);
    }
    const { front, links } = await scene();
    links.cutOff('cache');

    for (let read = 0; read < 10; read += 1) {
      const reply = await readerOf(front).info(id);
      expect(reply).toMatchObject({
        status: 200,
        headers: { 'x-cache': 'bypass' },
        body: { stock: 18 },
      });
      expect(String(reply.headers['x-replica']).split(', ').sort()).toEqual([there, here]);
    }
  });

  test('pages are joined from the indexes of every replica', async () => {
    const topic = 'known in one region each';
    const ids = [stage.nextId(here), stage.nextId(there)];
    for (const id of ids) await create(stage.front(), id, { topic });
    const { front, links } = await scene();
    links.cutOff('cache');

    for (let read = 0; read < 5; read += 1) {
      const found = await readerOf(front).search(topic);
      expect(idsOf(found)).toEqual([...ids].sort((one, other) => one - other));
      expect(found.headers['x-cache']).toBe('bypass');
      expect(idsOf(await readerOf(front).books(all))).toEqual(expect.arrayContaining(ids));
      expect((await readerOf(front).topics(all)).body['topics']).toContain(topic);
    }
  });

  test('a book that no replica knows is unknown, and uncertain where one does not answer', async () => {
    const { front, links } = await scene();
    links.cutOff('cache');
    expect((await readerOf(front).info(999_999)).status).toBe(404);
    links.cutOff('cache', there);
    expect((await readerOf(front).info(999_999)).status).toBe(503);
  });

  test.each([here, there])('and %s too, reads go on', async (lost) => {
    const id = await stage.bookEverywhere(here);
    const { front, links } = await scene();
    links.cutOff('cache', lost);

    await expectAllReadsToAnswer(front, id);
    expect(await cacheUsesOf(front, id)).toEqual(allOf('bypass'));
  });

  test('a sale is made, and is shown when the cache is back', async () => {
    const id = await stage.bookEverywhere(here, { stock: 20 });
    const { front, links } = await scene();
    links.cutOff('cache');

    expect(await order(front, id)).toMatchObject({ kind: 'placed' });

    expect((await readerOf(front).info(id)).body).toMatchObject({ stock: 19 });
  });

  test('and both replicas too, every read answers 503', async () => {
    const id = await stage.bookEverywhere(here);
    const { front, links } = await scene();
    await expectAllReadsToAnswer(front, id);
    links.cutOff('cache', here, there);

    for (const { status } of await answersOf(front, id)) expect(status).toBe(503);
  });
});

test.each<Place>(['cache', here, there])(
  'G6: what was cut off is passed over, and used again soon after it is back: %s',
  async (place) => {
    const id = await stage.bookEverywhere(here);
    const calls = recordCalls();
    const links = outage(place);
    const front = await stage.freshFront({
      faults: [calls.interceptor, links.interceptor],
    });
    const tries = (): number => calls.calls.filter((call) => call.place === place).length;
    const ask = (): Promise<Reply> =>
      request(infoHandler(apiOf(front)), {
        path: { id: String(id) },
        headers: { 'Cache-Control': 'no-cache' },
      });

    const startMs = performance.now();
    for (let read = 0; read < 40; read += 1) expect((await ask()).status).toBe(200);
    // Three failures open the breaker; it tries the place once in two seconds then.
    const triesLater = (performance.now() - startMs) / 2_000;
    expect(tries()).toBeLessThanOrEqual(3 + triesLater);

    links.restore(place);
    const triesBefore = tries();
    await eventually(async () => {
      await ask();
      expect(tries()).toBeGreaterThan(triesBefore + 3);
    });
  },
);
