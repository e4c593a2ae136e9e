/** An import of many books: each once, however often and by however many it is sent. */
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from '@jest/globals';
import { bookKey } from '../../lib/tables/book-item.js';
import { stockOf } from '../../lib/rules/ledger.js';
import { createBook, restockBook, type NewBook } from '../../lib/store/manage-books.js';
import { importBooks, type ImportOutcome } from '../../lib/store/import-books.js';
import { barrier, recordCalls, type Interceptor } from '../support/faults/barrier.js';
import { idsOfTopic, sampleBook, shown, shownOver } from '../support/books/books.js';
import { order } from '../support/books/buyers.js';
import {
  answerLost,
  closed,
  first,
  isTransaction,
  lost,
  throttling,
  to,
  unreachable,
} from '../support/faults/faults.js';
import { makeCacheTable, makeFrontEnd, renew, testSecrets } from '../support/tables/front-ends.js';
import { eu, us } from '../support/tables/neighbours.js';
import { openNeighbours } from '../support/stages/open.js';
import {
  exchange,
  freshBookId,
  replicaOf,
  takeStock,
  tell,
} from '../support/books/stocked-books.js';

const neighbours = await openNeighbours();
const { here, there, faulty } = neighbours;

/** Books that nobody knows: the first is at home in us-east-1, the second in eu-west-1, and so on. */
const freshBooks = (count: number, given: Partial<NewBook> = {}): NewBook[] =>
  Array.from({ length: count }, (_, at) =>
    sampleBook(freshBookId(here, at % 2 === 0 ? us : eu), given),
  );

const all = (count: number, outcome: ImportOutcome) => Array<ImportOutcome>(count).fill(outcome);

/** Each book as its home has it, and the copies that all regions may sell of it in the end. */
async function stocks(books: readonly NewBook[]): Promise<number[]> {
  await exchange(here.replicas, ...books.map(({ id }) => id));
  const taken = await Promise.all(books.map(({ id }) => takeStock(here.replicas, id)));
  return taken.map(({ left, rights }) => {
    expect(rights.reduce((sum, copies) => sum + copies, 0)).toBe(left);
    return left;
  });
}

describe('an import', () => {
  test('creates each book in its home, with its stock shared out', async () => {
    const books = freshBooks(4, { stock: 7 });

    expect(await importBooks(here, books)).toEqual(all(4, 'created'));

    for (const { id } of books) expect((await shown(here, id)).stock).toBe(7);
    expect(await stocks(books)).toEqual([7, 7, 7, 7]);
    const [atUs] = books as [NewBook];
    expect(await takeStock(here.replicas, atUs.id)).toMatchObject({ rights: [4, 3] });
  });

  test('repeated, through any front end, leaves everything as it is', async () => {
    const books = freshBooks(4, { stock: 7 });
    await importBooks(here, books);
    await order(here, (books[0] as NewBook).id, { quantity: 2 });

    expect(await importBooks(here, books)).toEqual(all(4, 'unchanged'));
    expect(await importBooks(there, books)).toEqual(all(4, 'unchanged'));

    expect(await stocks(books)).toEqual([5, 7, 7, 7]);
  });

  test('changes what differs in a description, and never the stock', async () => {
    const books = freshBooks(3, { stock: 7 });
    await importBooks(here, books);
    const [one, second, third] = books as [NewBook, NewBook, NewBook];
    const changed = { ...one, title: 'Anew', topic: 'elsewhere', stock: 90 };

    const outcomes = await importBooks(here, [changed, { ...second, stock: 90 }, third]);

    expect(outcomes).toEqual(['changed', 'unchanged', 'unchanged']);
    expect(await shown(here, one.id)).toMatchObject({
      title: 'Anew',
      topic: 'elsewhere',
      price: one.price,
      stock: 7,
    });
    expect(await stocks(books)).toEqual([7, 7, 7]);
  });

  test('by two at once creates each book once, and both say what became of it', async () => {
    const books = freshBooks(30, { stock: 6 });

    const outcomes = await Promise.all([importBooks(here, books), importBooks(there, books)]);

    for (const place of books.keys()) {
      const both = outcomes.map((results) => results[place]);
      expect(both.filter((outcome) => outcome === 'created')).toHaveLength(1);
      expect(both.filter((outcome) => outcome === 'unchanged')).toHaveLength(1);
    }
    expect(await stocks(books)).toEqual(books.map(() => 6));
  });

  test('meets the creation of a single book, before and after, whatever its key', async () => {
    const [one, second] = freshBooks(2, { stock: 5 }) as [NewBook, NewBook];
    await createBook(here, testSecrets, one, 'the key of the first');

    expect(await importBooks(here, [one, second])).toEqual(['unchanged', 'created']);

    const again = await createBook(here, testSecrets, one, 'the key of the first');
    const late = await createBook(here, testSecrets, second, 'the key of the second');
    expect([again.kind, late.kind]).toEqual(['done', 'exists']);
    const reused = await createBook(here, testSecrets, second, 'the key of the first');
    expect(reused.kind).toBe('key-reused');
    expect(await stocks([one, second])).toEqual([5, 5]);
  });

  test('takes up restocks as any other book does', async () => {
    const [book] = freshBooks(1, { stock: 5 }) as [NewBook];
    await importBooks(here, [book]);

    for (const key of ['restock one', 'restock two', 'restock one']) {
      await restockBook(here, testSecrets, book.id, 4, key);
    }

    expect(await importBooks(here, [book])).toEqual(['unchanged']);
    expect(await stocks([book])).toEqual([13]);
  });
});

