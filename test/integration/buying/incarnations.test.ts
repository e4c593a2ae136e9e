/** Tables that were made anew come back as the next incarnation, and never sell what the former had. */
import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from '@jest/globals';
import type { BookState, CompleteBook } from '../../../lib/rules/book.js';
import { bookKey } from '../../../lib/tables/book-item.js';
import { joinWholeSite } from '../../../lib/replication/reconcile.js';
import { silentTelemetry } from '../../../lib/telemetry.js';
import { rowOf, stockOf } from '../../../lib/rules/ledger.js';
import { cachedBook, type FrontEnd } from '../../../lib/store/front-end.js';
import { retireSite, type Inheritance, type LeftBook } from '../../../lib/store/retire-site.js';
import { createBook, restockBook, type NewBook } from '../../../lib/store/manage-books.js';
import { findOrder } from '../../../lib/store/orders.js';
import { UnavailableError } from '../../../lib/errors.js';
import { sampleBook } from '../../support/books/books.js';
import { freshKey, order, orderOf } from '../../support/books/buyers.js';
import { openEmulators } from '../../support/stages/open.js';
import { to, unreachable } from '../../support/faults/faults.js';
import {
  makeFreshFrontEnd,
  makeFrontEnd,
  patience,
  renew,
  testSecrets,
} from '../../support/tables/front-ends.js';
import { eu, us } from '../../support/tables/neighbours.js';
import {
  exchange,
  freshBookId,
  replicaOf,
  stockBook,
  tellEveryone,
} from '../../support/books/stocked-books.js';

const former = `${us}#1`;
const next = `${us}#2`;

const emulators = await openEmulators(undefined, patience);
const { config } = emulators;
/** The same regions, us-east-1 with new and empty tables. */
const renewed = await renew(config, us);
const routing = { sales: 'nearest' } as const;
const before = makeFrontEnd(config, { region: us, routing });
const after = await makeFreshFrontEnd(renewed, { region: us, routing });
const onSameCache = makeFrontEnd(renewed, { region: us, routing });

/** What an operator does who knows that the former tables of us-east-1 are gone. */
async function giveOn({ replicas }: FrontEnd): Promise<void> {
  const books: Inheritance[] = [];
  const onLeft = ({ error }: LeftBook) => {
    throw error;
  };
  for await (const book of retireSite(replicas, former, { onLeft })) books.push(book);
  for (const { heir } of books) expect(heir).toBe(next);
}

const ledgerIn = async (front: FrontEnd, region: string, bookId: number) => {
  const book = await replicaOf(front, region).catalog.get(bookId);
  return book?.state.ledger ?? {};
};

test('the next incarnation sells what others give it, and none of what the former had', async () => {
  const bookId = await stockBook(before, { [us]: 3, [eu]: 4 });
  const frozen = rowOf(await ledgerIn(before, us, bookId), former);

  const sold = await order(after, bookId, { quantity: 4 });
  const more = await order(after, bookId, { quantity: 1 });

  expect(orderOf(sold).region).toBe(us);
  // The former is a region that does not answer: nobody knows that its copies are sold.
  expect(more.kind).toBe('busy');
  for (const region of [us, eu]) {
    const ledger = await ledgerIn(after, region, bookId);
    expect(rowOf(ledger, former)).toEqual(frozen);
  }
  const { sold: soldByNext } = rowOf(await ledgerIn(after, us, bookId), next);
  expect(soldByNext).toBe(4);
});

test('G1: what the former had left is sold once an operator gives it on, and not once more', async () => {
  const bookId = await stockBook(before, { [us]: 3, [eu]: 4 });
  orderOf(await order(before, bookId, { quantity: 1 }));
  await tellEveryone(before.replicas, bookId);

  // Two operators at once, and one who comes later.
  await Promise.all([giveOn(after), giveOn(after)]);
  await giveOn(after);

  for (const quantity of [4, 2]) orderOf(await order(after, bookId, { quantity }));
  expect(await order(after, bookId)).toEqual({
    kind: 'sold-out',
    items: [{ bookId, available: 0 }],
  });
  await exchange(after.replicas, bookId);
  expect(await ledgerIn(after, us, bookId)).toEqual(await ledgerIn(after, eu, bookId));
});

