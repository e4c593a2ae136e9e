/** G2 and G4 where three regions accepted one key: whatever order the rows meet in, one log. */
import { describe, expect, test } from '@jest/globals';
import type { OrderRow } from '../../../lib/rules/order.js';
import { freshKey } from '../../support/books/buyers.js';
import { openEmulators } from '../../support/stages/open.js';
import { makeFrontEnd, patience } from '../../support/tables/front-ends.js';
import { sellApart } from '../../support/books/islands.js';
import { logOf } from '../../support/books/order-log.js';
import { exchange, replicaOf, stockBook, takeStock } from '../../support/books/stocked-books.js';

const regions = ['us-east-1', 'eu-west-1', 'ap-south-1'] as const;
type Name = (typeof regions)[number];

const emulators = await openEmulators(regions, patience);
const front = makeFrontEnd(emulators.config);

/** Which region hears of whose row; every order of the six arrivals. */
const arrivals: readonly (readonly [to: Name, from: Name])[] = regions.flatMap((to) =>
  regions.filter((from) => from !== to).map((from) => [to, from] as const),
);

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  );
}

/** One in so many of the 720 orders, spread over all of them. */
const sample = (every: number) => permutations(arrivals).filter((_, index) => index % every === 0);

async function logs(bookIds: readonly number[]): Promise<OrderRow[][]> {
  return Promise.all(front.replicas.map((replica) => logOf(replica, bookIds)));
}

describe('three orders of one key', () => {
  async function acceptedThrice(quantity: Record<Name, number>) {
    const bookId = await stockBook(front, Object.fromEntries(regions.map((region) => [region, 9])));
    const key = freshKey();
    const rows = {} as Record<Name, OrderRow>;
    for (const [index, region] of regions.entries()) {
      const price = 1000 - index;
      const sale = { region, bookId, key, quantity: quantity[region], price };
      rows[region] = await sellApart(emulators.config, sale);
    }
    return { bookId, rows };
  }

  test('of one body: the same one stands in every order of arrival, and the copies are right', async () => {
    const quantity = { 'us-east-1': 2, 'eu-west-1': 2, 'ap-south-1': 2 };
    for (const order of sample(90)) {
      const { bookId, rows } = await acceptedThrice(quantity);
      for (const [to, from] of order) {
        await replicaOf(front, to).sales.join(rows[from]);
        await replicaOf(front, to).sales.join(rows[from]);
      }

      const standing = [rows['ap-south-1']];
      expect(await logs([bookId])).toEqual([standing, standing, standing]);
      expect(await takeStock(front.replicas, bookId)).toMatchObject({ sold: 2, left: 25 });
    }
  });

  /** The log that all come to where each has heard of the others' rows in an order. */
  async function heard(order: typeof arrivals, quantity: Record<Name, number>) {
    const { bookId, rows } = await acceptedThrice(quantity);
    for (const [to, from] of order) await replicaOf(front, to).sales.join(rows[from]);
    await exchange(front.replicas, bookId);
    const [log = [], ...others] = await logs([bookId]);
    expect(others).toEqual([log, log]);
    return { bookId, rows, log };
  }

  test('of two bodies: one of each stands in every log, and the copies are right', async () => {
    const quantity = { 'us-east-1': 2, 'eu-west-1': 3, 'ap-south-1': 2 };
    for (const order of sample(90)) {
      const { bookId, log } = await heard(order, quantity);

      expect(log.map(({ site }) => site).sort()).toEqual(['ap-south-1#1', 'eu-west-1#1']);
      expect(log.map(({ status }) => status).sort()).toEqual(['disputed', 'placed']);
      expect(await takeStock(front.replicas, bookId)).toMatchObject({ sold: 5, left: 22 });
    }
  });

  test('of three bodies: all three stand in every log, the first hash under the key', async () => {
    const quantity = { 'us-east-1': 1, 'eu-west-1': 2, 'ap-south-1': 3 };
    for (const order of sample(150)) {
      const { bookId, rows, log } = await heard(order, quantity);

      const hashes = Object.values(rows)
        .map(({ bodyHash }) => bodyHash)
        .sort();
      const { id } = rows['us-east-1'];
      expect(log.map((row) => row.id)).toEqual([
        id,
        ...hashes.slice(1).map((hash) => `${id}~${hash}`),
      ]);
      expect(await takeStock(front.replicas, bookId)).toMatchObject({ sold: 6, left: 21 });
    }
  });

  test('of one body, of which one was cancelled: the key is cancelled everywhere', async () => {
    const quantity = { 'us-east-1': 2, 'eu-west-1': 2, 'ap-south-1': 2 };
    for (const cancelled of regions) {
      const { bookId, rows } = await acceptedThrice(quantity);
      const row = await replicaOf(front, cancelled).sales.cancel(rows[cancelled]);
      await exchange(front.replicas, bookId);

      expect(await logs([bookId])).toEqual([[row], [row], [row]]);
      expect(await takeStock(front.replicas, bookId)).toMatchObject({ sold: 0, left: 27 });
    }
  });
});

test('a row that is relayed through a third region is settled as if it had come directly', async () => {
  const bookId = await stockBook(front, Object.fromEntries(regions.map((region) => [region, 9])));
  const key = freshKey();
  const [us, eu, ap] = regions.map((region) => replicaOf(front, region));
  const inUs = await sellApart(emulators.config, { region: 'us-east-1', bookId, key, price: 900 });
  const inEu = await sellApart(emulators.config, { region: 'eu-west-1', bookId, key });

  await ap?.sales.join(inEu);
  await ap?.sales.join(inUs);
  const [relayed] = (await ap?.orders.find([inUs.id])) ?? [];
  await us?.sales.join(relayed as OrderRow);
  await eu?.sales.join(relayed as OrderRow);

  expect(await logs([bookId])).toEqual([[inUs], [inUs], [inUs]]);
  expect(await takeStock(front.replicas, bookId)).toMatchObject({ sold: 1, left: 26 });
});
