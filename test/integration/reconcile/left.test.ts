/** G4: one item that can't be joined holds up no other, is reported, and is tried again. */
import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { listOrdersHandler } from '../../../functions/list-orders.js';
import { joinWholeSite } from '../../../lib/replication/reconcile.js';
import type { Region } from '../../../lib/rules/sites.js';
import { updateBook } from '../../../lib/store/manage-books.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { listBooks } from '../../../lib/store/list-books.js';
import { readBooks } from '../../../lib/store/read-books.js';
import { retireSite } from '../../../lib/store/retire-site.js';
import { silentTelemetry } from '../../../lib/telemetry.js';
import { outage, type Interceptor } from '../../support/faults/barrier.js';
import { order, orderOf } from '../../support/books/buyers.js';
import { makeClock } from '../../support/faults/clock.js';
import { testSecrets } from '../../support/tables/front-ends.js';
import { itemsOf } from '../../support/tables/raw-items.js';
import { island } from '../../support/books/islands.js';
import { eu, us } from '../../support/tables/neighbours.js';
import {
  forgetCursors,
  reconcilerOf,
  titleIn,
  withoutSweep,
} from '../../support/stages/reconciling.js';
import { apiOf, request } from '../../support/requests/requests.js';
import { openStage } from '../../support/stages/open.js';
import { listen } from '../../support/tables/telemetry.js';

const { system, advance } = makeClock();

let mended: (() => Promise<unknown>)[] = [];

const stage = await openStage({ system });

beforeEach(() => forgetCursors(stage));

afterEach(async () => {
  for (const mend of mended) await mend();
  mended = [];
});

const apart = (region = us): FrontEnd => island(stage.emulators.config, region, system.now());

/** Writes what is none of the store's into an item of a region. @returns what mends it. */
async function spoil(
  region: Region,
  table: 'catalog' | 'orders',
  id: string,
  [attribute, value]: [string, unknown],
): Promise<() => Promise<unknown>> {
  const { link, [table]: of } = stage.post.replica(region);
  const set = (name: string, to: unknown) =>
    link.write(
      new UpdateCommand({
        TableName: of.name,
        Key: { id },
        UpdateExpression: 'SET #name = :to, changedAt = :now',
        ExpressionAttributeNames: { '#name': name },
        ExpressionAttributeValues: { ':to': to, ':now': system.now() },
        ReturnValues: 'ALL_OLD',
      }),
    );
  const { Attributes } = await set(attribute, value);
  const mend = () => set(attribute, Attributes?.[attribute]);
  mended.push(mend);
  return mend;
}

const changed = async (title: string): Promise<number> => {
  const id = await stage.bookEverywhere(us);
  await updateBook(apart(), id, { title });
  return id;
};