describe('G2: a transaction of creations', () => {
  const isAtHome = to(us, isTransaction);

  test('that is cancelled for one book leaves that out, and the others are created', async () => {
    const books = freshBooks(9, { stock: 6 });
    const taken = books[4] as NewBook;
    const stop = barrier('before', isAtHome);
    const importing = importBooks(faulty(stop.interceptor), books);
    await stop.reached;
    await createBook(
      there,
      testSecrets,
      { ...taken, stock: 3, title: 'Of another' },
      'another key',
    );
    stop.open();

    const outcomes = await importing;

    expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(8);
    expect(outcomes[4]).toBe('changed');
    expect((await shown(here, taken.id)).title).toBe(taken.title);
    expect(await stocks(books)).toEqual(books.map(({ id }) => (id === taken.id ? 3 : 6)));
  });

  test.each<[string, Interceptor, ImportOutcome, ImportOutcome]>([
    ['and its answer lost', answerLost(first(1, isAtHome)), 'unknown', 'unchanged'],
    ['and never carried out', lost(first(1, isAtHome)), 'unknown', 'created'],
    ['and met a closed connection', closed('before', first(1, isAtHome)), 'created', 'unchanged'],
    ['and its own copy', closed('after', first(1, isAtHome)), 'unchanged', 'unchanged'],
    ['and its home not reached', unreachable(isAtHome), 'busy', 'created'],
    ['and its home too busy', throttling('the account', isAtHome), 'busy', 'created'],
  ])('that is sent %s answers so for the books of its home alone', async (...row) => {
    const [, fault, once, again] = row;
    const books = freshBooks(6, { stock: 6 });

    const outcomes = await importBooks(faulty(fault), books);

    expect(outcomes).toEqual([once, 'created', once, 'created', once, 'created']);
    expect(await importBooks(here, books)).toEqual(
      outcomes.map((outcome) => (outcome === once ? again : 'unchanged')),
    );
    expect(await stocks(books)).toEqual(books.map(() => 6));
  });
});

describe('a region that does not answer', () => {
  test('makes busy what only it may create, and nothing else', async () => {
    const [known, away, near] = [
      freshBookId(here, us),
      freshBookId(here, us),
      freshBookId(here, eu),
    ];
    await importBooks(here, [sampleBook(known)]);
    await tell(replicaOf(here, us), replicaOf(here, eu), known);
    const cut = faulty(unreachable(to(us)));

    const outcomes = await importBooks(cut, [
      sampleBook(known, { price: 77 }),
      sampleBook(away),
      sampleBook(near),
    ]);

    expect(outcomes).toEqual(['changed', 'busy', 'created']);
    expect((await shown(cut, known)).price).toBe(77);
  });

  test('and no other either: the whole call is unavailable, and surely nothing was done', async () => {
    const books = freshBooks(4);
    const cut = faulty(unreachable(to(us)), unreachable(to(eu)));

    await expect(importBooks(cut, books)).rejects.toMatchObject({
      name: 'UnavailableError',
      isUnknown: false,
    });
    expect(await importBooks(here, books)).toEqual(all(4, 'created'));
    // Also of what the cache knows as it is sent.
    await expect(importBooks(cut, books)).rejects.toMatchObject({ isUnknown: false });
  });

  test('where all that was sent was lost: the whole call is unknown', async () => {
    const books = freshBooks(4);

    await expect(importBooks(faulty(answerLost(isTransaction)), books)).rejects.toMatchObject({
      isUnknown: true,
    });
    expect(await importBooks(here, books)).toEqual(all(4, 'unchanged'));
  });

  test('for one book only, which it can not read, makes that one busy', async () => {
    const [broken, sound] = freshBooks(2) as [NewBook, NewBook];
    const { link, catalog } = replicaOf(here, us);
    const Item = { ...bookKey(broken.id), bookId: broken.id, title: 'no register' };
    await link.write(
      new PutCommand({ TableName: catalog.name, Item: { ...Item, 'row#us-east-1#1': 'broken' } }),
    );

    expect(await importBooks(here, [broken, sound])).toEqual(['busy', 'created']);
  });
});

describe('a home that came back as the next incarnation', () => {
  test('creates nothing that another region may know, while that is silent', async () => {
    const { config } = neighbours.emulators;
    const renewed = await renew(config, us);
    const cacheTable = await makeCacheTable(config);
    const [known, fresh] = [sampleBook(freshBookId(here, us)), sampleBook(freshBookId(here, us))];
    await importBooks(here, [known]);
    await tell(replicaOf(here, us), replicaOf(here, eu), known.id);
    const after = (...interceptors: readonly Interceptor[]) =>
      makeFrontEnd(renewed, { region: us, cacheTable, faults: interceptors });

    const cut = importBooks(after(unreachable(to(eu))), [known, fresh]);
    await expect(cut).rejects.toMatchObject({ isUnknown: false });
    expect(await importBooks(after(), [known, fresh])).toEqual(['unchanged', 'created']);

    const { state } = (await replicaOf(after(), us).catalog.get(known.id)) ?? {};
    expect(stockOf(state?.ledger ?? {})).toBe(known.stock);
  });
});

