/** Searching by topic, and listing books and topics. */
import { bookIdOfShelfKey, byCodePoint, shelfKeyOf } from '../catalog/catalog-table.js';
import type { CompleteBook } from '../catalog/book.js';
import { topicKey } from '../catalog/topic.js';
import { catalogueList, topicList } from '../catalog/lists.js';
import type { Page } from '../cache/page-cache.js';
import { UnavailableError } from '../errors.js';
import type { Replica } from '../replica/replica.js';
import type { Region } from '../sites.js';
import { ifAvailable, readOrder, type CacheUse, type FrontEnd } from './front-end.js';
import { readBooks } from './read-books.js';

/** How to read a page: `after` is the `next` of the page before, or empty for the first. */
export interface PageRequest {
  readonly limit: number;
  readonly after: string;
  readonly isCacheSkipped?: boolean;
}

export interface BookPage {
  readonly books: readonly CompleteBook[];
  readonly next?: string;
  readonly cacheUse: CacheUse;
  readonly regions: readonly Region[];
}

/** An index is behind its table: a page that is read this soon after its list changed is kept only this long. */
const indexLagMs = 10_000;

/**
 * A region may be behind another by an outage: this long after its list changed, a page is read from
 * every region in reach.
 */
const regionLagMs = 60 * 60 * 1000;

/** The books of a topic, by id. @throws UnavailableError where neither cache nor replicas know. */
export async function searchByTopic(
  front: FrontEnd,
  topic: string,
  request: PageRequest,
): Promise<BookPage> {
  const key = topicKey(topic);
  const list = await readList<number>(front, request, {
    list: topicList(key),
    pageName: `${request.limit}#${request.after}`,
    order: (one, other) => one - other,
    read: (replica, limit) =>
      replica.catalog.idsOfTopic(key, { after: Number(request.after), limit }),
  });
  return withBooks(front, list, request, {
    idOf: (id) => id,
    isPlaceOf: (_id, book) => topicKey(book.registers.topic.value) === key,
  });
}

/** Every book, topic by topic. @throws UnavailableError where neither cache nor replicas know. */
export async function listBooks(front: FrontEnd, request: PageRequest): Promise<BookPage> {
  const list = await readList<string>(front, request, {
    list: catalogueList,
    pageName: `${request.limit}#${request.after}`,
    order: byCodePoint,
    read: (replica, limit) => replica.catalog.shelfKeys({ after: request.after, limit }),
  });
  return withBooks(front, list, request, {
    idOf: bookIdOfShelfKey,
    isPlaceOf: (shelfKey, book) => shelfKeyOf(book.registers.topic.value, book.id) === shelfKey,
  });
}

/** Every topic in the form in which topics are matched, sorted. @throws UnavailableError */
export async function listTopics(
  front: FrontEnd,
  { isCacheSkipped = false }: { isCacheSkipped?: boolean },
): Promise<{ topics: readonly string[]; cacheUse: CacheUse; regions: readonly Region[] }> {
  const request = { limit: Number.POSITIVE_INFINITY, after: '', isCacheSkipped };
  const list = await readList<string>(front, request, {
    list: catalogueList,
    pageName: 'topics',
    order: byCodePoint,
    read: (replica) => replica.catalog.topics(),
    isEntry: (topic) => hasBooks(front, topic),
  });
  return { topics: list.page.entries, cacheUse: list.cacheUse, regions: list.regions };
}

/** Whether a topic has a book that, as far as this front end knows, has not left it. */
async function hasBooks(front: FrontEnd, topic: string): Promise<boolean> {
  let after = '0';
  for (;;) {
    const page = await searchByTopic(front, topic, { limit: 100, after });
    if (page.books.length > 0) return true;
    if (page.next === undefined) return false;
    after = page.next;
  }
}

interface ListSource<Entry> {
  readonly list: string;
  readonly pageName: string;
  readonly order: (one: Entry, other: Entry) => number;
  /** Up to `limit` entries behind the page's start, in order. */
  readonly read: (replica: Replica, limit: number) => Promise<Entry[]>;
  /** Settles whether something is an entry that some regions list and others do not. */
  readonly isEntry?: (entry: Entry) => Promise<boolean>;
}

interface ListReading<Entry> {
  readonly page: Page<Entry>;
  readonly cacheUse: CacheUse;
  readonly regions: readonly Region[];
}

