/** What the use cases of the store stand on. */
import type { BookCache, CachedBook } from '../cache/book-cache.js';
import type { PageCache } from '../cache/page-cache.js';
import type { BookState } from '../rules/book.js';
import { RefusedError, UnavailableError } from '../errors.js';
import type { Replica } from '../tables/replica.js';
import { homeOf, type Region, type Site } from '../rules/sites.js';
import { spreadHash } from '../spread-hash.js';
import type { System } from '../system.js';
import type { Telemetry } from '../telemetry.js';

export interface FrontEnd {
  readonly system: System;
  readonly telemetry: Telemetry;
  /** Every replica, in the order of the configuration: the same for all front ends. */
  readonly replicas: readonly Replica[];
  /** Where this front end stands; it may have no replica of its own. */
  readonly region: Region;
  readonly books: BookCache;
  readonly pages: PageCache;
  readonly routing: Routing;
  readonly currency: string;
  /** How long what was read of a replica may be shown without asking again. */
  readonly freshForMs: number;
}

/** What only some of the use cases may know. */
export interface Secrets {
  /** The secret of the stage that order ids are made with. @throws UnavailableError */
  orderSecret(): Promise<string>;
  /**
   * The admin token as it was last known.
   *
   * @param options.isCertain not one that may have been replaced since.
   * @throws UnavailableError where none is known, or none that is certain.
   */
  adminToken(options?: { readonly isCertain?: boolean }): Promise<string>;
}

export interface Routing {
  readonly reads: 'round-robin' | 'nearest';
  readonly sales: 'nearest' | 'spread';
}

/** How an answer to a read came about. */
export type CacheUse = 'hit' | 'miss' | 'stale' | 'bypass';

/** What every read says of itself. */
export interface Provenance {
  readonly cacheUse: CacheUse;
  /** The replicas that were read. */
  readonly regions: readonly Region[];
}

export const sitesOf = (front: FrontEnd): Site[] => front.replicas.map(({ site }) => site);

export const replicaIn = (front: FrontEnd, region: Region): Replica | undefined =>
  front.replicas.find((replica) => replica.region === region);

/** The replicas in the order in which a read asks them. */
export function readOrder(front: FrontEnd): Replica[] {
  if (front.routing.reads === 'nearest') return nearestOrder(front);
  const start = Math.floor(front.system.random() * front.replicas.length);
  return silentLast(startingAt(front.replicas, start));
}

/** The replicas in the order in which who asks several times for one answer asks them. */
export const nearestOrder = (front: FrontEnd): Replica[] =>
  silentLast(regionFirst(front, front.region));

/**
 * The replicas in the order in which a sale tries them. By the hash of the order's id, every front
 * end tries a key in the same region first, so that its retries meet there (design B1).
 */
export function saleOrder(front: FrontEnd, orderId: string): Replica[] {
  if (front.routing.sales === 'nearest') return nearestOrder(front);
  return silentLast(startingAt(front.replicas, spreadHash(orderId) % front.replicas.length));
}

/**
 * A region that hangs costs whoever asks it a time-out: one that left its last call unanswered is asked
 * only for what the others can't answer, until a probe finds that it answers again (design H2).
 */
function silentLast(replicas: readonly Replica[]): Replica[] {
  const silent = replicas.filter(({ isSilent }) => isSilent);
  for (const replica of silent) replica.probe();
  return [...replicas.filter(({ isSilent }) => !isSilent), ...silent];
}

/** The replicas with the one in `region`, if there is one, before the others. */
export const regionFirst = (front: FrontEnd, region: Region): Replica[] => [
  ...front.replicas.filter((replica) => replica.region === region),
  ...front.replicas.filter((replica) => replica.region !== region),
];

/**
 * Where a book is created and restocked: in the region that it records, or, where it has none or the
 * store has left that region, in the one that follows from its id.
 */
export function homeReplica(front: FrontEnd, bookId: number, recorded?: Region): Replica {
  const replica = recorded === undefined ? undefined : replicaIn(front, recorded);
  return replica ?? (replicaIn(front, homeOf(bookId, sitesOf(front))) as Replica);
}

const startingAt = <Item>(items: readonly Item[], start: number): Item[] => [
  ...items.slice(start),
  ...items.slice(0, start),
];

