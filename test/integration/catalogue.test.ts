import { describe, expect, test } from '@jest/globals';
import { isComplete, type Description } from '../../lib/rules/book.js';
import type { Region } from '../../lib/rules/sites.js';
import { createBook, restockBook, updateBook } from '../../lib/store/manage-books.js';
import type { FrontEnd } from '../../lib/store/front-end.js';
import type { System } from '../../lib/system.js';
import { barrier, outage, type Barrier } from '../support/faults/barrier.js';
import { idsOfTopic, sampleBook, shown } from '../support/books/books.js';
import { makeClock } from '../support/faults/clock.js';
import {
  afterFirst,
  answerLost,
  closed,
  first,
  isBookUpdate,
  isTransaction,
  meetsItself,
  to,
  unreachable,
} from '../support/faults/faults.js';
import { testSecrets } from '../support/tables/front-ends.js';
import { announce } from '../support/tables/post.js';
import { openStage } from '../support/stages/open.js';

const home: Region = 'us-east-1';
const other: Region = 'eu-west-1';

const stage = await openStage();

/** A front end that reaches one region only. */
const frontOf = (region: Region, system?: System): Promise<FrontEnd> =>
  stage.freshFront({
    ...(system && { system }),
    faults: [outage(...[home, other].filter((away) => away !== region)).interceptor],
  });

/** A front end that is stopped between the first read of a book in its home and what it then writes. */
async function stoppedFront(): Promise<{ slow: FrontEnd; stop: Barrier }> {
  const stop = barrier('after', ({ place, command }) => place === home && command === 'Get');
  const cacheTable = await stage.cacheTable();
  return { slow: stage.front({ cacheTable, faults: [stop.interceptor] }), stop };
}

/** The description of a book in each region's own table. */
async function descriptions(id: number): Promise<Partial<Description>[]> {
  return Promise.all(
    stage.post.replicas.map(async ({ catalog }) => {
      const state = (await catalog.get(id))?.state;
      if (!isComplete(state)) throw new Error(`book ${id} is not whole`);
      const { title, authors, topic, price } = state.registers;
      return {
        title: title.value,
        authors: authors.value,
        topic: topic.value,
        price: price.value,
      };
    }),
  );
}

describe('G4: changes of one book in two regions that do not hear of each other', () => {
  test('of different fields both survive, in every region', async () => {
    const id = await stage.bookEverywhere(home);

    await updateBook(await frontOf(home), id, { title: 'Of here' });
    await updateBook(await frontOf(other), id, { price: 77, topic: 'of there' });
    await stage.post.settle();

    const both = { title: 'Of here', topic: 'of there', price: 77 };
    expect(await descriptions(id)).toMatchObject([both, both]);
  });

  test.each([
    [home, other],
    [other, home],
  ])(
    'of one field: the later, in %s and then %s, stands in every region',
    async (earlier, later) => {
      const id = await stage.bookEverywhere(home);
      const { system, advance } = makeClock();

      await updateBook(await frontOf(earlier, system), id, { title: 'Earlier' });
      advance(1);
      await updateBook(await frontOf(later, system), id, { title: 'Later' });
      await stage.post.settle();

      expect((await descriptions(id)).map(({ title }) => title)).toEqual(['Later', 'Later']);
    },
  );

  test('of one field in the same millisecond: one stands, the same in every region', async () => {
    const id = await stage.bookEverywhere(home);
    const { system } = makeClock();

    await updateBook(await frontOf(home, system), id, { title: 'Of here' });
    await updateBook(await frontOf(other, system), id, { title: 'Of there' });
    await stage.post.settle();

    const titles = (await descriptions(id)).map(({ title }) => title);
    expect(new Set(titles).size).toBe(1);
    expect(['Of here', 'Of there']).toContain(titles[0]);
  });

  test('of one field later and another earlier: each field has its own latest', async () => {
    const id = await stage.bookEverywhere(home);
    const { system, advance } = makeClock();
    const [here, there] = [await frontOf(home, system), await frontOf(other, system)];

    await updateBook(here, id, { price: 500 });
    advance(1);
    await updateBook(there, id, { price: 400 });
    advance(1);
    // Of the region that does not know the newer price: it must not bring the old one back.
    await updateBook(here, id, { title: 'Anew' });
    await stage.post.settle();

    const joined = { title: 'Anew', price: 400 };
    expect(await descriptions(id)).toMatchObject([joined, joined]);
  });
});