describe('G5: after an import', () => {
  test('its front end shows the new description, whichever region it asks', async () => {
    const books = freshBooks(2, { title: 'Before' });
    await importBooks(here, books);
    for (const { id } of books) await tell(replicaOf(here, us), replicaOf(here, eu), id);
    for (const { id } of books) await tell(replicaOf(here, eu), replicaOf(here, us), id);

    await importBooks(
      here,
      books.map((book) => ({ ...book, title: 'After' })),
    );

    for (const { id } of books) {
      expect(await shownOver(8, here, id, ({ title }) => title)).toEqual(new Set(['After']));
    }
  });

  test('that repeats one whose cache was not told, it does so too', async () => {
    const [book] = freshBooks(1, { title: 'Before' }) as [NewBook];
    await importBooks(here, [book]);
    await tell(replicaOf(here, us), replicaOf(here, eu), book.id);
    const after = { ...book, title: 'After' };
    await importBooks(faulty(unreachable(to('cache', ({ command }) => command !== 'BatchGet'))), [
      after,
    ]);
    expect((await shown(here, book.id)).title).toBe('Before');

    expect(await importBooks(here, [after])).toEqual(['unchanged']);

    expect(await shownOver(8, here, book.id, ({ title }) => title)).toEqual(new Set(['After']));
  });

  test('its books are found in their topic', async () => {
    const topic = `topic of ${freshBookId(here)}`;
    const [one, second] = freshBooks(2, { topic }) as [NewBook, NewBook];
    await importBooks(here, [one]);
    expect(await idsOfTopic(here, topic)).toEqual([one.id]);

    await importBooks(here, [second]);

    expect(new Set(await idsOfTopic(here, topic))).toEqual(new Set([one.id, second.id]));
  });

  test('without a cache, it is made all the same', async () => {
    const books = freshBooks(3);

    expect(await importBooks(faulty(unreachable(to('cache'))), books)).toEqual(all(3, 'created'));
    expect(await importBooks(here, books)).toEqual(all(3, 'unchanged'));
  });
});

test('a description is stamped later than what the cache knows, though the clock be behind', async () => {
  const [book] = freshBooks(1, { title: 'Before' }) as [NewBook];
  await importBooks(here, [book]);
  await importBooks(here, [{ ...book, title: 'Between' }]);
  const { config } = neighbours.emulators;
  const behind = makeFrontEnd(config, {
    region: us,
    system: { ...here.system, now: () => Date.now() - 3_600_000 },
  });

  expect(await importBooks(behind, [{ ...book, title: 'After' }])).toEqual(['changed']);

  expect((await shown(here, book.id)).title).toBe('After');
  await exchange(here.replicas, book.id);
  const titles = await Promise.all(
    here.replicas.map(async ({ catalog }) => {
      const read = await catalog.get(book.id);
      return read?.state.registers.title?.value;
    }),
  );
  expect(titles).toEqual(['After', 'After']);
});

describe('speed and cost: an import of a hundred books', () => {
  const reads = { 'cache BatchGet': 1, [`${us} BatchGet`]: 1, [`${eu} BatchGet`]: 1 };

  test('is a read of each place, a transaction for each home and one update for each list', async () => {
    const recording = recordCalls();
    const front = faulty(recording.interceptor);
    const topics = ['here', 'there', 'everywhere'].map((name) => `${name} of the hundred`);
    const books = freshBooks(100).map((book, at) => ({ ...book, topic: topics[at % 3] as string }));

    await importBooks(front, books);

    expect(recording.counted()).toEqual({
      ...reads,
      [`${us} TransactWrite`]: 1,
      [`${eu} TransactWrite`]: 1,
      'cache Update': 1 + topics.length,
      'cache TransactWrite': 1,
    });
    // What docs/operations.md reckons with: of each book a read in each place, and two items written.
    const keys = recording.calls.flatMap(({ input }) => Object.values(input['RequestItems'] ?? {}));
    expect(keys.flatMap(({ Keys }: { Keys: unknown[] }) => Keys)).toHaveLength(3 * books.length);
    const written = recording.calls.flatMap(
      ({ input }) => (input['TransactItems'] ?? []) as unknown[],
    );
    expect(written).toHaveLength(2 * books.length);

    expect(await recording.during(() => importBooks(front, books))).toEqual(reads);

    const priced = books.map((book) => ({ ...book, price: 77 }));
    expect(await recording.during(() => importBooks(front, priced))).toEqual({
      ...reads,
      [`${us} Update`]: 50,
      [`${eu} Update`]: 50,
      'cache Update': 100,
    });
  });
});