/** The result of `call`, or undefined where the place that it asks does not answer. */
export async function ifAvailable<Result>(call: Promise<Result>): Promise<Result | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof UnavailableError) return undefined;
    throw error;
  }
}

/** What all replicas said to one question. */
export interface Answers<Answer> {
  /** Of those that answered, in the order of the configuration. */
  readonly answers: ReadonlyMap<Replica, Answer>;
  /** Those that did not answer. */
  readonly silent: ReadonlySet<Replica>;
  /** True where every one answered: what none of them knows, no region knows. */
  readonly isWhole: boolean;
}

/** Asks every replica at once, and waits for all of them; {@link readOrder} is for who needs but one. */
export async function askEvery<Answer>(
  { replicas }: Pick<FrontEnd, 'replicas'>,
  ask: (replica: Replica) => Promise<Answer>,
): Promise<Answers<Answer>> {
  const asked = await Promise.all(
    replicas.map((replica) =>
      ifAvailable(ask(replica).then((answer) => [replica, answer] as const)),
    ),
  );
  const answers = new Map(asked.filter((answered) => answered !== undefined));
  const silent = new Set(replicas.filter((replica) => !answers.has(replica)));
  return { answers, silent, isWhole: silent.size === 0 };
}

/**
 * What the cache says or takes, or undefined where it is out of reach, or refuses what was asked. That
 * is a defect, so it is logged and counted; but the store can do without its cache, and nobody's read
 * or purchase fails for it (design C7).
 */
export async function ifCached<Result>(
  { telemetry }: FrontEnd,
  call: Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await ifAvailable(call);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    telemetry.count('CacheRefused');
    telemetry.warn('the cache refused what was asked', { error });
    return undefined;
  }
}

/**
 * Asks the cache before the regions; one that is silent only where `held` is called, for what the regions
 * could not answer (design H3).
 */
export async function askCacheFirst<Result>(
  front: FrontEnd,
  ask: () => Promise<Result>,
): Promise<{ cached: Result | undefined; held: () => Promise<Result | undefined> }> {
  const askCache = () => ifCached(front, ask());
  if (front.books.isSilent) {
    front.books.probe();
    return { cached: undefined, held: askCache };
  }
  const cached = await askCache();
  return { cached, held: async () => cached };
}

/** By the ids of the books; without those that the cache does not hold. */
export type CachedBooks = ReadonlyMap<number, CachedBook>;

/** What the cache holds of books, silent or not (design H4); nothing also where it can't be asked. */
export const cachedBooks = async (
  front: FrontEnd,
  bookIds: readonly number[],
): Promise<CachedBooks> => (await ifCached(front, front.books.getAll(bookIds))) ?? new Map();

export const cachedBook = async (
  front: FrontEnd,
  bookId: number,
): Promise<CachedBook | undefined> => (await cachedBooks(front, [bookId])).get(bookId);

/**
 * Reads books back from the region that has just taken a write, and joins them into this front
 * end's cache before the write is answered, so that no later read here shows the state from before
 * it (design C4). Where either fails, the old entry lives on until its freshness ends.
 *
 * @param cached the cache's items as they were read.
 * @returns what is known of the books then, by their ids, without those that could not be read back.
 */
export async function readBack(
  front: FrontEnd,
  bookIds: readonly number[],
  region: Region,
  cached: CachedBooks = new Map(),
): Promise<Map<number, BookState>> {
  const replica = replicaIn(front, region);
  const readAt = front.system.now();
  const read = replica && (await ifAvailable(replica.catalog.getAll(bookIds)));
  const books = new Map((read?.rows ?? []).map(({ state }) => [state.id, state]));
  const missing = bookIds.filter((id) => !books.has(id));
  if (missing.length > 0) {
    front.telemetry.warn('a write could not be read back', { bookIds: missing, region });
  }
  const freshUntil = readAt + front.freshForMs;
  await Promise.all(
    [...books].map(async ([id, state]) => {
      const join = front.books.join(cached.get(id), state, { freshUntil });
      const joined = await ifCached(front, join);
      if (joined !== undefined) books.set(id, joined.state);
    }),
  );
  return books;
}
