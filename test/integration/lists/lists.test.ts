import { describe, expect, test } from '@jest/globals';
import type { Region } from '../../../lib/rules/sites.js';
import { stockOf } from '../../../lib/rules/ledger.js';
import { updateBook } from '../../../lib/store/manage-books.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { listBooks, searchByTopic, type BookPage } from '../../../lib/store/list-books.js';
import { barrier, recordCalls, type Barrier } from '../../support/faults/barrier.js';
import { create, idsOfTopic, topicsOf } from '../../support/books/books.js';
import { order } from '../../support/books/buyers.js';
import { makeClock } from '../../support/faults/clock.js';
import { afterFirst, isWrite } from '../../support/faults/faults.js';
import { oldAnswers, type OldAnswers } from '../../support/faults/old-answers.js';
import { openStage } from '../../support/stages/open.js';

/** The home of the books of these tests: where they are created and changed. */
const home: Region = 'us-east-1';
/** Hears of nothing once a test has begun: what is read there is old. */
const laggard: Region = 'eu-west-1';

/** Makes a round-robin read ask the first replica of the configuration, or the last. */
const asksHome = () => 0;
const asksLaggard = () => 0.99;

const stage = await openStage();

const search = (front: FrontEnd, topic: string): Promise<BookPage> =>
  searchByTopic(front, topic, { limit: 100, after: '0' });

/** The books of every page. */
async function paged(
  pageOf: (request: { limit: number; after: string }) => Promise<BookPage>,
  limit: number,
): Promise<{ id: number; topic: string }[]> {
  const found: { id: number; topic: string }[] = [];
  let after: string | undefined = '';
  while (after !== undefined) {
    const page: BookPage = await pageOf({ limit, after });
    found.push(...page.books.map(({ id, registers }) => ({ id, topic: registers.topic.value })));
    after = page.next;
  }
  return found;
}

const allBooks = (front: FrontEnd, limit = 100) =>
  paged((request) => listBooks(front, request), limit);

/** Indexes of every region answer from how they are now, until the test lets them catch up. */
async function lagIndexes(old: OldAnswers): Promise<void> {
  for (const { catalog, region } of stage.post.replicas) {
    await old.freeze(catalog.name, stage.client(region));
  }
}

/** Two front ends on one cache, one of which stands at a barrier. */
async function twoOnOneCache(random: () => number, { interceptor }: Barrier) {
  const { system } = makeClock({ random });
  const cacheTable = await stage.cacheTable();
  return {
    front: stage.front({ cacheTable, system }),
    slow: stage.front({ cacheTable, system, faults: [interceptor] }),
  };
}

/** One in the topic that the other is moved to: a page that holds no book is not kept. */
async function twoBooks(): Promise<{ id: number; neighbour: number }> {
  const neighbour = stage.nextId(home);
  const id = await stage.bookEverywhere(home);
  await create(stage.front(), neighbour, { topic: `moved ${id}` });
  await stage.post.settle();
  return { id, neighbour };
}

describe('G5: after a change of topic is answered', () => {
  test.each([
    ['a search in the new topic shows the book and one in the old does not', {}, 50],
    ['every read that asks the replicas anew shows it', { freshForMs: 0 }, 30],
  ])('%s, though one region lags', async (_, options, reads) => {
    const id = await stage.bookEverywhere(home);
    const front = await stage.freshFront(options);
    expect(await idsOfTopic(front, `topic ${id}`)).toEqual([id]);
    expect(await idsOfTopic(front, `moved ${id}`)).toEqual([]);

    await updateBook(front, id, { topic: `Moved  ${id}` });

    for (let read = 0; read < reads; read += 1) {
      expect(await idsOfTopic(front, `moved ${id}`)).toEqual([id]);
      expect(await idsOfTopic(front, `topic ${id}`)).toEqual([]);
    }
  });

  test('a search shows it for as long as one region lags', async () => {
    const id = await stage.bookEverywhere(home);
    const { system, advance } = makeClock({ random: asksLaggard });
    const front = await stage.freshFront({ system });
    await idsOfTopic(front, `moved ${id}`);

    await updateBook(front, id, { topic: `moved ${id}` });

    for (const _wait of [1, 2, 3]) {
      expect(await idsOfTopic(front, `moved ${id}`)).toEqual([id]);
      advance(31_000);
    }
    expect(await idsOfTopic(front, `topic ${id}`)).toEqual([]);
  });

  test('the list of books shows it once, in its new topic', async () => {
    const id = await stage.bookEverywhere(home);
    const front = await stage.freshFront();
    await allBooks(front);

    await updateBook(front, id, { topic: `moved ${id}` });

    const shownBooks = (await allBooks(front)).filter((book) => book.id === id);
    expect(shownBooks).toEqual([{ id, topic: `moved ${id}` }]);
  });

  test('the list of topics shows the new topic, and no longer the old that nothing is left in', async () => {
    const id = await stage.bookEverywhere(home);
    const front = await stage.freshFront();
    expect(await topicsOf(front)).toContain(`topic ${id}`);

    await updateBook(front, id, { topic: `moved ${id}` });

    const topics = await topicsOf(front);
    expect(topics).toContain(`moved ${id}`);
    expect(topics).not.toContain(`topic ${id}`);
  });
});