async function readList<Entry extends string | number>(
  front: FrontEnd,
  { limit, isCacheSkipped = false }: PageRequest,
  source: ListSource<Entry>,
): Promise<ListReading<Entry>> {
  const lookup = await ifAvailable(front.pages.lookUp<Entry>(source.list, source.pageName));
  if (lookup?.page !== undefined && lookup.isFresh && !isCacheSkipped) {
    return { page: lookup.page, cacheUse: 'hit', regions: [] };
  }

  const readAt = front.system.now();
  const sinceChangeMs = lookup === undefined ? 0 : readAt - lookup.changedAt;
  // One more than is shown tells whether there is a next page.
  const read = await readIndexes(
    front,
    sinceChangeMs > regionLagMs ? 1 : front.replicas.length,
    (replica) => source.read(replica, limit + 1),
  );
  if (read.regions.length === 0) {
    if (lookup?.page === undefined)
      throw new UnavailableError('every replica', { isUnknown: false });
    return { page: lookup.page, cacheUse: 'stale', regions: [] };
  }
  const entries = (await joinAnswers(read.answers, source.isEntry)).sort(source.order);
  const shown = entries.slice(0, limit);
  const page = {
    entries: shown,
    ...(entries.length > limit && { next: String(shown.at(-1)) }),
  };
  if (lookup !== undefined) {
    const keptForMs =
      sinceChangeMs > indexLagMs ? front.freshForMs : Math.min(indexLagMs, front.freshForMs);
    const freshUntil = readAt + keptForMs;
    const { generation } = lookup;
    await ifAvailable(
      front.pages.keep(source.list, source.pageName, { page, generation, freshUntil }),
    );
  }
  const cacheUse = isCacheSkipped || lookup === undefined ? 'bypass' : 'miss';
  return { page, cacheUse, regions: read.regions };
}

/** Reads up to `wanted` replicas, passing over those that do not answer. */
async function readIndexes<Entry>(
  front: FrontEnd,
  wanted: number,
  read: (replica: Replica) => Promise<Entry[]>,
): Promise<{ answers: Entry[][]; regions: Region[] }> {
  const answers: Entry[][] = [];
  const regions: Region[] = [];
  for (const replica of readOrder(front)) {
    if (regions.length === wanted) break;
    const answer = await ifAvailable(read(replica));
    if (answer === undefined) continue;
    answers.push(answer);
    regions.push(replica.region);
  }
  return { answers, regions };
}

async function joinAnswers<Entry>(
  answers: readonly (readonly Entry[])[],
  isEntry: (entry: Entry) => Promise<boolean> = () => Promise.resolve(true),
): Promise<Entry[]> {
  const entries = [...new Set(answers.flat())];
  const sets = answers.map((answer) => new Set(answer));
  const verdicts = await Promise.all(
    entries.map(async (entry) => sets.every((set) => set.has(entry)) || isEntry(entry)),
  );
  return entries.filter((_, index) => verdicts[index]);
}

interface BookEntries<Entry> {
  readonly idOf: (entry: Entry) => number;
  /** False of a book that has just left: it may still be on a page, or in an index that lags. */
  readonly isPlaceOf: (entry: Entry, book: CompleteBook) => boolean;
}

async function withBooks<Entry>(
  front: FrontEnd,
  list: ListReading<Entry>,
  { isCacheSkipped = false }: PageRequest,
  { idOf, isPlaceOf }: BookEntries<Entry>,
): Promise<BookPage> {
  const ids = [...new Set(list.page.entries.map(idOf))];
  const reading = await readBooks(front, ids, { isCacheSkipped });
  return {
    books: list.page.entries.flatMap((entry) => {
      const book = reading.books.get(idOf(entry));
      return book !== undefined && isPlaceOf(entry, book) ? [book] : [];
    }),
    ...(list.page.next !== undefined && { next: list.page.next }),
    cacheUse: leastDirect(list.cacheUse, reading.cacheUse),
    regions: [...new Set([...list.regions, ...reading.regions])],
  };
}

const directness: readonly CacheUse[] = ['stale', 'bypass', 'miss', 'hit'];

/** How an answer of two parts came about: as its lesser part did. */
const leastDirect = (one: CacheUse, other: CacheUse): CacheUse =>
  directness.find((use) => use === one || use === other) as CacheUse;
