/** G2: a creation or a restock adds its copies once for each key, in the book's home region. */
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from '@jest/globals';
import { Expression } from '../../lib/dynamodb/expression.js';
import { bookKey, rowAttribute } from '../../lib/tables/book-item.js';
import { UnavailableError } from '../../lib/errors.js';
import type { CompleteBook } from '../../lib/rules/book.js';
import { homeOf } from '../../lib/rules/sites.js';
import { createBook, restockBook, updateBook } from '../../lib/store/manage-books.js';
import { cachedBook, sitesOf, type FrontEnd } from '../../lib/store/front-end.js';
import { readBooks } from '../../lib/store/read-books.js';
import { stockOf } from '../../lib/rules/ledger.js';
import { outage } from '../support/faults/barrier.js';
import { sampleBook } from '../support/books/books.js';
import { byTurns, freshKey, order, orderOf } from '../support/books/buyers.js';
import { eventually } from '../../tools/eventually.js';
import { to, unreachable } from '../support/faults/faults.js';
import { makeFreshFrontEnd, makeFrontEnd, testSecrets } from '../support/tables/front-ends.js';
import { eu, us } from '../support/tables/neighbours.js';
import { openNeighbours } from '../support/stages/open.js';
import {
  bookAt,
  exchange,
  freshBookId,
  replicaOf,
  stockBook,
  stockShown,
  takeStock,
  tell,
} from '../support/books/stocked-books.js';
import { testUnanswered } from '../support/books/unanswered.js';

const neighbours = await openNeighbours();
const { emulators, here, there, faulty } = neighbours;

const restock = (front: FrontEnd, bookId: number, quantity: number, key: string) =>
  restockBook(front, testSecrets, bookId, quantity, key);

describe('a restock', () => {
  test('with the key of another book’s is refused, wherever that book is at home', async () => {
    const ids = [await bookAt(here, us), await bookAt(here, eu)];
    const key = freshKey();

    const outcomes = [];
    for (const id of ids) outcomes.push(await restock(here, id, 6, key));

    expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'key-reused']);
  });

  test('adds its copies once, however often and wherever its key is tried again', async () => {
    const bookId = await stockBook(here, { [us]: 1, [eu]: 1 });
    const key = freshKey();

    const outcomes = await byTurns([there, here], 10, (front) => restock(front, bookId, 6, key));
    outcomes.push(await restock(there, bookId, 6, key));

    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['done']));
    expect(outcomes.map(stockShown)).toEqual(outcomes.map(() => 8));
    await exchange(here.replicas, bookId);
    expect(await takeStock(here.replicas, bookId)).toEqual({ sold: 0, left: 8, rights: [4, 4] });
  });

  test('of another key adds its own', async () => {
    const bookId = await stockBook(here, { [us]: 0, [eu]: 0 });

    await Promise.all(Array.from({ length: 10 }, () => restock(here, bookId, 3, freshKey())));

    expect(await takeStock(here.replicas, bookId)).toMatchObject({ left: 30 });
  });

  test('forgets the keys of the days before in the row of the book, and not in the log', async () => {
    const startMs = Date.now();
    const onDay = (day: number): FrontEnd =>
      makeFrontEnd(emulators.config, {
        system: { ...here.system, now: () => startMs + day * 24 * 60 * 60 * 1000 },
      });
    const bookId = await stockBook(here, { [us]: 0, [eu]: 0 });
    const keys = [freshKey(), freshKey(), freshKey()];
    for (const [day, key] of keys.entries()) await restock(onDay(day + 1), bookId, 2, key);

    const again = await restock(onDay(4), bookId, 2, keys[0] as string);

    expect(stockShown(again)).toBe(6);
    const homes = (again as { book: CompleteBook }).book.ledger;
    const held = Object.values(homes).flatMap((row) => Object.keys(row.keys));
    expect(held).toHaveLength(2);
  });

  test('is taken by a row from before keys were noted in it, of two at once too', async () => {
    const bookId = await stockBook(here, { [us]: 0, [eu]: 0 });
    const { catalog, link } = replicaOf(here, homeOf(bookId, sitesOf(here)));
    const update = new Expression();
    update.setValue('changedAt', 0);
    update.remove(update.path(rowAttribute(`${homeOf(bookId, sitesOf(here))}#1`), 'keys'));
    await link.write(
      new UpdateCommand({
        TableName: catalog.name,
        Key: bookKey(bookId),
        ...update.toUpdate(),
      }),
    );
    const keys = [freshKey(), freshKey(), freshKey()];

    const outcomes = await Promise.all(
      [...keys, ...keys].map((key) => restock(here, bookId, 2, key)),
    );

    expect(outcomes.map(({ kind }) => kind)).toEqual(outcomes.map(() => 'done'));
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ left: 6 });
  });

  test('is refused where its key was used for another quantity or book of one home', async () => {
    const bookId = await bookAt(here, us, { stock: 0 });
    const otherId = await bookAt(here, us, { stock: 0 });
    const key = freshKey();
    await restock(here, bookId, 3, key);

    expect(await restock(here, bookId, 4, key)).toEqual({ kind: 'key-reused' });
    expect(await restock(here, otherId, 3, key)).toEqual({ kind: 'key-reused' });
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ left: 3 });
    expect(await takeStock(here.replicas, otherId)).toMatchObject({ left: 0 });
  });

  test("is not mistaken for an order's key, nor for a creation's", async () => {
    const key = freshKey();
    const bookId = freshBookId(here);
    await createBook(here, testSecrets, sampleBook(bookId, { stock: 2 }), key);

    const outcomes = [await restock(here, bookId, 2, key), await order(here, bookId, { key })];

    expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'placed']);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 1, left: 3 });
  });

  test('shares its copies out, and they are sold in the other region at once', async () => {
    const bookId = await stockBook(here, { [us]: 0, [eu]: 0 });
    await restock(here, bookId, 7, freshKey());

    const outcomes = await Promise.all([
      order(here, bookId, { quantity: 3 }),
      order(there, bookId, { quantity: 3 }),
    ]);

    expect(outcomes.map(({ kind }) => kind)).toEqual(['placed', 'placed']);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 6, left: 1 });
  });

  test('brings half of its copies to the other region when that hears of it, and once', async () => {
    const bookId = await bookAt(here, us, { stock: 0 });
    await restock(here, bookId, 7, freshKey());
    const [usReplica, euReplica] = [replicaOf(here, us), replicaOf(here, eu)];
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ left: 7, rights: [4, 0] });

    for (let times = 0; times < 3; times += 1) await tell(usReplica, euReplica, bookId);

    expect(await takeStock(here.replicas, bookId)).toMatchObject({ left: 7, rights: [4, 3] });
  });

  test('of an unknown book is refused', async () => {
    expect(await restock(here, freshBookId(here), 3, freshKey())).toEqual({ kind: 'unknown-book' });
  });

  test('G5: is shown at once by the front end that made it', async () => {
    const bookId = await stockBook(here, { [us]: 1, [eu]: 1 });
    const repeated = freshKey();

    expect(stockShown(await restock(here, bookId, 4, repeated))).toBe(6);
    expect(stockShown(await restock(here, bookId, 4, repeated))).toBe(6);
    const shown = await readBooks(here, [bookId]);
    expect(shown.cacheUse).toBe('hit');
    expect(stockOf(shown.books.get(bookId)?.ledger ?? {})).toBe(6);
  });
});