describe('G4: a change through a front end whose clock is an hour behind', () => {
  test('wins over the change that its region knows', async () => {
    const id = await stage.bookEverywhere(home);
    await updateBook(await frontOf(home), id, { title: 'Earlier' });
    const { system } = makeClock({ startMs: Date.now() - 3_600_000 });

    await updateBook(await frontOf(home, system), id, { title: 'Later' });
    await stage.post.settle();

    expect((await descriptions(id)).map(({ title }) => title)).toEqual(['Later', 'Later']);
  });

  test('wins over what its cache knows and the region that takes it does not', async () => {
    const id = await stage.bookEverywhere(home);
    await updateBook(await frontOf(home), id, { title: 'Earlier' });
    const { system } = makeClock({ startMs: Date.now() - 3_600_000 });
    const behind = await frontOf(other, system);
    await announce(await stage.post.collect(home), behind);
    expect((await shown(behind, id)).title).toBe('Earlier');

    await updateBook(behind, id, { title: 'Later' });

    expect((await shown(behind, id)).title).toBe('Later');
    await stage.post.settle();
    // The announcement of the earlier one was not delivered to the other region: it is now.
    const told = stage.post.replica(home);
    const earlier = await told.catalog.get(id);
    if (earlier !== undefined) await stage.post.replica(other).catalog.join(earlier.state);
    await stage.post.settle();
    expect((await descriptions(id)).map(({ title }) => title)).toEqual(['Later', 'Later']);
  });

  test('and was sent twice, leaves one state', async () => {
    const id = await stage.bookEverywhere(home);
    const { system } = makeClock({ startMs: Date.now() - 3_600_000 });
    const behind = await frontOf(home, system);

    await updateBook(behind, id, { title: 'Anew' });
    await updateBook(behind, id, { title: 'Anew' });
    await stage.post.settle();

    expect((await descriptions(id)).map(({ title }) => title)).toEqual(['Anew', 'Anew']);
  });
});

describe('G4: changes of one book at once', () => {
  test('of different fields through two front ends all survive', async () => {
    const id = await stage.bookEverywhere(home);
    const fronts = [stage.front(), await stage.freshFront()] as const;

    await Promise.all([
      updateBook(fronts[0], id, { title: 'Anew' }),
      updateBook(fronts[1], id, { price: 77 }),
      updateBook(fronts[0], id, { topic: `moved ${id}` }),
      updateBook(fronts[1], id, { authors: ['Bo Baker'] }),
    ]);

    const [here] = await descriptions(id);
    expect(here).toEqual({
      title: 'Anew',
      price: 77,
      topic: `moved ${id}`,
      authors: ['Bo Baker'],
    });
  });

  test('of one field, one between the read and the write of the other, leave the later stamp', async () => {
    const id = await stage.bookEverywhere(home);
    const { slow, stop } = await stoppedFront();

    const slowChange = updateBook(slow, id, { title: 'Answered last' });
    await stop.reached;
    await updateBook(stage.front(), id, { title: 'Answered first' });
    stop.open();
    await slowChange;

    const [here] = await descriptions(id);
    expect(here?.title).toBe('Answered last');
    expect((await shown(slow, id)).title).toBe('Answered last');
  });
});

test('G6: a change while the home region is away is taken by the other, and is told when it is back', async () => {
  const id = await stage.bookEverywhere(home);
  const front = await frontOf(other);

  expect(await updateBook(front, id, { title: 'Anew' })).toMatchObject({ kind: 'done' });

  expect((await shown(front, id)).title).toBe('Anew');
  await stage.post.settle();
  expect((await descriptions(id)).map(({ title }) => title)).toEqual(['Anew', 'Anew']);
});

