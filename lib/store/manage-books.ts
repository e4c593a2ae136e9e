/** What an administrator does to the catalogue: create, change and restock books. */
import {
  descriptionFields,
  isComplete,
  joinAll,
  joinStates,
  listingStampOf,
  type BookState,
  type CompleteBook,
  type Description,
  type DescriptionChanges,
} from '../rules/book.js';
import type { CachedBook } from '../cache/book-cache.js';
import { listsChanged } from '../rules/book-lists.js';
import { UnavailableError, withOutcome } from '../errors.js';
import { hashOfBody, idOfKey, type KeyPurpose, type UsedKey } from '../rules/keys.js';
import { lostRace, untilWon } from '../optimistic.js';
import type { StoredBook } from '../tables/book-item.js';
import type { Replica, Write } from '../tables/replica.js';
import type { KeyedChangeOptions } from '../tables/sales.js';
import { homeOf, isFirstIncarnation, type Region } from '../rules/sites.js';
import { sharesOf, useOfKey } from '../rules/ledger.js';
import {
  askEvery,
  cachedBook,
  cachedBooks,
  homeReplica,
  ifCached,
  readBack,
  regionFirst,
  sitesOf,
  type FrontEnd,
  type Secrets,
} from './front-end.js';
import { readBooks } from './read-books.js';

/** The first changes of a book's stock by two at once may get in each other's way, and sales in a write-off's. */
const mostStockTries = 8;

export interface NewBook extends Omit<Description, 'isListed'> {
  readonly id: number;
  /** Copies of its first restock. */
  readonly stock: number;
}

export type ChangeOutcome =
  | { readonly kind: 'done'; readonly book: CompleteBook }
  | { readonly kind: 'unknown-book' | 'exists' | 'key-reused' };

/**
 * Creates a book, once for each key, in its home region.
 *
 * @throws UnavailableError where the home region does not answer, or another that may know what the
 *   home has forgotten; where it `isUnknown`, it may have been done, and only the same key may be tried
 *   again.
 */
export async function createBook(
  front: FrontEnd,
  secrets: Pick<Secrets, 'orderSecret'>,
  { id, stock, ...description }: NewBook,
  key: string,
): Promise<ChangeOutcome> {
  const home = homeReplica(front, id);
  const shares = sharesOf(stock, home.site, sitesOf(front));
  const used = await usedKey(secrets, 'create', key, { id, ...description, stock });
  const past = await askAround(front, home, id, used, (await cachedBook(front, id))?.state);
  const isKnown = isComplete(past.book);
  if (isKnown) await beforehand(home.catalog.join(past.book));
  if (isKnown && past.outcome === undefined) return { kind: 'exists' };
  const creation = home.catalog.creationWrite(id, description, stock, shares, sitesOf(front), used);
  const outcome = past.outcome ?? (await home.sales.withKey(used, creation.item));
  if (outcome === 'refused') return { kind: 'exists' };
  if (outcome === 'key-reused') return { kind: 'key-reused' };
  if (outcome === 'done-before') {
    const repeated = await afterwards(readAfter(front, id, home.region));
    // The try that created the book may have ended before it renewed the lists.
    if (repeated.kind === 'done') await joinListed(front, undefined, undefined, repeated.book);
    return repeated;
  }
  await joinListed(front, undefined, undefined, creation.state, front.system.now());
  return { kind: 'done', book: creation.state };
}

/**
 * Adds copies to a book, once for each key, in its home region, and shares them out between the
 * regions.
 *
 * @throws UnavailableError as {@link changeStock} does.
 */
export async function restockBook(
  front: FrontEnd,
  secrets: Pick<Secrets, 'orderSecret'>,
  bookId: number,
  quantity: number,
  key: string,
): Promise<ChangeOutcome> {
  const used = await usedKey(secrets, 'restock', key, { bookId, quantity });
  return changeStock<never>(front, bookId, used, async (home, { state }) => {
    const shares = sharesOf(quantity, home.site, sitesOf(front));
    return { write: home.catalog.restockWrite(bookId, quantity, shares, used, state.ledger) };
  });
}

/** What stands against a change of the stock, or the part of a transaction that makes it. */
type Preparation<Refusal> = Refusal | ({ readonly write: Write } & KeyedChangeOptions);