describe('while the home region is down', () => {
  test.each([us, eu])(
    'no book of %s is restocked elsewhere, and its key does it later',
    async (home) => {
      const bookId = await bookAt(here, home, { stock: 2 });
      await exchange(here.replicas, bookId);
      const connection = outage(home);
      const front = faulty(connection.interceptor);
      const key = freshKey();

      await expect(restock(front, bookId, 4, key)).rejects.toThrow(UnavailableError);
      connection.restore(home);
      const restocked = await eventually(() => restock(front, bookId, 4, key));

      expect(restocked.kind).toBe('done');
      expect(await takeStock(here.replicas, bookId)).toMatchObject({ left: 6 });
    },
  );

  test('no book is created elsewhere', async () => {
    const bookId = freshBookId(here, us);
    const front = faulty(unreachable(to(us)));

    const creating = createBook(front, testSecrets, sampleBook(bookId, { stock: 2 }), freshKey());

    await expect(creating).rejects.toThrow(UnavailableError);
    expect(await replicaOf(here, eu).catalog.get(bookId)).toBeUndefined();
  });

  test('a book is described anew elsewhere, and the home hears of it', async () => {
    const bookId = await stockBook(here, { [us]: 1, [eu]: 1 });
    const homeRegion = (await cachedBook(here, bookId))?.state.home as string;
    const front = faulty(unreachable(to(homeRegion)));

    const changed = await updateBook(front, bookId, { title: 'Another title' });
    await exchange(here.replicas, bookId);

    expect(changed.kind).toBe('done');
    const home = await replicaOf(here, homeRegion).catalog.get(bookId);
    expect(home?.state.registers.title?.value).toBe('Another title');
  });

  test('the home is the one that the book records, not the one of a new list of regions', async () => {
    const bookId = await bookAt(here, eu, { stock: 2 });
    await exchange(here.replicas, bookId);
    const [first_, second] = emulators.config.REPLICAS as [string, string];
    const turned = makeFrontEnd({ ...emulators.config, REPLICAS: [second, first_] });
    const key = freshKey();

    await restock(here, bookId, 4, key);
    await restock(turned, bookId, 4, key);

    expect(await takeStock(here.replicas, bookId)).toMatchObject({ left: 6 });
  });
});

