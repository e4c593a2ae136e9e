/** G1, G2: a write-off takes unsold copies out of the stock once for each key, from any region. */
import { describe, expect, test } from '@jest/globals';
import { stockOf } from '../../lib/rules/ledger.js';
import { homeOf, type Region } from '../../lib/rules/sites.js';
import { sitesOf, type FrontEnd } from '../../lib/store/front-end.js';
import { listReplicas } from '../../lib/store/inspect.js';
import { restockBook } from '../../lib/store/manage-books.js';
import { cancelOrder } from '../../lib/store/orders.js';
import { readBooks } from '../../lib/store/read-books.js';
import { writeOffBook, type WriteOffOutcome } from '../../lib/store/write-off.js';
import type { StoredBook } from '../../lib/tables/book-item.js';
import { keyRecordKey } from '../../lib/tables/key-record.js';
import { readItems } from '../../lib/tables/changes.js';
import { eventually } from '../../tools/eventually.js';
import { barrier, countAnswers, outage } from '../support/faults/barrier.js';
import { byTurns, freshKey, order, orderOf } from '../support/books/buyers.js';
import {
  afterFirst,
  before,
  first,
  isSurvey,
  isTransaction,
  to,
  unreachable,
} from '../support/faults/faults.js';
import { makeFreshFrontEnd, testSecrets } from '../support/tables/front-ends.js';
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

const writeOff = (
  front: FrontEnd,
  bookId: number,
  quantity: number,
  key: string,
  reason?: string,
): Promise<WriteOffOutcome> => writeOffBook(front, testSecrets, { bookId, quantity, reason }, key);

const writtenOff = async (bookId: number): Promise<number> =>
  (await listReplicas(here, bookId)).reduce((sum, { book }) => sum + (book?.writtenOff ?? 0), 0);

const homeIn = (bookId: number): Region => homeOf(bookId, sitesOf(here));

const otherThan = (region: Region): Region => (region === us ? eu : us);

describe('a write-off', () => {
  test('takes its copies once, however often and wherever its key is tried again', async () => {
    const bookId = await stockBook(here, { [us]: 4, [eu]: 4 });
    const key = freshKey();

    const outcomes = await byTurns([there, here], 10, (front) => writeOff(front, bookId, 3, key));
    outcomes.push(await writeOff(there, bookId, 3, key));

    expect(outcomes.map(({ kind }) => kind)).toEqual(outcomes.map(() => 'done'));
    expect(outcomes.map(stockShown)).toEqual(outcomes.map(() => 5));
    await exchange(here.replicas, bookId);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 0, left: 5 });
    expect(await writtenOff(bookId)).toBe(3);
  });

  test.each([us, eu])(
    'of copies that lie in %s alone is done from either region',
    async (region) => {
      for (const front of [here, there]) {
        const bookId = await stockBook(here, { [region]: 5, [otherThan(region)]: 0 });

        expect(stockShown(await writeOff(front, bookId, 5, freshKey()))).toBe(0);

        await exchange(here.replicas, bookId);
        expect(await takeStock(here.replicas, bookId)).toEqual({
          sold: 0,
          left: 0,
          rights: [0, 0],
        });
      }
    },
  );

  test('of more than are unsold in all regions is refused with what is left, and takes none', async () => {
    const bookId = await stockBook(here, { [us]: 2, [eu]: 3 });
    await order(here, bookId, { quantity: 1 });

    for (const front of [here, there]) {
      expect(await writeOff(front, bookId, 5, freshKey())).toEqual({
        kind: 'sold-out',
        available: 4,
      });
    }

    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 1, left: 4 });
    expect(await writtenOff(bookId)).toBe(0);
  });

  test('leaves its reason with the record of its key', async () => {
    const bookId = await stockBook(here, { [us]: 1, [eu]: 1 });
    const told: Record<string, unknown>[] = [];
    const telemetry = {
      ...here.telemetry,
      info: (_: string, details: Record<string, unknown>) => void told.push(details),
    };

    await writeOff({ ...here, telemetry }, bookId, 1, freshKey(), 'water damage');

    expect(told).toMatchObject([{ bookId, quantity: 1, reason: 'water damage' }]);
    const { id } = keyRecordKey(String(told[0]?.['keyId']));
    const home = replicaOf(here, homeIn(bookId));
    expect(await readItems(home, here.system, 'orders', [id])).toMatchObject([
      { reason: 'water damage' },
    ]);
  });

  test('is refused where its key was used for another quantity, reason or book', async () => {
    const [bookId, otherId] = [await bookAt(here, us), await bookAt(here, us)];
    const key = freshKey();
    await writeOff(here, bookId, 3, key, 'lost');

    expect(await writeOff(here, bookId, 4, key, 'lost')).toEqual({ kind: 'key-reused' });
    expect(await writeOff(here, bookId, 3, key, 'found')).toEqual({ kind: 'key-reused' });
    expect(await writeOff(here, otherId, 3, key, 'lost')).toEqual({ kind: 'key-reused' });
    expect(await writtenOff(bookId)).toBe(3);
  });

  test("has keys of its own beside a restock's and an order's", async () => {
    const bookId = await stockBook(here, { [us]: 3, [eu]: 3 });
    const key = freshKey();

    const outcomes = [
      await restockBook(here, testSecrets, bookId, 2, key),
      await writeOff(here, bookId, 2, key),
      await order(here, bookId, { key, quantity: 2 }),
    ];

    expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'done', 'placed']);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 2, left: 4 });
  });

  test('of an unknown book is refused', async () => {
    expect(await writeOff(here, freshBookId(here), 3, freshKey())).toEqual({
      kind: 'unknown-book',
    });
  });

  test('G5: is shown at once by the front end that made it', async () => {
    const bookId = await stockBook(here, { [us]: 2, [eu]: 2 });

    expect(stockShown(await writeOff(here, bookId, 1, freshKey()))).toBe(3);

    const shown = await readBooks(here, [bookId]);
    expect(shown.cacheUse).toBe('hit');
    expect(stockOf(shown.books.get(bookId)?.ledger ?? {})).toBe(3);
  });

  test('that finds its copies sold meanwhile takes others', async () => {
    const bookId = await stockBook(here, { [us]: 2, [eu]: 2 });
    const home = homeIn(bookId);
    const front = faulty(
      before(first(1, to(home, isTransaction)), () =>
        order(home === us ? here : there, bookId, { quantity: 2 }),
      ),
    );

    expect((await writeOff(front, bookId, 2, freshKey())).kind).toBe('done');

    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 2, left: 0 });
  });
});

