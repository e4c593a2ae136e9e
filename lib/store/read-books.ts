import type { CachedBook } from '../cache/book-cache.js';
import { isComplete, joinAll, type BookState, type CompleteBook } from '../rules/book.js';
import type { Replica } from '../tables/replica.js';
import type { Region } from '../rules/sites.js';
import { reportLeft } from '../telemetry.js';
import {
  askCacheFirst,
  ifAvailable,
  ifCached,
  readOrder,
  type CacheUse,
  type FrontEnd,
  type Provenance,
} from './front-end.js';

/** What a read of books came to. */
export interface Reading extends Provenance {
  readonly books: ReadonlyMap<number, CompleteBook>;
  /** True where every book that is missing was denied by every replica: none failed to read it. */
  readonly isCertain: boolean;
}

/**
 * Reads books through the cache. A fresh item is a hit; otherwise one replica is read (all of them
 * where the cache is out of reach, or where the first does not know a book), and what is shown is
 * the join of what it says and what the cache knows. Where no replica answers, what the cache holds
 * is shown as stale.
 *
 * @param options.isCacheSkipped asks a replica whatever the cache holds.
 */
export async function readBooks(
  front: FrontEnd,
  bookIds: readonly number[],
  { isCacheSkipped = false }: { isCacheSkipped?: boolean } = {},
): Promise<Reading> {
  if (bookIds.length === 0)
    return { books: new Map(), isCertain: true, cacheUse: 'hit', regions: [] };
  const { cached, held } = await askCacheFirst(front, () => front.books.getAll(bookIds));
  const nowMs = front.system.now();
  const isHit = (id: number): boolean => {
    const item = cached?.get(id);
    return (
      !isCacheSkipped && item !== undefined && item.freshUntil > nowMs && isComplete(item.state)
    );
  };
  const wanted = bookIds.filter((id) => !isHit(id));
  const fetched = await askReplicas(front, wanted, cached);
  const inCache = fetched.isCertain ? cached : await held();

  const books = new Map<number, CompleteBook>();
  for (const id of bookIds) {
    const state = joinAll([inCache?.get(id)?.state, fetched.states.get(id)]);
    if (isComplete(state)) books.set(id, state);
  }
  const cacheUse = cacheUseOf();
  if (cacheUse !== 'hit') front.telemetry.count(metricOf[cacheUse]);
  return { books, isCertain: fetched.isCertain, cacheUse, regions: fetched.regions };

  function cacheUseOf(): CacheUse {
    if (wanted.length === 0) return 'hit';
    if (fetched.regions.length === 0) return 'stale';
    return isCacheSkipped || cached === undefined ? 'bypass' : 'miss';
  }
}

/** A plain hit is not counted, for then it would be all that its invocation leaves in the log. */
const metricOf = {
  miss: 'CacheMiss',
  stale: 'CacheStale',
  bypass: 'CacheBypass',
} as const;

interface Fetched {
  readonly states: ReadonlyMap<number, BookState>;
  readonly isCertain: boolean;
  readonly regions: readonly Region[];
}

async function askReplicas(
  front: FrontEnd,
  bookIds: readonly number[],
  cached: ReadonlyMap<number, CachedBook> | undefined,
): Promise<Fetched> {
  const states = new Map<number, BookState>();
  const regions: Region[] = [];
  const known = (id: number) => joinAll([cached?.get(id)?.state, states.get(id)]);
  /** What no cache was joined with: one replica alone may be behind what was shown before (design C8). */
  const unjoined = new Set<number>();
  let pending = [...bookIds];
  let isCertain = true;
  for (const replica of readOrder(front)) {
    if (pending.length === 0) break;
    const read = await readReplica(front, replica, pending, cached);
    if (read === undefined) {
      isCertain = false;
      continue;
    }
    regions.push(replica.region);
    if (read.unreadable > 0) isCertain = false;
    for (const { state, isJoined } of read.states) {
      states.set(state.id, joinAll([states.get(state.id), state]) as BookState);
      if (!isJoined) unjoined.add(state.id);
    }
    pending = pending.filter((id) => unjoined.has(id) || !isComplete(known(id)));
  }
  return { states, isCertain, regions };
}

interface ReadState {
  readonly state: BookState;
  /** Whether the cache has it now. */
  readonly isJoined: boolean;
}

async function readReplica(
  front: FrontEnd,
  replica: Replica,
  bookIds: readonly number[],
  cached: ReadonlyMap<number, CachedBook> | undefined,
): Promise<{ states: ReadState[]; unreadable: number } | undefined> {
  const readAt = front.system.now();
  const books = await ifAvailable(replica.catalog.getAll(bookIds));
  if (books === undefined) return undefined;
  for (const error of books.unreadable) {
    reportLeft(front.telemetry, 'a book was not read', { id: error.id, error });
  }
  const freshUntil = readAt + front.freshForMs;
  // Awaited: Lambda freezes what a handler leaves running.
  const states = await Promise.all(
    books.rows.map(async ({ state }) => {
      if (cached === undefined) return { state, isJoined: false };
      const known = cached.get(state.id);
      const joined = await ifCached(front, front.books.join(known, state, { freshUntil }));
      return { state, isJoined: joined !== undefined };
    }),
  );
  return { states, unreadable: books.unreadable.length };
}
