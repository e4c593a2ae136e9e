/**
 * A cache whose table refuses what it is asked, for whatever reason: reads and writes go on without
 * it, and those who run the store are told.
 */
import { describe, expect, test } from '@jest/globals';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { buyHandler } from '../../../functions/buy.js';
import { healthHandler } from '../../../functions/health.js';
import { invalidateHandler } from '../../../functions/invalidate.js';
import type { Region } from '../../../lib/rules/sites.js';
import { stockOf } from '../../../lib/rules/ledger.js';
import { createBook, restockBook, updateBook } from '../../../lib/store/manage-books.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { sampleBook, shown } from '../../support/books/books.js';
import { order, orderOf } from '../../support/books/buyers.js';
import { makeClock } from '../../support/faults/clock.js';
import { isWrite, refusing, to, type Matcher } from '../../support/faults/faults.js';
import { testSecrets } from '../../support/tables/front-ends.js';
import { queueEvent } from '../../support/tables/post.js';
import { apiOf, readerOf, request } from '../../support/requests/requests.js';
import { openStage } from '../../support/stages/open.js';
import { listen, type Told } from '../../support/tables/telemetry.js';

const home: Region = 'us-east-1';

const stage = await openStage();

const refusals: [string, Matcher][] = [
  ['every read and every write', to('cache')],
  ['every write', to('cache', isWrite)],
];
const reasons = ['ValidationException', 'AccessDeniedException'] as const;

describe.each(refusals)('a cache that refuses %s', (_what, refused) => {
  test.each(reasons)('fails no read, for whatever reason: %s', async (reason) => {
    const id = await stage.bookEverywhere(home, { stock: 20 });
    const { telemetry, counted, warned } = listen();
    const front = await stage.freshFront({
      telemetry,
      faults: [refusing(reason, refused)],
    });
    const { info, search, books, topics } = readerOf(front);
    const all = { limit: '100' };

    for (let time = 0; time < 2; time += 1) {
      expect(await info(id)).toMatchObject({ status: 200, body: { id } });
      const found = await search(`topic ${id}`);
      expect(found).toMatchObject({ status: 200, body: { books: [{ id }] } });
      expect((await books(all)).body['books']).toContainEqual(expect.objectContaining({ id }));
      expect((await topics(all)).body['topics']).toContain(`topic ${id}`);
      expect((await request(healthHandler(apiOf(front)))).status).toBe(200);
    }

    expect(counted).toHaveProperty('CacheRefused');
    expect(warned[0]).toMatchObject({ error: { where: 'cache', cause: { name: reason } } });
  });

  test('turns no sale, restock, creation or change into a failure', async () => {
    const id = await stage.bookEverywhere(home, { stock: 20 });
    const { telemetry, counted } = listen();
    const front = await stage.freshFront({
      telemetry,
      // In the home of the book, so that the restock knows of the sale.
      routing: { sales: 'nearest' },
      faults: [refusing('ValidationException', refused)],
    });
    const made = stage.nextId(home);

    const path = { id: String(id) };
    const placed = await request(buyHandler(apiOf(front), testSecrets), { method: 'POST', path });
    expect(placed).toMatchObject({ status: 201, body: { items: [{ bookId: id }] } });
    const restocked = await restockBook(front, testSecrets, id, 5, `more ${id}`);
    expect(restocked.kind === 'done' && stockOf(restocked.book.ledger)).toBe(24);
    expect(await createBook(front, testSecrets, sampleBook(made), `new ${made}`)).toMatchObject({
      kind: 'done',
    });
    expect(await updateBook(front, made, { topic: `moved ${made}` })).toMatchObject({
      kind: 'done',
      book: { registers: { topic: { value: `moved ${made}` } } },
    });
    expect((await shown(front, id)).stock).toBe(24);
    expect(counted).toHaveProperty('CacheRefused');
  });
});

test('G5: after a sale that the cache refused to hear of, the old entry lives 30 s at most', async () => {
  const id = await stage.bookEverywhere(home, { stock: 20 });
  const cacheTable = await stage.cacheTable();
  const { system, advance } = makeClock();
  await shown(stage.front({ cacheTable, system }), id);
  const front = stage.front({
    cacheTable,
    system,
    faults: [refusing('ValidationException', to('cache', isWrite))],
  });
  advance(1_000);

  orderOf(await order(front, id));

  advance(28_999);
  expect((await shown(front, id)).stock).toBe(20);
  advance(1);
  expect((await shown(front, id)).stock).toBe(19);
});

describe('an item of the cache that can grow no more', () => {
  /** A book whose cached item has hardly a byte left to the limit of 400 KB. */
  async function fullItem(): Promise<{ id: number; front: FrontEnd; told: Told }> {
    const id = await stage.bookEverywhere(home, { stock: 20 });
    const cacheTable = await stage.cacheTable();
    const name = `book#${id}`;
    const filling = 'x'.repeat(
      400 * 1024 - 'id'.length - name.length - 'bookIdfilling'.length - 10,
    );
    const item = { id: name, bookId: id, filling };
    await stage.client('cache').send(new PutCommand({ TableName: cacheTable, Item: item }));
    const told = listen();
    return { id, front: stage.front({ cacheTable, telemetry: told.telemetry }), told };
  }

  test('fails no read and no sale: they are answered from the regions', async () => {
    const { id, front, told } = await fullItem();

    expect((await shown(front, id)).stock).toBe(20);
    orderOf(await order(front, id));
    // One region has not heard of it: whichever is read first, the other is asked too.
    for (let read = 0; read < 20; read += 1) expect((await shown(front, id)).stock).toBe(19);

    expect(told.counted).toHaveProperty('CacheRefused');
    expect(told.warned[0]).toMatchObject({
      error: { message: expect.stringContaining('exceeded the maximum allowed size') },
    });
  });

  test('gives its announcement back to the queue, which gives it up where that is seen', async () => {
    const { id, front } = await fullItem();
    await stage.post.settle();
    orderOf(await order(stage.front(), id));
    const letters = await stage.post.collect(home);

    const answer = await invalidateHandler(apiOf(front))(
      queueEvent(letters.map(({ body }) => body)),
      {} as never,
    );

    expect(answer?.batchItemFailures).toHaveLength(1);
  });
});
