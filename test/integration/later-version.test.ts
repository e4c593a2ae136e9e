/** Two versions side by side lose nothing: what only a later one knows is kept, joined and told by this one. */
import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { cachedBook } from '../../lib/store/front-end.js';
import type { Region } from '../../lib/rules/sites.js';
import { restockBook, updateBook } from '../../lib/store/manage-books.js';
import { cancelOrder, findOrder } from '../../lib/store/orders.js';
import { freshKey, order, orderOf } from '../support/books/buyers.js';
import { expectConverged } from '../support/books/convergence.js';
import { testSecrets } from '../support/tables/front-ends.js';
import { island, sellApart } from '../support/books/islands.js';
import { eu, us } from '../support/tables/neighbours.js';
import { forgetCursors, reconcilerOf } from '../support/stages/reconciling.js';
import { openStage } from '../support/stages/open.js';

const stage = await openStage();

beforeEach(() => forgetCursors(stage));

type Item = Record<string, unknown>;

async function itemIn(region: Region, table: 'catalog' | 'orders', id: string): Promise<Item> {
  const { link, [table]: of } = stage.post.replica(region);
  const command = new GetCommand({ TableName: of.name, Key: { id }, ConsistentRead: true });
  return (await link.read(command)).Item ?? {};
}

/** Writes to an item as a later version does: as a change that was decided in the region. */
async function write(
  region: Region,
  table: 'catalog' | 'orders',
  id: string,
  [path, value]: [string[], unknown],
): Promise<void> {
  const { link, [table]: of } = stage.post.replica(region);
  const names = path.map((name, level) => [`#n${level}`, name] as const);
  await link.write(
    new UpdateCommand({
      TableName: of.name,
      Key: { id },
      UpdateExpression: `SET ${names.map(([name]) => name).join('.')} = :value, #scope = :local, changedAt = :now`,
      ExpressionAttributeNames: { ...Object.fromEntries(names), '#scope': 'scope' },
      ExpressionAttributeValues: { ':value': value, ':local': 'local', ':now': Date.now() },
    }),
  );
}

const register = (value: string, stamp: number) => ({ value, stamp: `${stamp}`.padStart(15, '0') });

const reconcileBoth = async () => {
  for (const own of [us, eu]) await reconcilerOf(stage, own, own === us ? eu : us).run();
};

describe.each([
  ['message', () => stage.post.settle()],
  ['reconcile', reconcileBoth],
])('by %s, a later version’s', (_way, arrive) => {
  test('register of a book arrives, the later one stays, and what is changed leaves it alone', async () => {
    const id = await stage.bookEverywhere(us);
    await write(us, 'catalog', `${id}`, [['publisher'], register('new', 2)]);
    await write(eu, 'catalog', `${id}`, [['publisher'], register('old', 1)]);

    await arrive();
    await updateBook(stage.front(), id, { title: 'Anew' });
    await restockBook(stage.front(), testSecrets, id, 2, `two of ${id}`);
    await order(stage.front(), id);
    await stage.post.settle();

    for (const region of [us, eu]) {
      expect((await itemIn(region, 'catalog', `${id}`))['publisher']).toEqual(register('new', 2));
    }
    await expectConverged(stage.post.replicas, id);
  });

  test('counter of a row is joined with the row, and what is sold leaves it alone', async () => {
    const id = await stage.bookEverywhere(us);
    await write(us, 'catalog', `${id}`, [[`row#${us}#1`, 'onLoan'], 2]);
    await order(island(stage.emulators.config, us), id);

    await arrive();
    await order(island(stage.emulators.config, us), id);
    await arrive();

    for (const region of [us, eu]) {
      const item = await itemIn(region, 'catalog', `${id}`);
      expect(item[`row#${us}#1`]).toMatchObject({ onLoan: 2, sold: 2 });
    }
  });

  test('fields of an order arrive, also those that come later, and a cancellation keeps them', async () => {
    const id = await stage.bookEverywhere(us);
    const { id: orderId } = await sellApart(stage.emulators.config, {
      region: us,
      bookId: id,
      key: freshKey(),
    });
    await arrive();
    await write(us, 'orders', orderId, [['channel'], 'kiosk']);
    await write(us, 'orders', orderId, [['parcel'], register('sent', 1)]);
    await arrive();
    await write(us, 'orders', orderId, [['parcel'], register('arrived', 2)]);
    await arrive();

    await cancelOrder(stage.front(), orderId);
    await arrive();

    for (const region of [us, eu]) {
      expect(await itemIn(region, 'orders', orderId)).toMatchObject({
        status: 'cancelled',
        channel: 'kiosk',
        parcel: register('arrived', 2),
      });
    }
    // The API tells what this version knows.
    expect((await findOrder(stage.front(), orderId))?.order).not.toHaveProperty('channel');
  });

  test('fields of an order stay with it where its key was given to two bodies', async () => {
    const bookId = await stage.bookEverywhere(us);
    const key = freshKey();
    const { config } = stage.emulators;
    const sales = [
      await sellApart(config, { region: us, bookId, key, quantity: 1 }),
      await sellApart(config, { region: eu, bookId, key, quantity: 2 }),
    ];
    for (const { region, id } of sales) await write(region, 'orders', id, [['channel'], region]);

    await arrive();
    await arrive();

    const [first, second] = sales.sort((one, other) => (one.bodyHash < other.bodyHash ? -1 : 1));
    const disputed = `${second?.id}~${second?.bodyHash}`;
    for (const region of [us, eu]) {
      expect(await itemIn(region, 'orders', `${first?.id}`)).toMatchObject({
        channel: first?.region,
      });
      expect(await itemIn(region, 'orders', disputed)).toMatchObject({ channel: second?.region });
    }
  });
});

test('a later version’s heartbeat and cached book keep what only it knows', async () => {
  const id = await stage.bookEverywhere(us);
  await write(us, 'catalog', `heartbeat#${us}`, [['region'], us]);
  await write(us, 'catalog', `heartbeat#${us}`, [['beatAt'], Date.now()]);
  await write(us, 'catalog', `heartbeat#${us}`, [['version'], '9']);
  await stage.post.settle();
  expect(await itemIn(eu, 'catalog', `heartbeat#${us}`)).toMatchObject({ version: '9' });

  const cacheTable = await stage.cacheTable();
  const front = stage.front({ cacheTable });
  await write(us, 'catalog', `${id}`, [['publisher'], register('978', 2)]);
  await front.books.join(undefined, (await bookIn(us, id)).state);
  orderOf(await order(front, id));
  expect((await cachedBook(front, id))?.state.registers['publisher']).toEqual(register('978', 2));
});

async function bookIn(region: Region, id: number) {
  const book = await stage.post.replica(region).catalog.get(id);
  if (book === undefined) throw new Error(`${region} has no book ${id}`);
  return book;
}