/**
 * Changes the stock of a book, once for each key, in its home region. A purchase can be given back; such
 * a change can't, for its copies may be sold, or are gone: so a retry must meet its first try, and only
 * one region makes it (design K8, K9).
 *
 * @param prepare told the home, and the book as that has it; `lostRace` where that is to be read again.
 * @throws UnavailableError where the home region does not answer, or another that may know what the
 *   home has forgotten; where it `isUnknown`, it may have been done, and only the same key may be tried
 *   again.
 */
export async function changeStock<Refusal extends { readonly kind: string }>(
  front: FrontEnd,
  bookId: number,
  used: UsedKey,
  prepare: (home: Replica, book: StoredBook) => Promise<Preparation<Refusal> | typeof lostRace>,
): Promise<ChangeOutcome | Refusal> {
  const known = await findBook(front, bookId);
  if (known === undefined) return { kind: 'unknown-book' };
  const home = homeReplica(front, bookId, known.home);
  const tries = {
    most: mostStockTries,
    longestPauseMs: 0,
    orElse: () => new UnavailableError(home.region, { isUnknown: false }),
  };
  return untilWon<ChangeOutcome | Refusal>(front.system, tries, async () => {
    const past = await askAround(front, home, bookId, used, known);
    // What a lost site alone did may be known to the cache alone: then it comes back (design K11).
    const book = await beforehand(home.catalog.join(past.book ?? known));
    if (past.outcome === 'key-reused') return { kind: 'key-reused' };
    if (past.outcome === undefined) {
      const prepared = await beforehand(prepare(home, book));
      if (prepared === lostRace || 'kind' in prepared) return prepared;
      const { write, ...options } = prepared;
      const outcome = await home.sales.withKey(used, write, options);
      if (outcome === 'key-reused') return { kind: 'key-reused' };
      if (outcome === 'refused') return lostRace;
    }
    return afterwards(readAfter(front, bookId, home.region));
  });
}

/**
 * Changes the description of a book, in its home region where that answers, else in another. To
 * repeat a change is harmless.
 *
 * @throws UnavailableError where no region answers, or where a book is missing and not every one did;
 *   where it `isUnknown`, the change may have been made, or may still be.
 */
export async function updateBook(
  front: FrontEnd,
  bookId: number,
  changes: DescriptionChanges,
): Promise<ChangeOutcome> {
  const cached = await cachedBook(front, bookId);
  const changed = await changeInFirst(front, bookId, changes, cached?.state);
  if (changed === undefined) return { kind: 'unknown-book' };
  // The region may not have heard yet under which topic the book is, or whether it is for sale.
  const known = cached?.state ?? changed.before;
  const after = joinStates(known, changed.after) as CompleteBook;
  const joined = await joinListed(front, cached, joinStates(known, changed.before), after);
  return { kind: 'done', book: isComplete(joined?.state) ? joined.state : after };
}

/**
 * Changes the description of a book in its home region where that answers, else in the first other
 * that does and has it.
 *
 * @param known what is known of the book: the change is stamped later.
 * @param readIn the book as it was just read in each region, to save a read.
 * @returns the state before and after; undefined where no region has the book.
 * @throws UnavailableError as `updateBook` does.
 */
export async function changeInFirst(
  front: FrontEnd,
  bookId: number,
  changes: DescriptionChanges,
  known?: BookState,
  readIn?: ReadonlyMap<Region, BookState>,
): Promise<{ readonly before: CompleteBook; readonly after: CompleteBook } | undefined> {
  const seen = descriptionFields.flatMap((field) => known?.registers[field]?.stamp ?? []);
  const home = known?.home ?? homeOf(bookId, sitesOf(front));
  let isCertain = true;
  let isUnknown = false;
  for (const { catalog, region } of regionFirst(front, home)) {
    try {
      const changed = await catalog.change(bookId, changes, seen, readIn?.get(region));
      if (changed !== undefined) return changed;
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      isCertain = false;
      isUnknown ||= error.isUnknown;
    }
  }
  if (!isCertain) throw new UnavailableError('a replica', { isUnknown });
  return undefined;
}

/** What is done before the change itself: where it is not answered, the change was not made. */
const beforehand = <Result>(step: Promise<Result>): Promise<Result> =>
  withOutcome(step, { isUnknown: false });