describe('G2: once the store has left the home region', () => {
  const ap = 'ap-south-1';
  /** A front end of these sites; no call to a region without an emulator is sent. */
  const left = (...sites: string[]): Promise<FrontEnd> =>
    makeFreshFrontEnd({ ...emulators.config, REPLICAS: sites }, { faults: [unreachable(to(ap))] });

  test('another takes its restocks, and none that was taken before', async () => {
    const bookId = await bookAt(here, eu, { stock: 2 });
    const [former, later] = [freshKey(), freshKey()];
    await restock(here, bookId, 4, former);
    await exchange(here.replicas, bookId);
    const alone = await left(`${us}#1`);

    for (const key of [former, later, later]) {
      expect((await restock(alone, bookId, 4, key)).kind).toBe('done');
    }
    await exchange(here.replicas, bookId);

    expect(await takeStock(here.replicas, bookId)).toMatchObject({ left: 10 });
  });

  test('it takes none while a region is silent that may know of them', async () => {
    const bookId = await bookAt(here, eu, { stock: 2 });
    await exchange(here.replicas, bookId);

    // What was at home in the second region of the list is so again.
    const front = await left(`${ap}#1`, `${us}#1`);
    expect(homeOf(bookId, sitesOf(front))).toBe(us);
    const restocking = restock(front, bookId, 4, freshKey());

    await expect(restocking).rejects.toThrow(UnavailableError);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ left: 2 });
  });
});

describe('a restock that is not answered', () =>
  testUnanswered(neighbours, 'adds', restock, { stockedEach: 0, quantity: 5, left: 5 }));

describe('a creation', () => {
  test('is made once, however often its key is tried at once, and answered as the first was', async () => {
    const bookId = freshBookId(here);
    const key = freshKey();
    const book = sampleBook(bookId, { stock: 9 });

    const outcomes = await byTurns([there, here], 10, (front) =>
      createBook(front, testSecrets, book, key),
    );

    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['done']));
    expect(new Set(outcomes.map(stockShown))).toEqual(new Set([9]));
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ left: 9 });
  });

  test('of a book that exists is refused, under another key', async () => {
    const bookId = await bookAt(here, us, { stock: 9 });

    const again = await createBook(
      there,
      testSecrets,
      sampleBook(bookId, { stock: 9 }),
      freshKey(),
    );

    expect(again).toEqual({ kind: 'exists' });
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ left: 9 });
  });

  test('with another body under the same key is refused', async () => {
    const bookId = freshBookId(here);
    const key = freshKey();
    await createBook(here, testSecrets, sampleBook(bookId, { stock: 9 }), key);

    const again = await createBook(here, testSecrets, sampleBook(bookId, { stock: 8 }), key);

    expect(again).toEqual({ kind: 'key-reused' });
  });

  test('of two at once, of one id and two keys, is one', async () => {
    const bookId = freshBookId(here);

    const outcomes = await Promise.all(
      [3, 4].map((stock) =>
        createBook(here, testSecrets, sampleBook(bookId, { stock }), freshKey()),
      ),
    );

    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['done', 'exists']);
    const { left } = await takeStock(here.replicas, bookId);
    expect(left).toBe(outcomes[0]?.kind === 'done' ? 3 : 4);
  });

  test('shares the first copies out: both regions sell them', async () => {
    const bookId = await bookAt(here, eu, { stock: 5 });
    await exchange(here.replicas, bookId);

    expect(await takeStock(here.replicas, bookId)).toEqual({ sold: 0, left: 5, rights: [2, 3] });
  });
});

test('restocks, orders and messages at once keep every copy', async () => {
  const bookId = await stockBook(here, { [us]: 2, [eu]: 2 });
  const keys = Array.from({ length: 5 }, () => freshKey());

  const [, outcomes] = await Promise.all([
    Promise.all(
      keys.flatMap((key) => [restock(here, bookId, 4, key), restock(there, bookId, 4, key)]),
    ),
    byTurns([there, here], 16, (front, buyer) =>
      // More is being stocked: a buyer who came too early comes again.
      eventually(async () => orderOf(await order(front, bookId, { key: `late ${buyer}` }))),
    ),
  ]);

  expect(outcomes).toHaveLength(16);
  expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 16, left: 8 });
});