describe('an item that can not be joined', () => {
  test('because its book can not be read is left, and the others are joined', async () => {
    const bad = await changed('Bad');
    const good = await changed('Good');
    const mend = await spoil(us, 'catalog', String(bad), ['price', { value: 'free', stamp: 's' }]);
    const own = reconcilerOf(stage, eu, us, { system, faults: [withoutSweep] });

    await own.run();

    expect(await titleIn(stage, eu, good)).toBe('Good');
    expect(own.warned).toMatchObject([{ id: String(bad), of: `${us}#1`, table: 'catalog' }]);

    // Behind the cursor for long, it is not lost.
    advance(3_600_000);
    await changed('Later');
    await own.run();
    await own.run();
    await mend();
    // The index tells of the mend, too: it is not to help.
    await reconcilerOf(stage, eu, us, {
      system,
      faults: [withoutSweep, withoutChanges],
    }).run();
    expect(await titleIn(stage, eu, bad)).toBe('Bad');
    expect(own.counted.ItemLeft).toBe(3);
  });

  test('because its region has forgotten sales of it is left, and the others are joined', async () => {
    const bad = await stage.bookEverywhere(us);
    await order(apart(eu), bad);
    await stage.post.settle();
    const good = await changed('Good');
    const { link, catalog } = stage.post.replica(eu);
    const gone = await link.write(
      new DeleteCommand({
        TableName: catalog.name,
        Key: { id: String(bad) },
        ReturnValues: 'ALL_OLD',
      }),
    );
    mended.push(() =>
      link.write(new PutCommand({ TableName: catalog.name, Item: gone.Attributes })),
    );
    const own = reconcilerOf(stage, eu, us, { system, faults: [withoutSweep] });

    await own.run();

    expect(await titleIn(stage, eu, good)).toBe('Good');
    expect(own.warned.map((one) => one['id'])).toEqual([String(bad)]);
    expect(String(own.warned[0]?.['error'])).toContain('has forgotten');
  });

  test.each([us, eu])('because its order can not be read in %s is left', async (region) => {
    const id = await stage.bookEverywhere(us, { stock: 20 });
    const bad = orderOf(await order(apart(), id));
    await stage.post.settle();
    await spoil(region, 'orders', bad.id, ['total', 'two']);
    const good = orderOf(await order(apart(), id));
    const own = reconcilerOf(stage, eu, us, { system });

    await own.run();

    expect(await stage.post.replica(eu).orders.find([good.id])).toHaveLength(1);
    expect(new Set(own.warned.map((one) => one['id']))).toEqual(new Set([bad.id]));
  });

  test('is not what is left where a region does not answer: the run ends, and is made up for', async () => {
    const id = await changed('Anew');
    const links = outage(eu);
    const own = reconcilerOf(stage, eu, us, { system, faults: [links.interceptor] });

    await expect(own.run()).rejects.toThrow();

    expect(own.warned).toEqual([]);
    await reconcilerOf(stage, eu, us, { system }).run();
    expect(await titleIn(stage, eu, id)).toBe('Anew');
  });

  test('is told to who joins a backup, and its copies are not given on; the others are', async () => {
    const [bad, good] = [await stage.bookEverywhere(us), await stage.bookEverywhere(us)];
    await spoil(us, 'catalog', String(bad), ['title', 'no register']);
    const [own, other] = [stage.post.replica(eu), stage.post.replica(us)];

    const left = await joinWholeSite({ own, other, telemetry: silentTelemetry });

    expect(left).toContain(bad);
    await spoil(eu, 'catalog', String(bad), ['title', 'no register']);
    const failed: number[] = [];
    const given: number[] = [];
    const onLeft = ({ bookId }: { bookId: number }) => failed.push(bookId);
    for await (const { bookId } of retireSite([own], 'ap-south-1#1', { onLeft }))
      given.push(bookId);
    expect(failed).toEqual([bad]);
    const isPassedOver: number[] = [];
    const again = retireSite([own], 'ap-south-1#1', {
      except: left,
      onLeft: ({ bookId }) => isPassedOver.push(bookId),
    });
    for await (const { bookId } of again) given.push(bookId);
    expect(isPassedOver).toEqual([]);
    expect(given).not.toContain(good);
  });
});

/** Sees to it that only what was left before is found. */
const withoutChanges: Interceptor = (call, proceed) =>
  call.command === 'Query' ? Promise.resolve({ Items: [] }) : proceed();

describe('G4: the cursor of reconcile', () => {
  test('does not run ahead of the clock that reads it', async () => {
    const early = await changed('Early');
    const { link, catalog } = stage.post.replica(us);
    await link.write(
      new UpdateCommand({
        TableName: catalog.name,
        Key: { id: String(early) },
        UpdateExpression: 'SET changedAt = :ahead',
        ExpressionAttributeValues: { ':ahead': system.now() + 86_400_000 },
      }),
    );
    const own = reconcilerOf(stage, eu, us, { system, faults: [withoutSweep] });
    await own.run();
    expect(await titleIn(stage, eu, early)).toBe('Early');

    // In the same shard, so that one cursor is to find both.
    for (let books = 0; books < 12; books += 1) {
      const id = await changed(`On time ${books}`);
      await own.run();
      expect(await titleIn(stage, eu, id)).toBe(`On time ${books}`);
    }
  });

  test('minds no item that a page of the index shows twice', async () => {
    const id = await changed('Twice');
    const twice: Interceptor = async (call, proceed) => {
      const page = (await proceed()) as { Items?: Record<string, unknown>[] };
      if (call.command !== 'Query') return page;
      const Items = (page.Items ?? []).flatMap((item) => [
        item,
        { ...item, changedAt: Number(item['changedAt']) + 1 },
      ]);
      return { ...page, Items };
    };

    await reconcilerOf(stage, eu, us, { system, faults: [withoutSweep, twice] }).run();

    expect(await titleIn(stage, eu, id)).toBe('Twice');
  });

  test('begins anew where it can not be read', async () => {
    const { link, catalog } = stage.post.replica(eu);
    const Item = { id: `cursor#${us}#1`, cursor: { sweep: { table: 'reviews' } } };
    await link.write(new PutCommand({ TableName: catalog.name, Item }));
    const id = await changed('Read');

    await reconcilerOf(stage, eu, us, { system, faults: [withoutSweep] }).run();

    expect(await titleIn(stage, eu, id)).toBe('Read');
  });
});