test('G4: what the former announces too late is not heard: its copies are others’ by then', async () => {
  const bookId = await stockBook(before, { [us]: 3, [eu]: 0 });
  await giveOn(after);
  orderOf(await order(before, bookId, { quantity: 1 }));
  const late = await replicaOf(before, us).catalog.get(bookId);
  for (const { catalog } of after.replicas) {
    await catalog.join({ ...(late?.state as BookState), home: us });
  }

  orderOf(await order(after, bookId, { quantity: 3 }));
  expect((await order(after, bookId)).kind).toBe('sold-out');
});

test('G1, G3: what only a backup of the former knows is joined before its copies are given on', async () => {
  const bookId = await stockBook(before, { [us]: 3, [eu]: 4 });
  const untold = orderOf(await order(before, bookId, { quantity: 2 }));

  const backup = replicaOf(before, us);
  for (const own of after.replicas) {
    await joinWholeSite({ own, other: backup, telemetry: silentTelemetry });
  }
  await giveOn(after);

  expect((await findOrder(after, untold.id))?.order).toEqual(untold);
  orderOf(await order(after, bookId, { quantity: 5 }));
  expect(await order(after, bookId)).toEqual({
    kind: 'sold-out',
    items: [{ bookId, available: 0 }],
  });
});

test('copies on their way to the former are not taken for its own by the next', async () => {
  const bookId = await stockBook(before, { [us]: 0, [eu]: 4 });
  await replicaOf(before, eu).catalog.move(bookId, former, 3);

  const outcomes = [
    await order(after, bookId, { quantity: 1 }),
    await order(after, bookId, { quantity: 1 }),
  ];

  expect(outcomes[0]?.kind).toBe('placed');
  expect(outcomes[1]?.kind).not.toBe('placed');
});

test('G3: the orders of the former, told to the other region, are found and told to the next', async () => {
  const bookId = await stockBook(before, { [us]: 3, [eu]: 0 });
  const key = freshKey();
  const bought = orderOf(await order(before, bookId, { key }));
  await exchange(before.replicas, bookId);

  expect((await findOrder(after, bought.id))?.order).toEqual(bought);
  expect(await order(after, bookId, { key })).toEqual({ kind: 'repeated', order: bought });
  await exchange(after.replicas, bookId);
  const [row] = await replicaOf(after, us).orders.find([bought.id]);
  expect(row).toMatchObject({ ...bought, site: former });
});

test('G2: a restock reaches the home in its next incarnation, with its copies, once', async () => {
  const bookId = await stockBook(before, { [us]: 1, [eu]: 1 });
  const home = (await cachedBook(before, bookId))?.state.home;
  const key = freshKey();

  const outcomes = await Promise.all(
    [1, 2, 3].map(() => restockBook(after, testSecrets, bookId, 6, key)),
  );

  expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'done', 'done']);
  const homeSite = home === us ? next : `${eu}#1`;
  const { stocked } = rowOf(await ledgerIn(after, home as string, bookId), homeSite);
  expect(stocked).toBe(home === us ? 6 : 8);
  expect((await order(after, bookId, { quantity: 6 })).kind).toBe('placed');
});

