/**
 * Many books of a catalogue at once. What an import says of a book is its description, which replaces
 * the one that is there; its stock is that of its creation and nothing else. A book is created but
 * once, so its id is all the key that an import needs (design I1): to repeat one is harmless.
 */
import type { CachedBook } from '../cache/book-cache.js';
import {
  changesTo,
  descriptionOf,
  isComplete,
  joinAll,
  joinStates,
  listingStampOf,
  type BookState,
  type CompleteBook,
} from '../rules/book.js';
import { listsChanged } from '../rules/book-lists.js';
import { mapAtMost } from '../concurrency.js';
import { UnavailableError, withOutcome } from '../errors.js';
import type { Replica } from '../tables/replica.js';
import type { Region } from '../rules/sites.js';
import { sharesOf } from '../rules/ledger.js';
import { reportLeft } from '../telemetry.js';
import { areRenewed, changeInFirst, mayHaveForgotten, type NewBook } from './manage-books.js';
import { askEvery, homeReplica, ifCached, sitesOf, type FrontEnd } from './front-end.js';

/** Books that customers may be at are written one by one, so that each is in nobody's way but its own (design I6). */
const mostWritesAtOnce = 10;

/** No answer yet, and the book is to be sent again: nothing of it was done, nor will be; or perhaps all. */
type Unanswered = 'busy' | 'unknown';

/**
 * What became of a book. It is `unchanged` also where an earlier call, or a copy of this one, had done
 * all of it.
 */
export type ImportOutcome = Imported['outcome'] | Unanswered;

interface Imported {
  readonly outcome: 'created' | 'changed' | 'unchanged';
  readonly before: BookState | undefined;
  readonly after: CompleteBook;
}

type Result = Imported | Unanswered;

/** What is known of a book before anything is done with it. */
interface Finding {
  readonly wanted: NewBook;
  readonly cached: CachedBook | undefined;
  /** As each region has it; a region that lacks it is left out. */
  readonly readIn: ReadonlyMap<Region, BookState>;
  /** The replicas that did not answer for this book. */
  readonly silent: ReadonlySet<Replica>;
  /** The join of what the regions and the cache know. */
  readonly known: BookState | undefined;
}

/**
 * Creates each book that is not there, and gives the others the description that is said. A book that
 * can't be answered for now spoils no other.
 *
 * @param books at most 100, each once.
 * @returns what became of each, in order.
 * @throws UnavailableError where none of them can be answered for; it `isUnknown` where some of it may
 *   have been done, or may still be.
 */
export async function importBooks(
  front: FrontEnd,
  books: readonly NewBook[],
): Promise<ImportOutcome[]> {
  const readAt = front.system.now();
  const findings = await findAll(front, books);
  const created = await createMissing(front, findings);
  const results = await mapAtMost(mostWritesAtOnce, findings, async (finding) => {
    const creation = created.get(finding.wanted.id);
    if (creation !== undefined && !('found' in creation)) return creation.result;
    return describeAnew(front, finding, creation?.found);
  });
  await tellCache(front, findings, results, readAt);

  const outcomes = results.map((result) => (isImported(result) ? result.outcome : result));
  if (results.some(isImported)) return outcomes;
  throw new UnavailableError('a replica', { isUnknown: outcomes.includes('unknown') });
}

const isImported = (result: Result | undefined): result is Imported => typeof result === 'object';

/** One strongly consistent read of all books in each region and in the cache. */
async function findAll(front: FrontEnd, books: readonly NewBook[]): Promise<Finding[]> {
  const ids = books.map(({ id }) => id);
  const cacheReading = ifCached(front, front.books.getAll(ids));
  const { answers, silent } = await askEvery(front, (replica) => replica.catalog.getAll(ids));
  for (const error of [...answers.values()].flatMap(({ unreadable }) => unreadable)) {
    reportLeft(front.telemetry, 'a book was not read', { id: error.id, error });
  }
  const reads = [...answers].map(([replica, { rows, unreadable }]) => ({
    replica,
    states: new Map(rows.map(({ state }) => [state.id, state])),
    left: new Set(unreadable.map((error) => error.id)),
  }));
  const cached = await cacheReading;
  return books.map((wanted) => {
    const { id } = wanted;
    const readIn = new Map(
      reads.flatMap(({ replica, states }) => {
        const state = states.get(id);
        return state === undefined ? [] : [[replica.region, state] as const];
      }),
    );
    const silentOnIt = reads
      .filter(({ left }) => left.has(String(id)))
      .map(({ replica }) => replica);
    return {
      wanted,
      cached: cached?.get(id),
      readIn,
      silent: new Set([...silent, ...silentOnIt]),
      known: joinAll([cached?.get(id)?.state, ...readIn.values()]),
    };
  });
}

/** What came of the try to create a book, or the book that was found there. */
type Creation = { readonly result: Result } | { readonly found: CompleteBook };