describe('G5: after a creation is answered', () => {
  test('its topic, the books and the topics show it, though one region lags', async () => {
    const id = stage.nextId(home);
    const front = await stage.freshFront();
    await idsOfTopic(front, `topic ${id}`);
    await allBooks(front);
    await topicsOf(front);

    await create(front, id);

    for (let read = 0; read < 20; read += 1) {
      expect(await idsOfTopic(front, `topic ${id}`)).toEqual([id]);
      expect((await allBooks(front)).map((book) => book.id)).toContain(id);
      expect(await topicsOf(front)).toContain(`topic ${id}`);
    }
  });

  test('its topic shows it for as long as one region lags', async () => {
    const id = stage.nextId(home);
    const { system, advance } = makeClock({ random: asksLaggard });
    const front = await stage.freshFront({ system });

    await create(front, id);

    for (const _wait of [1, 2, 3]) {
      expect(await idsOfTopic(front, `topic ${id}`)).toEqual([id]);
      advance(31_000);
    }
  });
});

describe('G5: a fill of a page that is stopped', () => {
  const isCache = (command: string, nth: number) => {
    let seen = 0;
    return (call: { place: string; command: string }): boolean => {
      if (call.place !== 'cache' || call.command !== command) return false;
      seen += 1;
      return seen === nth;
    };
  };
  const steps: [string, () => Barrier][] = [
    ['after its read of the cache', () => barrier('after', isCache('BatchGet', 1))],
    ['before its read of the index', () => barrier('before', ({ command }) => command === 'Query')],
    ['after its read of the index', () => barrier('after', ({ command }) => command === 'Query')],
    ['before its write of the page', () => barrier('before', isCache('Put', 1))],
    ['after its write of the page', () => barrier('after', isCache('Put', 1))],
  ];

  /** Moves a book to a topic whose page is being filled: the fill is stopped, until it may go on. */
  async function moveDuring(makeBarrier: () => Barrier) {
    const { id, neighbour } = await twoBooks();
    const stop = makeBarrier();
    const { front, slow } = await twoOnOneCache(asksLaggard, stop);
    const reading = idsOfTopic(slow, `moved ${id}`);
    await stop.reached;
    await updateBook(front, id, { topic: `moved ${id}` });
    const goOn = async () => {
      stop.open();
      await reading;
    };
    return { front, topic: `moved ${id}`, ids: [neighbour, id], goOn };
  }

  test.each(steps)(
    '%s never puts an old page behind a change of topic',
    async (_step, makeBarrier) => {
      const { front, topic, ids, goOn } = await moveDuring(makeBarrier);
      await goOn();

      expect(await idsOfTopic(front, topic)).toEqual(ids);
    },
  );

  test.each(steps)('%s never puts an old page over a new one', async (_step, makeBarrier) => {
    const { front, topic, ids, goOn } = await moveDuring(makeBarrier);
    expect(await idsOfTopic(front, topic)).toEqual(ids);
    await goOn();

    const again = await search(front, topic);
    expect(again.books.map((book) => book.id)).toEqual(ids);
    expect(again.cacheUse).toBe('hit');
  });
});

describe('G5: a change of topic that is stopped', () => {
  test.each([0, 1, 2, 3, 4])(
    'before its write number %i leaves no old page behind that was filled meanwhile',
    async (writesBefore) => {
      const id = await stage.bookEverywhere(home);
      const stop = barrier('before', afterFirst(writesBefore, isWrite));
      const { front, slow } = await twoOnOneCache(asksHome, stop);

      const changing = updateBook(slow, id, { topic: `moved ${id}` });
      // Of the writes, the later ones may be sent at once; the last number has none to stop.
      await Promise.race([stop.reached, changing]);
      for (const topic of [`topic ${id}`, `moved ${id}`]) await idsOfTopic(front, topic);
      await allBooks(front);
      stop.open();
      await changing;

      expect(await idsOfTopic(front, `moved ${id}`)).toEqual([id]);
      expect(await idsOfTopic(front, `topic ${id}`)).toEqual([]);
      expect((await allBooks(front)).filter((book) => book.id === id)).toHaveLength(1);
    },
  );
});