describe('readers', () => {
  test('G6: are shown the other books of a page where one can not be read, and no 404 of that one', async () => {
    const topic = 'readable and not';
    const [bad, good] = [
      await stage.bookEverywhere(us, { topic }),
      await stage.bookEverywhere(us, { topic }),
    ];
    for (const region of [us, eu]) {
      await spoil(region, 'catalog', String(bad), ['price', { value: 'free', stamp: 's' }]);
    }
    const { telemetry, counted } = listen();
    const front = await stage.freshFront({ telemetry });

    const { books } = await listBooks(front, { limit: 100, after: '' });
    const alone = await readBooks(front, [bad]);

    expect(books.map(({ id }) => id)).toContain(good);
    expect(books.map(({ id }) => id)).not.toContain(bad);
    expect(alone.isCertain).toBe(false);
    expect(counted).toHaveProperty('ItemLeft');
  });

  test('are shown a book that one region can read, and buy it there', async () => {
    const id = await stage.bookEverywhere(us, { stock: 20 });
    await spoil(us, 'catalog', String(id), ['price', { value: 'free', stamp: 's' }]);
    const front = await stage.freshFront({ freshForMs: 0 });

    for (let read = 0; read < 8; read += 1) {
      expect((await readBooks(front, [id])).books.has(id)).toBe(true);
      expect(orderOf(await order(front, id)).region).toBe(eu);
    }
  });

  test('are shown the other orders where one can not be read', async () => {
    const id = await stage.bookEverywhere(us, { stock: 20 });
    const [bad, good] = [orderOf(await order(apart(), id)), orderOf(await order(apart(), id))];
    await stage.post.settle();
    for (const region of [us, eu]) await spoil(region, 'orders', bad.id, ['total', 'two']);

    const { status, body } = await request(listOrdersHandler(apiOf(stage.front()), testSecrets), {
      headers: { Authorization: `Bearer ${await testSecrets.adminToken()}` },
    });

    expect(status).toBe(200);
    const ids = (body['orders'] as { id: string }[]).map((one) => one.id);
    expect(ids).toContain(good.id);
    expect(ids).not.toContain(bad.id);
  });

  test('G5: are not kept from a book by a cached item that can not be read', async () => {
    const id = await stage.bookEverywhere(us);
    const cacheTable = await stage.cacheTable();
    const front = stage.front({ cacheTable });
    const Item = { id: `book#${id}`, bookId: id, price: 'free' };
    await stage.client('cache').send(new PutCommand({ TableName: cacheTable, Item }));

    expect((await readBooks(front, [id])).books.has(id)).toBe(true);
    expect(orderOf(await order(front, id)).items).toMatchObject([{ bookId: id }]);
  });

  test('are not kept from a list by a cached page that can not be read', async () => {
    await stage.bookEverywhere(us);
    const cacheTable = await stage.cacheTable();
    const front = stage.front({ cacheTable });
    const firstPage = () => listBooks(front, { limit: 1, after: '' });
    const { books } = await firstPage();
    const write = stage.client('cache');
    const pages = (await itemsOf(write, cacheTable)).filter(({ page }) => page !== undefined);
    expect(pages).not.toHaveLength(0);
    for (const item of pages) {
      const Item = { ...item, page: { books: [7] } };
      await write.send(new PutCommand({ TableName: cacheTable, Item }));
    }

    expect((await firstPage()).books).toEqual(books);
  });
});
