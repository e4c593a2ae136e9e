/** What each region's tables hold, and where they differ. */
import { isDeepStrictEqual } from 'node:util';
import type { ShelvedBook } from '../../../lib/catalog/catalog-table.js';
import type { OrderRow } from '../../../lib/orders/order.js';
import type { Replica } from '../../../lib/replica/replica.js';
import type { Site } from '../../../lib/sites.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { eventually } from '../../support/eventually.js';
import { logOf } from '../../support/order-log.js';

export interface Holding {
  readonly site: Site;
  readonly books: ReadonlyMap<number, ShelvedBook>;
  /** The rows of these books, by id. */
  readonly orders: ReadonlyMap<string, OrderRow>;
}

/**
 * G4: waits until all replicas hold the same of these books and their orders. Rejects with the first
 * difference when they don't in time.
 *
 * @param front reaches every table of the store.
 */
export const untilSame = (
  front: FrontEnd,
  bookIds: readonly number[],
  deadlineMs: number,
): Promise<Holding[]> =>
  eventually(
    async () => {
      const holdings = await Promise.all(
        front.replicas.map((replica) => holdingOf(replica, bookIds)),
      );
      const difference = firstDifference(holdings);
      if (difference !== undefined) throw new Error(difference);
      return holdings;
    },
    { deadlineMs, everyMs: 500 },
  );

async function holdingOf(replica: Replica, bookIds: readonly number[]): Promise<Holding> {
  const [rows, ...books] = await Promise.all([
    logOf(replica, bookIds),
    ...bookIds.map(async (id) => {
      const book = await replica.catalog.get(id, { consistent: true });
      return book === undefined ? [] : [[id, book] as const];
    }),
  ]);
  return {
    site: replica.site,
    books: new Map(books.flat()),
    orders: new Map(rows.map((row) => [row.id, row])),
  };
}

function firstDifference([first, ...others]: readonly Holding[]): string | undefined {
  if (first === undefined) return undefined;
  for (const other of others) {
    for (const id of new Set([...first.books.keys(), ...other.books.keys()])) {
      const states = [first.books.get(id)?.state, other.books.get(id)?.state] as const;
      if (isDeepStrictEqual(...states)) continue;
      return describeDifference(`of book ${id}`, [first, other], states);
    }
    for (const id of new Set([...first.orders.keys(), ...other.orders.keys()])) {
      const rows = [first.orders.get(id), other.orders.get(id)] as const;
      if (isDeepStrictEqual(...rows)) continue;
      return describeDifference(`of order ${id}`, [first, other], rows);
    }
  }
  return undefined;
}

const describeDifference = (
  what: string,
  holders: readonly Holding[],
  values: readonly unknown[],
): string =>
  `${what}, ${holders
    .map(({ site }, index) => `${site} holds ${JSON.stringify(values[index]) ?? 'nothing'}`)
    .join(', ')}`;
