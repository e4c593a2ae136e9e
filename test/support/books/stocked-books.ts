/** Books with copies in several regions, and the accounts kept of them: what was sold and what is left. */
import { expect } from '@jest/globals';
import { copiesOf } from '../../../lib/rules/order.js';
import type { Replica } from '../../../lib/tables/replica.js';
import { homeOf, type Region } from '../../../lib/rules/sites.js';
import { rightsOf, rowOf, stockOf, unsoldOf } from '../../../lib/rules/ledger.js';
import type { NewBook } from '../../../lib/store/manage-books.js';
import { replicaIn, sitesOf, type FrontEnd } from '../../../lib/store/front-end.js';
import type { WriteOffOutcome } from '../../../lib/store/write-off.js';
import { eventually } from '../../../tools/eventually.js';
import { create } from './books.js';
import { logOf } from './order-log.js';

let lastId = 0;

/** An id that no book has yet, of a book whose home is `region`. */
export function freshBookId(front: FrontEnd, region?: Region): number {
  const isAtHome = (id: number): boolean =>
    region === undefined || homeOf(id, sitesOf(front)) === region;
  do lastId += 1;
  while (!isAtHome(lastId));
  return lastId;
}

/** Creates a book whose home is `region`, of which no other region hears yet. */
export async function bookAt(
  front: FrontEnd,
  region?: Region,
  given: Partial<NewBook> = {},
): Promise<number> {
  const id = freshBookId(front, region);
  await create(front, id, given);
  return id;
}

/** Creates a book that every region knows, with so many copies in each. */
export async function stockBook(
  front: FrontEnd,
  copies: Readonly<Record<Region, number>>,
  { price = 1000, id = freshBookId(front) }: { price?: number; id?: number } = {},
): Promise<number> {
  const stock = Object.values(copies).reduce((sum, count) => sum + count, 0);
  // A burst of connections on a busy machine may open a circuit: the next test waits for it.
  await eventually(() => create(front, id, { price, stock }));
  await eventually(() => tellEveryone(front.replicas, id));
  const surplus = new Map<Replica, number>();
  for (const replica of front.replicas) {
    const book = await replica.catalog.get(id);
    surplus.set(replica, (book?.rights ?? 0) - (copies[replica.region] ?? 0));
  }
  for (const giver of front.replicas) {
    for (const taker of front.replicas) {
      const [more, less] = [giver, taker].map((replica) => surplus.get(replica) ?? 0);
      const moved = Math.min(more ?? 0, -(less ?? 0));
      if (moved <= 0) continue;
      await giver.catalog.move(id, taker.site, moved);
      surplus.set(giver, (more ?? 0) - moved).set(taker, (less ?? 0) + moved);
      await tell(giver, taker, id);
    }
  }
  await tellEveryone(front.replicas, id);
  return id;
}

/** The same of several books, each with so many copies in the regions in their order. */
export const stockBooks = <const Copies extends readonly (readonly number[])[]>(
  front: FrontEnd,
  ...copies: Copies
) =>
  Promise.all(
    copies.map((each) =>
      stockBook(
        front,
        Object.fromEntries(front.replicas.map(({ region }, place) => [region, each[place] ?? 0])),
      ),
    ),
  ) as Promise<{ -readonly [Book in keyof Copies]: number }>;

export const replicaOf = (front: FrontEnd, region: Region): Replica =>
  replicaIn(front, region) as Replica;

/** For `??`, behind what is there for certain. */
export function fail(): never {
  throw new Error('it is not there');
}

/** The stock that the answer to a change shows; not a number where the change was refused. */
export const stockShown = (outcome: WriteOffOutcome): number =>
  outcome.kind === 'done' ? stockOf(outcome.book.ledger) : Number.NaN;

/** Delivers what one region knows of a book to another. */
export async function tell(from: Replica, other: Replica, bookId: number): Promise<void> {
  const book = await from.catalog.get(bookId);
  if (book !== undefined) await other.catalog.join(book.state);
}

/** Lets every region tell the others what it knows of a book. */
export async function tellEveryone(replicas: readonly Replica[], bookId: number): Promise<void> {
  for (const from of replicas) {
    for (const other of replicas) if (other !== from) await tell(from, other, bookId);
  }
}

/** Lets the regions tell each other all of these books and their orders, until nobody has news. */
export async function exchange(
  replicas: readonly Replica[],
  ...bookIds: readonly number[]
): Promise<void> {
  let told = '';
  for (;;) {
    for (const from of replicas) {
      const rows = await logOf(from, bookIds);
      for (const other of replicas) {
        if (other === from) continue;
        for (const row of rows) await other.sales.join(row);
      }
    }
    for (const bookId of bookIds) await tellEveryone(replicas, bookId);
    const logs = await Promise.all(replicas.map((replica) => logOf(replica, bookIds)));
    const known = JSON.stringify(logs);
    if (known === told) return;
    told = known;
  }
}

export interface Stocktaking {
  readonly sold: number;
  readonly left: number;
  /** Copies that each region may sell. */
  readonly rights: readonly number[];
}

/**
 * Reads every region's own row of a book, and fails unless each is right in itself: the rights are
 * those that its rows give it, and what it counts as sold are the orders of its own that stand.
 */
export async function takeStock(
  replicas: readonly Replica[],
  bookId: number,
): Promise<Stocktaking> {
  const holdings = await Promise.all(
    replicas.map(async (replica) => {
      const book = await eventually(() => replica.catalog.get(bookId));
      const ledger = book?.state.ledger ?? {};
      const rights = book?.rights ?? 0;
      const own = rowOf(ledger, replica.site);
      const { sold } = own;
      const orders = await logOf(replica, [bookId]);
      const standing = orders.filter(
        ({ site, status }) => site === replica.site && status !== 'cancelled',
      );
      expect({ replica: replica.site, rights, sold }).toEqual({
        replica: replica.site,
        rights: rightsOf(ledger, replica.site),
        sold: standing.reduce((sum, row) => sum + copiesOf(bookId, row), 0),
      });
      expect(rights).toBeGreaterThanOrEqual(0);
      return { sold, unsold: unsoldOf(own), rights };
    }),
  );
  const total = (field: 'sold' | 'unsold' | 'rights') =>
    holdings.reduce((sum, holding) => sum + holding[field], 0);
  const left = total('unsold');
  expect(total('rights')).toBeLessThanOrEqual(left);
  return { sold: total('sold'), left, rights: holdings.map(({ rights }) => rights) };
}
