/** G4: a region that is new to the store joins what the others have in transactions of many. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { updateBook } from '../../../lib/store/manage-books.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { barrier, type Call, type Interceptor } from '../../support/faults/barrier.js';
import { order, orderOf } from '../../support/books/buyers.js';
import { expectConverged } from '../../support/books/convergence.js';
import { isTransaction, isWrite, refusing, to } from '../../support/faults/faults.js';
import { island } from '../../support/books/islands.js';
import { eu, us } from '../../support/tables/neighbours.js';
import {
  booksOfHome,
  forgetCursors,
  reconcilerOf,
  titleIn,
  withoutSweep,
} from '../../support/stages/reconciling.js';
import { openStage } from '../../support/stages/open.js';

const stage = await openStage();

beforeEach(async () => {
  await stage.post.settle();
  await forgetCursors(stage);
});

const newBooks = (count: number) => booksOfHome(stage, us, eu, count);

const [apartUs, apartEu] = [us, eu].map((region) => island(stage.emulators.config, region)) as [
  FrontEnd,
  FrontEnd,
];

const soldApart = async (id: number) => orderOf(await order(apartUs, id));

const filling = (...faults: Interceptor[]) =>
  reconcilerOf(stage, eu, us, { faults: [withoutSweep, ...faults] });

const names = (call: Call, id: number | string): boolean =>
  JSON.stringify(call.input).includes(`"id":"${id}"`);

describe('a region that is filled', () => {
  test('is sent a few transactions of many items, and nothing of one alone', async () => {
    const ids = await newBooks(120);
    const orders = await Promise.all(ids.slice(0, 16).map(soldApart));
    const own = filling();

    await own.run();

    expect(own.calls.counted()).toMatchObject({ [`${us} Query`]: 8, [`${eu} Put`]: 1 });
    const written = own.calls.calls.filter(to(eu, isWrite));
    // One for each shard of each table at most, and the cursor.
    expect(written.length).toBeLessThanOrEqual(9);
    expect(own.counted.Repaired).toBe(136);
    const { rows } = await stage.post.replica(eu).catalog.getAll(ids);
    expect(rows.map(({ rights }) => rights)).toEqual(ids.map(() => 5));
    expect(await stage.post.replica(eu).orders.find(orders.map(({ id }) => id))).toHaveLength(16);
    for (const id of ids.slice(0, 3)) await expectConverged(stage.post.replicas, id);
  });

  test('lacks only the item that its table refuses, and what is beside it', async () => {
    const ids = await newBooks(20);
    const orders = await Promise.all(ids.map(soldApart));
    const [bad, badOrder] = [String(ids[7]), String(orders[3]?.id)];
    const isBad = to(eu, (call) => isWrite(call) && (names(call, bad) || names(call, badOrder)));
    const own = filling(refusing('ValidationException', isBad));

    await own.run();

    expect(new Set(own.warned.map(({ id }) => id))).toEqual(new Set([bad, badOrder]));
    const { rows } = await stage.post.replica(eu).catalog.getAll(ids);
    expect(rows).toHaveLength(19);
    const found = await stage.post.replica(eu).orders.find(orders.map(({ id }) => id));
    expect(found).toHaveLength(19);
    expect(own.counted.Repaired).toBe(38);
    await filling().run();
    expect(await titleIn(stage, eu, Number(bad))).toBe(`Book ${bad}`);
  });

  test('writes nothing of what it has heard of already, and joins the rest', async () => {
    const ids = await newBooks(12);
    await stage.post.settle();
    const more = await newBooks(12);
    const own = filling();

    await own.run();

    expect(own.counted.Repaired).toBe(12);
    for (const id of [...ids.slice(0, 2), ...more.slice(0, 2)]) {
      await expectConverged(stage.post.replicas, id);
    }
  });
});

describe('what changes between the look at it and the write', () => {
  test('a book and an order that arrive meanwhile are joined once, with the others', async () => {
    const ids = await newBooks(16);
    const orders = await Promise.all(ids.map(soldApart));
    const { interceptor, reached, open } = barrier('before', to(eu, isTransaction));
    const own = filling(interceptor);
    const run = own.run();
    await reached;
    // Every message arrives, and some of the copies that it brings are sold.
    await stage.post.settle();
    for (const id of ids.slice(0, 5)) orderOf(await order(apartEu, id));
    open();
    await run;

    expect(own.warned).toEqual([]);
    await reconcilerOf(stage, us, eu).run();
    for (const id of ids.slice(0, 6)) await expectConverged(stage.post.replicas, id);
    expect(await stage.post.replica(eu).orders.find(orders.map(({ id }) => id))).toHaveLength(16);
  });

  test('a book that is here and is changed and sold meanwhile is joined with what it is by then', async () => {
    const id = await stage.bookEverywhere(us, { stock: 20 });
    await updateBook(apartUs, id, { title: 'Theirs' });
    await stage.post.replica(us).catalog.move(id, `${eu}#1`, 3);
    const { interceptor, reached, open } = barrier(
      'before',
      to(eu, (call) => call.command === 'Update' && names(call, id)),
    );
    const own = filling(interceptor);
    const run = own.run();
    await reached;
    await stage.post.settle();
    await updateBook(apartEu, id, { title: 'Ours', price: 5 });
    orderOf(await order(apartEu, id));
    open();
    await run;

    const book = await stage.post.replica(eu).catalog.get(id);
    expect(book).toMatchObject({ rights: 12, state: { registers: { title: { value: 'Ours' } } } });
    await reconcilerOf(stage, us, eu).run();
    await expectConverged(stage.post.replicas, id);
  });
});
