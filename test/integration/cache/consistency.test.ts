import { expect, test } from '@jest/globals';
import type { Region } from '../../../lib/rules/sites.js';
import { restockBook, updateBook } from '../../../lib/store/manage-books.js';
import { searchByTopic } from '../../../lib/store/list-books.js';
import { cancelOrder } from '../../../lib/store/orders.js';
import { recordCalls, type Call } from '../../support/faults/barrier.js';
import { shown } from '../../support/books/books.js';
import { order, orderOf } from '../../support/books/buyers.js';
import { makeClock } from '../../support/faults/clock.js';
import { before, isTransaction, to, unreachable } from '../../support/faults/faults.js';
import { testSecrets } from '../../support/tables/front-ends.js';
import { silentTelemetry } from '../../../lib/telemetry.js';
import { oldAnswers } from '../../support/faults/old-answers.js';
import { openStage } from '../../support/stages/open.js';

const seller: Region = 'us-east-1';

const stage = await openStage();

const asksForConsistency = ({ command, input }: Call): boolean => {
  if (command === 'Get') return input['ConsistentRead'] === true;
  const tables = Object.values(input['RequestItems'] as Record<string, Call['input']>);
  return tables.every((table) => table['ConsistentRead'] === true);
};

test('G5: every read of an item asks for consistency, of the cache and of the replicas', async () => {
  const id = await stage.bookEverywhere(seller, { stock: 20 });
  const calls = recordCalls();
  const front = await stage.freshFront({ faults: [calls.interceptor] });

  await shown(front, id);
  await shown(front, id);
  await searchByTopic(front, `topic ${id}`, { limit: 20, after: '0' });
  const placed = orderOf(await order(front, id));
  await order(front, id, { quantity: 100 });
  await cancelOrder(front, placed.id);
  await restockBook(front, testSecrets, id, 1, `one of ${id}`);
  await updateBook(front, id, { price: 1 });

  const reads = calls.calls.filter(({ command }) => command === 'Get' || command === 'BatchGet');
  expect(new Set(reads.map(({ place }) => place))).toEqual(
    new Set(['cache', 'us-east-1', 'eu-west-1']),
  );
  expect(reads.filter((call) => !asksForConsistency(call))).toEqual([]);
});

test('G5: where reads that do not ask for consistency are answered from before, the old stock is never shown', async () => {
  const id = await stage.bookEverywhere(seller, { stock: 20 });
  const cacheTable = await stage.cacheTable();
  const old = oldAnswers();
  const options = { cacheTable, region: seller, routing: { sales: 'nearest' } } as const;
  const front = stage.front({ ...options, faults: [old.interceptor] });
  await shown(front, id);
  await old.freeze(cacheTable, stage.client('cache'));
  for (const { catalog, link } of front.replicas)
    await old.freeze(catalog.name, { send: link.read });

  const placed = orderOf(await order(front, id, { quantity: 2 }));
  expect((await shown(front, id)).stock).toBe(18);
  await restockBook(front, testSecrets, id, 5, `five of ${id}`);
  expect((await shown(front, id)).stock).toBe(23);
  await updateBook(front, id, { price: 1 });
  expect((await shown(front, id)).price).toBe(1);
  await cancelOrder(front, placed.id);
  expect((await shown(front, id)).stock).toBe(25);
});

test.each([
  [
    'the book could not be read back',
    ({ place, command }: Call) => place === seller && command === 'BatchGet',
  ],
  [
    'the cache did not take it',
    ({ place, command }: Call) => place === 'cache' && command === 'Update',
  ],
])('G5: after a sale of which %s, the old entry lives 30 s at most', async (_failure, isLost) => {
  const id = await stage.bookEverywhere(seller, { stock: 20 });
  const { system, advance } = makeClock();
  const cacheTable = await stage.cacheTable();
  const options = { cacheTable, system, region: seller } as const;
  const reader = stage.front({ ...options, routing: { reads: 'nearest' } });
  await shown(reader, id);
  let isSold = false;
  const front = stage.front({
    ...options,
    routing: { sales: 'nearest' },
    faults: [
      before(isTransaction, async () => {
        isSold = true;
      }),
      unreachable((call) => isSold && isLost(call)),
    ],
  });
  advance(20_000);

  expect(await order(front, id)).toMatchObject({ kind: 'placed' });

  // The entry was made 20 s before the sale: it lives 10 s on.
  advance(9_999);
  expect((await shown(reader, id)).stock).toBe(20);
  advance(1);
  expect((await shown(reader, id)).stock).toBe(19);
});

const isBatch = ({ command }: Call): boolean => command === 'BatchGet';

test('G5: a sale that could not be read back is told to those who run the store', async () => {
  const id = await stage.bookEverywhere(seller);
  const warnings: string[] = [];
  const front = stage.front({
    region: seller,
    routing: { sales: 'nearest' },
    telemetry: {
      ...silentTelemetry,
      warn: (message) => warnings.push(message),
    },
    faults: [unreachable(to(seller, isBatch))],
  });

  expect(await order(front, id, { unitPrice: 1000 })).toMatchObject({ kind: 'placed' });

  expect(warnings).toEqual(['a write could not be read back']);
});
