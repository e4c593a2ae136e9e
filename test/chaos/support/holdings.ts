/** What each region's tables hold of some books, once that is the same. */
import type { Replica } from '../../../lib/tables/replica.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { firstDifference, type Holding } from '../../../simulator/checks/holdings.js';
import { eventually } from '../../../tools/eventually.js';
import { logOf } from '../../support/books/order-log.js';

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
      const book = await replica.catalog.get(id);
      return book === undefined ? [] : [[id, book] as const];
    }),
  ]);
  return {
    site: replica.site,
    books: new Map(books.flat()),
    orders: new Map(rows.map((row) => [row.id, row])),
  };
}
