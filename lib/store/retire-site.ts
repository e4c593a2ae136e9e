/** What an operator does when a site is gone for good: its unsold copies are given on. */
import { joinAll, type BookState } from '../rules/book.js';
import { isBookItem } from '../tables/book-item.js';
import { readPages } from '../tables/changes.js';
import type { Replica } from '../tables/replica.js';
import { ItemUnavailableError } from '../errors.js';
import { regionOf, type Site } from '../rules/sites.js';
import { retire, rightsOf } from '../rules/ledger.js';

export interface Inheritance {
  readonly bookId: number;
  readonly copies: number;
  readonly heir: Site;
}

const booksAPage = 100;

/** A book whose copies could not be given on, for it can't be read or written somewhere. */
export interface LeftBook {
  readonly bookId: number;
  readonly error: ItemUnavailableError;
}

/**
 * Gives the unsold copies of `former` on: to the next incarnation of its region where there is one,
 * else to the home of the book, else to the first region. Which site that is must follow from the
 * book alone, so that two operators at once give no copy twice (design X3). Safe to repeat.
 *
 * Sales that `former` made and nobody heard of are forgotten by this: whoever calls it knows that
 * its tables are gone, and that what it published has arrived.
 *
 * @param replicas every site that lives; `former` is not one of them.
 * @param options.except books to be passed over.
 * @param options.onLeft told of each book that could not be given on; the others are.
 * @returns the books as their copies are given on.
 * @throws UnavailableError where a region does not answer: it may know more of what was sold.
 */
export async function* retireSite(
  replicas: readonly Replica[],
  former: Site,
  { except, onLeft }: { except?: ReadonlySet<number>; onLeft: (left: LeftBook) => void },
): AsyncGenerator<Inheritance> {
  const done = new Set(except);
  for (const replica of replicas) {
    for await (const bookId of booksIn(replica)) {
      if (done.has(bookId)) continue;
      done.add(bookId);
      try {
        const inheritance = await giveOn(replicas, former, bookId);
        if (inheritance !== undefined) yield inheritance;
      } catch (error) {
        if (!(error instanceof ItemUnavailableError)) throw error;
        onLeft({ bookId, error });
      }
    }
  }
}

/** Those too that are in no list. */
async function* booksIn(replica: Replica): AsyncGenerator<number> {
  for await (const items of readPages(replica, 'catalog', booksAPage)) {
    yield* items.filter(isBookItem).map((item) => Number(item['bookId']));
  }
}

async function giveOn(
  replicas: readonly Replica[],
  former: Site,
  bookId: number,
): Promise<Inheritance | undefined> {
  const stored = await Promise.all(replicas.map(({ catalog }) => catalog.get(bookId)));
  const known = joinAll(stored.map((book) => book?.state));
  if (known === undefined) return undefined;
  const heir = heirOf(replicas, former, known);
  const ledger = retire(known.ledger, former, heir.site);
  if (ledger === undefined) return undefined;
  const copies = rightsOf(known.ledger, former);
  // The heir first: should this end half-way, the copies are where they may be sold.
  for (const { catalog } of [heir, ...replicas.filter((replica) => replica !== heir)]) {
    await catalog.join({ ...known, ledger });
  }
  return { bookId, copies, heir: heir.site };
}

function heirOf(replicas: readonly Replica[], former: Site, book: BookState): Replica {
  const inRegion = (region: string | undefined) =>
    replicas.find((replica) => replica.region === region);
  return inRegion(regionOf(former)) ?? inRegion(book.home) ?? (replicas[0] as Replica);
}
