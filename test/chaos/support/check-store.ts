/** The final checks of every fault: what was sold, what is left, and what was promised. */
import { expect } from '@jest/globals';
import { orderPageSchema } from '../../../lib/http/schemas.js';
import { bookIdsOf, copiesOf, type OrderRow } from '../../../lib/rules/order.js';
import type { Region } from '../../../lib/rules/sites.js';
import { allPages, as, asOrder, type Client, type Order } from '../../http/support/client.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { untilSame } from './holdings.js';

export interface Promises {
  readonly bookIds: readonly number[];
  /** Copies that the books were created with; nobody restocks. */
  readonly stockedEach: number;
  /** The orders that were answered, by their key. */
  readonly acknowledged: ReadonlyMap<string, Order>;
  /** Ids of orders of which it was answered that they were cancelled. */
  readonly cancelledIds?: ReadonlySet<string>;
}

export interface Settled {
  /** Every order of these books, by its id. */
  readonly orders: ReadonlyMap<string, Order>;
  readonly sold: number;
  readonly left: number;
}

const deadlineMs = 90_000;

/**
 * Waits until both replicas agree, in rows, registers and logs, and then checks that
 * G1 stocked = left + sold + written off for every book, and sold is the sum of the orders that stand;
 * G2 no key has two orders; G3 every order that was acknowledged is in both logs; G4 both are equal.
 *
 * @param front reaches every table of the store.
 */
export async function checkStore(
  client: Client,
  front: FrontEnd,
  promises: Promises,
): Promise<Settled> {
  const logs = await untilAgreed(front, promises.bookIds);
  const orders = await readLog(client, promises.bookIds);
  expect(new Set(orders.keys())).toEqual(new Set(logs.keys()));

  let sold = 0;
  let left = 0;
  for (const bookId of promises.bookIds) {
    const soldByOrders = [...orders.values()]
      .filter(({ status }) => status !== 'cancelled')
      .reduce((sum, order) => sum + copiesOf(bookId, order), 0);
    const replicas = await client.replicas(bookId);
    const total = (field: 'stocked' | 'sold' | 'writtenOff' | 'rights'): number =>
      replicas.reduce((sum, replica) => sum + (replica[field] ?? Number.NaN), 0);
    const leftHere = replicas[0]?.stock ?? Number.NaN;
    expect({
      bookId,
      stocked: total('stocked'),
      sold: total('sold'),
      writtenOff: total('writtenOff'),
      stock: replicas.map(({ stock }) => stock),
      rights: total('rights'),
    }).toEqual({
      bookId,
      stocked: promises.stockedEach,
      sold: soldByOrders,
      writtenOff: 0,
      stock: replicas.map(() => promises.stockedEach - soldByOrders),
      rights: leftHere,
    });
    expect(leftHere).toBeGreaterThanOrEqual(0);
    sold += soldByOrders;
    left += leftHere;
  }

  const idsOfKeys = [...promises.acknowledged.values()].map(({ id }) => id);
  expect(new Set(idsOfKeys).size).toBe(idsOfKeys.length);
  for (const promised of promises.acknowledged.values()) {
    const found = asOrder(await client.send(`/orders/${promised.id}`));
    const copies = ({ items }: Pick<OrderRow, 'items'>) =>
      items.map(({ bookId, quantity, title }) => ({ bookId, quantity, title }));
    expect(copies(found)).toEqual(copies(promised));
    expect(found.currency).toBe(promised.currency);
    expect(found.total).toBeLessThanOrEqual(promised.total);
    expect(found.status).toBe(promises.cancelledIds?.has(promised.id) ? 'cancelled' : 'placed');
    expect(copies(logs.get(promised.id) as OrderRow)).toEqual(copies(promised));
  }
  return { orders, sold, left };
}

/** G4: waits until both replicas have the same books and the same log, and returns its rows by id. */
export async function untilAgreed(
  front: FrontEnd,
  bookIds: readonly number[],
): Promise<ReadonlyMap<string, OrderRow>> {
  const [holding] = await untilSame(front, bookIds, deadlineMs);
  expect([...(holding?.books.keys() ?? [])]).toEqual(bookIds);
  return holding?.orders ?? new Map();
}

async function readLog(
  client: Client,
  bookIds: readonly number[],
): Promise<ReadonlyMap<string, Order>> {
  const pages = await allPages(async (cursor) =>
    as(orderPageSchema, await client.admin(`/orders?limit=100${cursor}`)),
  );
  const orders = pages
    .flatMap((page) => page.orders)
    .filter((order) => bookIdsOf(order).some((id) => bookIds.includes(id)));
  const byId = new Map(orders.map((order) => [order.id, order]));
  expect(byId.size).toBe(orders.length);
  return byId;
}

/** How many of the orders each region sold. */
export function countByRegion(orders: Iterable<Order>): Record<Region, number> {
  const counts: Record<Region, number> = {};
  for (const { region } of orders) counts[region] = (counts[region] ?? 0) + 1;
  return counts;
}