// One copy is unsold all the time. Between the looks at the two regions it leaves the one that is looked at
// second, by way of a cancelled order of the other.
test('G6: what one look at the regions adds up to zero is no refusal of a write-off', async () => {
  const bookId = freshBookId(here);
  const [home, other] = [homeIn(bookId), otherThan(homeIn(bookId))];
  await stockBook(here, { [home]: 0, [other]: 2 }, { id: bookId });
  const frontIn = (region: Region) => (region === us ? here : there);
  const { catalog } = replicaOf(here, other);
  const sold = orderOf(await order(frontIn(other), bookId));
  const lookAt = (region: Region) => barrier('before', afterFirst(1, to(region, isSurvey)));
  const [lookAtHome, lookAtOther] = [lookAt(home), lookAt(other)];
  const readsOfOther = countAnswers(to(other, isSurvey));
  const front = faulty(lookAtHome.interceptor, lookAtOther.interceptor, readsOfOther.interceptor);
  const writingOff = writeOff(front, bookId, 1, freshKey());

  await Promise.all([lookAtHome.reached, lookAtOther.reached]);
  const inFlight = await catalog.move(bookId, replicaOf(here, home).site, 1);
  lookAtOther.open();
  await readsOfOther.done(2);
  await cancelOrder(frontIn(other), sold.id);
  await replicaOf(here, home).catalog.join((inFlight as StoredBook).state);
  await order(frontIn(home), bookId);
  lookAtHome.open();

  expect((await writingOff).kind).toBe('done');
  expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 1, left: 0 });
});

describe('a write-off that is not answered', () =>
  testUnanswered(neighbours, 'takes', writeOff, { stockedEach: 3, quantity: 3, left: 3 }));

describe('while a region is down', () => {
  test('its home, nothing is written off elsewhere, and the key does it later', async () => {
    const bookId = await stockBook(here, { [us]: 3, [eu]: 3 });
    const home = homeIn(bookId);
    const connection = outage(home);
    const front = faulty(connection.interceptor);
    const key = freshKey();

    await expect(writeOff(front, bookId, 2, key)).rejects.toMatchObject({ isUnknown: false });
    connection.restore(home);
    expect((await eventually(() => writeOff(front, bookId, 2, key))).kind).toBe('done');

    expect(await takeStock(here.replicas, bookId)).toMatchObject({ left: 4 });
  });

  test('another, what the home has is written off, and "too few" is not said', async () => {
    const bookId = await stockBook(here, { [us]: 3, [eu]: 3 });
    const front = faulty(unreachable(to(otherThan(homeIn(bookId)))));

    await expect(writeOff(front, bookId, 4, freshKey())).rejects.toMatchObject({
      isUnknown: false,
    });
    expect((await writeOff(front, bookId, 3, freshKey())).kind).toBe('done');

    expect(await takeStock(here.replicas, bookId)).toMatchObject({ left: 3 });
  });
});

test('G2: a home that has forgotten a write-off is told of it by the row that others hold', async () => {
  const bookId = await bookAt(here, eu);
  const key = freshKey();
  await writeOff(here, bookId, 2, key);
  await exchange(here.replicas, bookId);
  // The store has left the home: another region stands in for it.
  const alone = await makeFreshFrontEnd({ ...emulators.config, REPLICAS: [`${us}#1`] });

  expect((await writeOff(alone, bookId, 2, key)).kind).toBe('done');

  await tell(replicaOf(here, us), replicaOf(here, eu), bookId);
  expect(await writtenOff(bookId)).toBe(2);
});

test('write-offs, orders and restocks at once keep every copy', async () => {
  const bookId = await stockBook(here, { [us]: 10, [eu]: 10 });
  const keys = Array.from({ length: 4 }, () => freshKey());
  const untilDone = (front: FrontEnd, key: string) =>
    eventually(async () => {
      const { kind } = await writeOff(front, bookId, 3, key);
      if (kind !== 'done') throw new Error(kind);
    });

  await Promise.all([
    ...keys.flatMap((key) => [untilDone(here, key), untilDone(there, key)]),
    byTurns([there, here], 6, (front, buyer) =>
      eventually(async () => orderOf(await order(front, bookId, { key: `one of ${buyer}` }))),
    ),
    restockBook(here, testSecrets, bookId, 2, freshKey()),
  ]);

  await exchange(here.replicas, bookId);
  expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 6, left: 4 });
  expect(await writtenOff(bookId)).toBe(12);
});