test('G6: a change of a book that no region in reach knows is not called unknown', async () => {
  await expect(updateBook(await frontOf(other), 999_999, { title: 'Anew' })).rejects.toThrow(
    'did not answer',
  );
  expect(await updateBook(stage.front(), 999_999, { title: 'Anew' })).toEqual({
    kind: 'unknown-book',
  });
});

test('a change of one field leaves the indexes to one that moves the book meanwhile', async () => {
  const id = await stage.bookEverywhere(home);
  const { slow, stop } = await stoppedFront();

  const renamed = updateBook(slow, id, { title: 'Anew' });
  await stop.reached;
  await updateBook(stage.front(), id, { topic: `moved ${id}` });
  stop.open();
  await renamed;
  await stage.post.settle();

  for (const { listing } of stage.post.replicas) {
    const topic = `moved ${id}`;
    const found = await listing.idsOfTopic(topic, { from: 0, limit: 10 });
    expect(found).toEqual({ entries: [id] });
    const topics = await listing.topics({ from: topic, limit: 1 });
    expect(topics.entries).toEqual([topic]);
  }
});

test('G5: a move that met a closed connection is found at once, though it was carried out', async () => {
  const id = await stage.bookEverywhere(home);
  const topic = `moved ${id}`;
  const front = await stage.freshFront({
    faults: [closed('after', first(1, to(home, isBookUpdate)))],
  });
  expect(await idsOfTopic(front, topic)).toEqual([]);

  expect(await updateBook(front, id, { topic })).toMatchObject({ kind: 'done' });

  expect(await idsOfTopic(front, topic)).toEqual([id]);
});

test.each([1, 2])('G2: a creation that meets itself %s times is done', async (times) => {
  const id = stage.nextId(home);
  const faults = [meetsItself(first(times, isTransaction))];

  const created = await createBook(
    stage.front({ faults }),
    testSecrets,
    sampleBook(id),
    `of ${id}`,
  );

  expect(created).toMatchObject({ kind: 'done' });
  expect((await shown(stage.front(), id)).stock).toBe(sampleBook(id).stock);
});

test('G9: a creation that met itself is not said to be undone, though its region goes silent', async () => {
  const id = stage.nextId(home);
  const faults = [unreachable(afterFirst(1, isTransaction)), meetsItself(first(1, isTransaction))];

  await expect(
    createBook(stage.front({ faults }), testSecrets, sampleBook(id), `of ${id}`),
  ).rejects.toMatchObject({ isUnknown: true });
  expect((await shown(stage.front(), id)).stock).toBe(sampleBook(id).stock);
});

test('G2: a restock of which the answer was lost is carried out once, and its repeat says so', async () => {
  const id = await stage.bookEverywhere(home, { stock: 20 });
  const cacheTable = await stage.cacheTable();
  const losing = stage.front({ cacheTable, faults: [answerLost(isTransaction)] });
  await expect(restockBook(losing, testSecrets, id, 5, `five of ${id}`)).rejects.toThrow(
    'did not answer',
  );

  const repeat = await restockBook(
    stage.front({ cacheTable }),
    testSecrets,
    id,
    5,
    `five of ${id}`,
  );

  expect(repeat).toMatchObject({ kind: 'done' });
  expect((await shown(stage.front({ cacheTable }), id)).stock).toBe(25);
});

test('G2: creation and restock wait for the home region, whatever region is near', async () => {
  const front = await frontOf(other);
  const id = stage.nextId(home);
  await expect(createBook(front, testSecrets, sampleBook(id), `create ${id}`)).rejects.toThrow(
    'did not answer',
  );
  const known = await stage.bookEverywhere(home);
  await expect(restockBook(front, testSecrets, known, 5, `five of ${known}`)).rejects.toThrow(
    'did not answer',
  );
});