describe('G5: an index that is behind its table', () => {
  test('puts a page into the cache for 10 s only, where the list changed less than 10 s ago', async () => {
    const { id, neighbour } = await twoBooks();
    const { system, advance } = makeClock({ random: asksHome });
    const old = oldAnswers();
    const front = await stage.freshFront({ system, faults: [old.interceptor] });
    await lagIndexes(old);
    await updateBook(front, id, { topic: `moved ${id}` });
    advance(9_999);
    expect(await idsOfTopic(front, `moved ${id}`)).toEqual([neighbour]);
    old.thaw();

    advance(9_999);
    expect(await search(front, `moved ${id}`)).toMatchObject({ cacheUse: 'hit' });
    advance(1);
    expect(await idsOfTopic(front, `moved ${id}`)).toEqual([neighbour, id]);
  });

  test('never shows a book in the topic that it has left', async () => {
    const id = await stage.bookEverywhere(home);
    const old = oldAnswers();
    const front = await stage.freshFront({ faults: [old.interceptor] });
    await lagIndexes(old);

    await updateBook(front, id, { topic: `moved ${id}` });

    expect(await idsOfTopic(front, `topic ${id}`)).toEqual([]);
    expect((await allBooks(front)).filter((book) => book.topic === `topic ${id}`)).toEqual([]);
  });

  test('does not shorten the life of a page that is filled later', async () => {
    const id = await stage.bookEverywhere(home);
    const { system, advance } = makeClock();
    const front = await stage.freshFront({ system });
    await updateBook(front, id, { topic: `moved ${id}` });
    advance(10_001);
    expect(await search(front, `moved ${id}`)).toMatchObject({ cacheUse: 'miss' });

    advance(29_999);
    const reading = await search(front, `moved ${id}`);

    // The page is a hit; the book's own item, as old as the page, is too.
    expect(reading).toMatchObject({ cacheUse: 'hit' });
    advance(1);
    expect(await search(front, `moved ${id}`)).toMatchObject({ cacheUse: 'miss' });
  });
});

test('G4: a page joins the indexes of both regions within 10 s of a change, of which each may lag', async () => {
  const first = await stage.bookEverywhere(home, { topic: 'shared by both' });
  const second = await stage.bookEverywhere(laggard, { topic: 'elsewhere' });
  const front = await stage.freshFront();
  await idsOfTopic(front, 'new here');

  await updateBook(front, first, { topic: 'new here' });
  await updateBook(front, second, { topic: 'new here' });

  expect(await idsOfTopic(front, 'new here')).toEqual([first, second]);
  expect(await idsOfTopic(front, 'shared by both')).toEqual([]);
});

test('a page that joins both regions asks them at once', async () => {
  const events: string[] = [];
  const front = await stage.freshFront({
    faults: [
      async ({ place, command }, proceed) => {
        if (command !== 'Query') return proceed();
        events.push(`${place} is asked`);
        const answer = await proceed();
        events.push('an answer');
        return answer;
      },
    ],
  });
  await create(front, stage.nextId(home));

  await listBooks(front, { limit: 10, after: '' });

  const before = events.slice(0, events.indexOf('an answer'));
  expect(new Set(before)).toEqual(new Set([`${home} is asked`, `${laggard} is asked`]));
});

test('a purchase touches no page: a search after it is a hit, and shows the new stock', async () => {
  const id = await stage.bookEverywhere(home, { stock: 20 });
  const calls = recordCalls();
  const { system, advance } = makeClock({ random: asksHome });
  const front = await stage.freshFront({ system, faults: [calls.interceptor] });
  await idsOfTopic(front, `topic ${id}`);
  advance(1_000);
  calls.clear();

  await order(front, id);

  const keys = calls.calls
    .filter(({ place, command }) => place === 'cache' && command === 'Update')
    .map(({ input }) => input['Key']);
  expect(keys).toEqual([{ id: `book#${id}` }]);
  const reading = await search(front, `topic ${id}`);
  expect(reading.cacheUse).toBe('hit');
  expect(reading.books.map(({ ledger }) => stockOf(ledger))).toEqual([19]);
  expect(calls.calls.filter(({ command }) => command === 'Query')).toEqual([]);
});

test('the list of books shows every book once, whatever the size of its pages', async () => {
  const front = await stage.freshFront();
  for (let book = 0; book < 5; book += 1)
    await stage.bookEverywhere(home, { topic: 'one of five' });
  await stage.post.settle();
  const all = await allBooks(front, 100);

  for (const limit of [1, 2, 7]) expect(await allBooks(front, limit)).toEqual(all);
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  expect(all.filter(({ topic }) => topic === 'one of five')).toHaveLength(5);
});

test('a search shows every book of its topic once, whatever the size of its pages', async () => {
  const ids: number[] = [];
  for (let book = 0; book < 5; book += 1) {
    ids.push(await stage.bookEverywhere(home, { topic: 'paged topic' }));
  }
  const front = await stage.freshFront();

  for (const limit of [1, 2, 5, 6]) {
    const found = await paged((request) => searchByTopic(front, 'Paged  TOPIC', request), limit);
    expect(found.map(({ id }) => id)).toEqual(ids);
  }
});