/** Creates the books that nobody knows, in a transaction for each home; by their ids. */
async function createMissing(
  front: FrontEnd,
  findings: readonly Finding[],
): Promise<Map<number, Creation>> {
  const creations = new Map<number, Creation>();
  const byHome = new Map<Replica, NewBook[]>();
  for (const { wanted, known, silent } of findings) {
    if (isComplete(known)) continue;
    const home = homeReplica(front, wanted.id);
    const needed = mayHaveForgotten(home, known) ? front.replicas : [home];
    if (needed.some((replica) => silent.has(replica))) {
      creations.set(wanted.id, { result: 'busy' });
    } else {
      byHome.set(home, [...(byHome.get(home) ?? []), wanted]);
    }
  }
  await Promise.all(
    [...byHome].map(async ([home, books]) => {
      const created = await createIn(front, home, books);
      for (const [place, { id }] of books.entries()) {
        creations.set(id, created[place] as Creation);
      }
    }),
  );
  return creations;
}

async function createIn(
  front: FrontEnd,
  home: Replica,
  books: readonly NewBook[],
): Promise<Creation[]> {
  const sites = sitesOf(front);
  try {
    const creations = await home.catalog.createAll(
      books.map(({ id, stock, ...description }) => {
        return [id, description, stock, sharesOf(stock, home.site, sites), sites];
      }),
    );
    return creations.map((creation): Creation => {
      if ('created' in creation) {
        return { result: { outcome: 'created', before: undefined, after: creation.created } };
      }
      const { found } = creation;
      return isComplete(found) ? { found } : { result: 'busy' };
    });
  } catch (error) {
    return books.map(() => ({ result: toUnanswered(error) }));
  }
}

/**
 * Gives a book that is there the description that is said.
 *
 * @param found the book as its home has it, where it was not there at first.
 */
async function describeAnew(
  front: FrontEnd,
  { wanted, known, readIn, silent }: Finding,
  found?: CompleteBook,
): Promise<Result> {
  const book = joinAll([known, found]) as CompleteBook;
  const home = homeReplica(front, wanted.id, book.home);
  const stored = found === undefined ? readIn : new Map([...readIn, [home.region, found]]);
  // What the cache alone says may have been changed since (design I7).
  if (front.replicas.every((replica) => silent.has(replica))) return 'busy';
  try {
    // What a lost site alone did may be known to no table, but to the cache: then it comes back.
    if (!stored.has(home.region) && !silent.has(home)) {
      await withOutcome(home.catalog.join(book), { isUnknown: false });
    }
    const changes = changesTo(descriptionOf(book), wanted);
    if (Object.keys(changes).length === 0) {
      return { outcome: 'unchanged', before: book, after: book };
    }
    const changed = await changeInFirst(front, wanted.id, changes, book, stored);
    if (changed === undefined) return 'busy';
    // Its region may not have heard yet under which topic the book is, or whether it is for sale.
    const before = joinStates(book, changed.before);
    return { outcome: 'changed', before, after: joinStates(book, changed.after) as CompleteBook };
  } catch (error) {
    return toUnanswered(error);
  }
}

function toUnanswered(error: unknown): Unanswered {
  if (!(error instanceof UnavailableError)) throw error;
  return error.isUnknown ? 'unknown' : 'busy';
}

/**
 * Renews the lists that the books were moved into or out of, each once, then joins what came of them
 * into the cache. That is done also for what is `unchanged`: the call that changed it may have ended
 * before it came to that (design I8).
 *
 * @param readAt milliseconds since the epoch.
 */
async function tellCache(
  front: FrontEnd,
  findings: readonly Finding[],
  results: readonly Result[],
  readAt: number,
): Promise<void> {
  const imports = results.flatMap((result, place) => {
    if (!isImported(result)) return [];
    const known = findings[place]?.cached;
    return [{ known, ...result, lists: listsMoved(known, result) }];
  });
  const isRenewed = await areRenewed(front, [...new Set(imports.flatMap(({ lists }) => lists))]);
  const joins = imports.map(({ known, outcome, after, lists }) => ({
    known,
    outcome,
    incoming: after,
    details: {
      ...(outcome === 'created' && { freshUntil: readAt + front.freshForMs }),
      ...(isRenewed && lists.length > 0 && { listedAt: listingStampOf(after) }),
    },
  }));
  const isChanged = ({ outcome }: { outcome: ImportOutcome }) => outcome === 'changed';
  const inOne = joins.filter((join) => !isChanged(join));
  await ifCached(front, front.books.joinAll(inOne));
  await mapAtMost(mostWritesAtOnce, joins.filter(isChanged), ({ known, incoming, details }) =>
    ifCached(front, front.books.join(known, incoming, details)),
  );
}

function listsMoved(known: CachedBook | undefined, { outcome, before, after }: Imported): string[] {
  const isRenewed = (known?.listedAt ?? '') >= listingStampOf(after);
  return listsChanged(outcome === 'unchanged' && !isRenewed ? undefined : before, after);
}