/** What is done once the change is made: where it is not answered, the change is there all the same. */
const afterwards = <Result>(step: Promise<Result>): Promise<Result> =>
  withOutcome(step, { isUnknown: true });

/**
 * Renews the lists that a change moved a book into or out of, then joins it into the cache. Where
 * the lists could not be renewed, the message of the change will.
 *
 * @param readAt given where the whole book was just read or written; milliseconds since the epoch.
 */
async function joinListed(
  front: FrontEnd,
  known: CachedBook | undefined,
  before: BookState | undefined,
  after: CompleteBook,
  readAt?: number,
): Promise<CachedBook | undefined> {
  const lists = listsChanged(before, after);
  const isRenewed = await areRenewed(front, lists);
  return ifCached(
    front,
    front.books.join(known, after, {
      ...(readAt !== undefined && { freshUntil: readAt + front.freshForMs }),
      ...(isRenewed && { listedAt: listingStampOf(after) }),
    }),
  );
}

/** Whether the lists were renewed; where the cache does not answer, a message will do it. */
export async function areRenewed(front: FrontEnd, lists: readonly string[]): Promise<boolean> {
  if (lists.length === 0) return false;
  return (
    (await ifCached(
      front,
      front.pages.renew(lists).then(() => true),
    )) === true
  );
}

async function findBook(front: FrontEnd, bookId: number): Promise<CompleteBook | undefined> {
  const reading = await readBooks(front, [bookId]);
  const book = reading.books.get(bookId);
  if (book === undefined && !reading.isCertain) {
    throw new UnavailableError('a replica that may know the book', { isUnknown: false });
  }
  return book;
}

export async function usedKey(
  secrets: Pick<Secrets, 'orderSecret'>,
  purpose: KeyPurpose,
  key: string,
  body: unknown,
): Promise<UsedKey> {
  return {
    id: idOfKey(await secrets.orderSecret(), purpose, key),
    bodyHash: hashOfBody(body),
  };
}

/** What the regions say of a book and of a key, before anything is done with them. */
interface Past {
  readonly book: BookState | undefined;
  /** What became of the key; undefined where none in reach has met it. */
  readonly outcome: 'done-before' | 'key-reused' | undefined;
}

/**
 * Asks every region for a book and for a key: the key may have been used for another book, or under
 * a former list of regions (design K10).
 *
 * @param known what the caller knows of the book.
 * @throws UnavailableError
 */
async function askAround(
  front: FrontEnd,
  home: Replica,
  bookId: number,
  { id, bodyHash }: UsedKey,
  known?: BookState,
): Promise<Past> {
  const { answers, isWhole } = await askEvery(front, (replica) => replica.sightKey(bookId, id));
  const sightings = [...answers.values()];
  const book = joinAll([known, ...sightings.map((sighting) => sighting.book?.state)]);
  if (mayHaveForgotten(home, book) ? !isWhole : answers.size === 0) {
    throw new UnavailableError('a replica that may know the key', { isUnknown: false });
  }
  const hashes = [
    ...sightings.map((sighting) => sighting.bodyHash),
    useOfKey(book?.ledger ?? {}, id)?.bodyHash,
  ].filter((hash) => hash !== undefined);
  const used = hashes.includes(bodyHash) ? 'done-before' : 'key-reused';
  return {
    book,
    outcome: hashes.length === 0 ? undefined : used,
  };
}

/**
 * Whether a home came back as a new incarnation, or stands in for a region which the store has left:
 * it may not know what was done there. The rows of the lost site that the other regions hold still
 * tell, and each may be the only one that does, so all must answer before anything is done (design K12).
 */
export const mayHaveForgotten = (home: Replica, book: BookState | undefined): boolean =>
  (book?.home !== undefined && book.home !== home.region) || !isFirstIncarnation(home.site);

async function readAfter(front: FrontEnd, bookId: number, home: Region): Promise<ChangeOutcome> {
  const books = await readBack(front, [bookId], home, await cachedBooks(front, [bookId]));
  const known = books.get(bookId);
  if (isComplete(known)) return { kind: 'done', book: known };
  const book = await findBook(front, bookId);
  return book === undefined ? { kind: 'unknown-book' } : { kind: 'done', book };
}