describe('G2: a key that the home has forgotten, and with it the copies that it brought', () => {
  /** A book of us-east-1 that eu-west-1 has heard of. */
  async function told(key: string): Promise<NewBook> {
    const book = sampleBook(freshBookId(before, us), { stock: 6 });
    await createBook(before, testSecrets, book, key);
    await tellEveryone(before.replicas, book.id);
    return book;
  }

  const stockedOf = async (bookId: number): Promise<number> => {
    const ledger = await ledgerIn(after, eu, bookId);
    return Object.values(ledger).reduce((sum, { stocked }) => sum + stocked, 0);
  };

  test('brings them once, and its repeat is answered as done', async () => {
    const { id } = await told(freshKey());
    const key = freshKey();
    await restockBook(before, testSecrets, id, 4, key);
    await tellEveryone(before.replicas, id);

    expect((await restockBook(after, testSecrets, id, 4, key)).kind).toBe('done');
    expect(await restockBook(after, testSecrets, id, 5, key)).toEqual({ kind: 'key-reused' });
    await tellEveryone(after.replicas, id);

    expect(await stockedOf(id)).toBe(10);
  });

  test('creates its book once, and no other key creates it again', async () => {
    const key = freshKey();
    const book = await told(key);

    expect(await createBook(after, testSecrets, book, freshKey())).toEqual({ kind: 'exists' });
    expect((await createBook(after, testSecrets, book, key)).kind).toBe('done');
    expect(await createBook(after, testSecrets, { ...book, stock: 7 }, key)).toEqual({
      kind: 'key-reused',
    });
    await tellEveryone(after.replicas, book.id);

    expect(await stockedOf(book.id)).toBe(6);
  });

  test('comes back with them where no table knows them any more, but the cache', async () => {
    const key = freshKey();
    const { id } = await told(freshKey());
    await restockBook(before, testSecrets, id, 4, key);
    await tellEveryone(after.replicas, id);

    const again = await restockBook(onSameCache, testSecrets, id, 4, key);

    expect(again.kind).toBe('done');
    expect(stockOf((again as { book: CompleteBook }).book.ledger)).toBe(10);
    await tellEveryone(after.replicas, id);
    expect(await stockedOf(id)).toBe(10);
  });

  test('comes back with its book, too', async () => {
    const key = freshKey();
    const book = sampleBook(freshBookId(before, us), { stock: 6 });
    await createBook(before, testSecrets, book, key);

    const again = await createBook(onSameCache, testSecrets, book, key);

    expect(again.kind).toBe('done');
    expect(stockOf((again as { book: CompleteBook }).book.ledger)).toBe(6);
    await tellEveryone(after.replicas, book.id);
    expect(await stockedOf(book.id)).toBe(6);
  });

  test('waits for the region that alone may know it', async () => {
    const key = freshKey();
    const book = await told(key);
    // Its cache knows the book, so that nothing but the key is missing.
    const alone = makeFrontEnd(renewed, {
      region: us,
      faults: [unreachable(to(eu))],
    });

    for (const outcome of [
      restockBook(alone, testSecrets, book.id, 4, freshKey()),
      createBook(alone, testSecrets, book, key),
    ]) {
      await expect(outcome).rejects.toThrow(UnavailableError);
    }
    await tellEveryone(after.replicas, book.id);
    expect(await stockedOf(book.id)).toBe(6);
  });
});

test('G1: a region whose tables were emptied under the same incarnation sells nothing', async () => {
  const bookId = await stockBook(before, { [us]: 4, [eu]: 2 });
  await order(before, bookId, { quantity: 3 });
  await exchange(before.replicas, bookId);
  const { catalog, link } = replicaOf(before, us);
  await link.write(new DeleteCommand({ TableName: catalog.name, Key: bookKey(bookId) }));

  const outcomes = [await order(before, bookId), await order(before, bookId, { quantity: 2 })];

  expect(orderOf(outcomes[0] as never).region).toBe(eu);
  expect(outcomes[1]?.kind).toBe('busy');
  expect(await catalog.get(bookId)).toBeUndefined();
});

test('a front end that still believes in the former incarnation sells nothing once its tables are gone', async () => {
  const gone = await makeFreshFrontEnd(
    { ...config, REPLICAS: [`${us}#0`, `${eu}#1`] },
    { region: us, routing },
  );
  const bookId = await stockBook(before, { [us]: 3, [eu]: 1 });

  const outcomes = [await order(gone, bookId), await order(gone, bookId)];

  expect(outcomes.map(({ kind }) => kind)).toEqual(['placed', 'unknown']);
  expect(orderOf(outcomes[0] as never).region).toBe(eu);
  await expect(findOrder(gone, '0'.repeat(32))).rejects.toThrow(UnavailableError);
});
