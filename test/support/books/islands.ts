/** Regions that can't hear each other: a front end in each that reaches nothing but its own region. */
import type { Config } from '../../../lib/config.js';
import type { OrderRow } from '../../../lib/rules/order.js';
import type { Region } from '../../../lib/rules/sites.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { realSystem } from '../../../lib/system.js';
import { oneOfEach, orderAll, orderOf } from './buyers.js';
import { unreachable } from '../faults/faults.js';
import { makeFrontEnd } from '../tables/front-ends.js';
import { replicaOf } from './stocked-books.js';

export interface Sale {
  readonly region: Region;
  readonly bookId: number;
  readonly key: string;
  readonly quantity?: number;
  /** Further books of the order, one copy of each. */
  readonly others?: readonly number[];
  /** The price that the region believes in by then. */
  readonly price?: number;
  /** By the front end's clock, in milliseconds since the epoch. */
  readonly atMs?: number;
}

/** A front end that reaches its own region only. */
export const island = (config: Config, region: Region, atMs?: number): FrontEnd =>
  makeFrontEnd(config, {
    region,
    routing: { sales: 'nearest' },
    system: atMs === undefined ? realSystem : { ...realSystem, now: () => atMs },
    faults: [unreachable(({ place }) => place !== region)],
  });

/** Sells in one region while it hears of no other, and returns the row of its log. */
export async function sellApart(config: Config, sale: Sale): Promise<OrderRow> {
  const { region, bookId, key, quantity = 1, others = [], price, atMs } = sale;
  const front = island(config, region, atMs);
  const replica = replicaOf(front, region);
  if (price !== undefined) await replica.catalog.change(bookId, { price }, []);
  const items = [{ bookId, quantity }, ...oneOfEach(...others)];
  const { id } = orderOf(await orderAll(front, items, key));
  const [row] = await replica.orders.find([id]);
  if (row === undefined) throw new Error('an order was answered that is not in its log');
  return row;
}
