/** Searching by topic or ISBN, and listing books and topics. */
import { bookIdOfListingKey, listingKeyOf } from '../tables/book-item.js';
import { byCodePoint } from '../tables/listing.js';
import { isListed, type CompleteBook } from '../rules/book.js';
import { topicKey } from '../rules/topic.js';
import { allBooksList, topicList } from '../rules/book-lists.js';
import { joinStretches, type Comparison, type Stretch } from '../rules/stretch.js';
import type { Page } from '../cache/page-cache.js';
import { UnavailableError } from '../errors.js';
import type { Replica } from '../tables/replica.js';
import type { Region } from '../rules/sites.js';
import {
  askCacheFirst,
  askEvery,
  ifAvailable,
  ifCached,
  readOrder,
  type CacheUse,
  type FrontEnd,
  type Provenance,
} from './front-end.js';
import { readBooks, type Reading } from './read-books.js';

/** How to read a page: `after` is the `next` of the page before, or empty for the first. */
export interface PageRequest {
  readonly limit: number;
  readonly after: string;
  readonly isCacheSkipped?: boolean;
}

export interface BookPage extends Provenance {
  readonly books: readonly CompleteBook[];
  readonly next?: string;
}

export interface TopicPage extends Provenance {
  readonly topics: readonly string[];
  readonly next: string | undefined;
}

/**
 * What pages are read and kept in, whatever `limit` a reader asks for: a page of each limit would let
 * strangers keep every list a hundred times (design L6).
 */
const pageSizes = [20, 100] as const;
const [, longestPage] = pageSizes;

/** An index is behind its table: a page read this soon after its list changed is kept this long (design L3). */
const indexLagMs = 10_000;

/**
 * A region may be behind another by an outage: this long after its list changed, a page is read from
 * every region in reach (design L4).
 */
const regionLagMs = 60 * 60 * 1000;

/** The books of a topic, by id. @throws UnavailableError where neither cache nor replicas know. */
export async function searchByTopic(
  front: FrontEnd,
  topic: string,
  request: PageRequest,
): Promise<BookPage> {
  const key = topicKey(topic);
  const after = Number(request.after);
  const list = await readList<number>(front, request, {
    list: topicList(key),
    pages: 'ids',
    after,
    order: (one, other) => one - other,
    read: (replica, limit) => replica.listing.idsOfTopic(key, { from: after, limit }),
  });
  return withBooks(front, list, request, {
    idOf: (id) => id,
    isPlaceOf: (_id, book) => isListed(book) && topicKey(book.registers.topic.value) === key,
  });
}

/**
 * The book of an ISBN-13; of several the one with the lowest id. The regions are asked one after the other,
 * until one knows of a book that has it still: an index is behind its table, and a region behind another.
 *
 * @returns a reading of that book, or of none.
 */
export async function readBookOfIsbn(
  front: FrontEnd,
  isbn: string,
  options: { readonly isCacheSkipped?: boolean } = {},
): Promise<Reading> {
  const regions: Region[] = [];
  let isCertain = true;
  for (const replica of readOrder(front)) {
    const ids = await ifAvailable(replica.listing.idsOfIsbn(isbn));
    if (ids !== undefined) regions.push(replica.region);
    const reading = await readBooks(front, ids ?? [], options);
    const book = [...reading.books.values()].find(
      ({ registers }) => registers.isbn?.value === isbn,
    );
    if (book !== undefined) {
      return {
        books: new Map([[book.id, book]]),
        isCertain: true,
        cacheUse: leastDirect('miss', reading.cacheUse),
        regions: [...new Set([...regions, ...reading.regions])],
      };
    }
    isCertain &&= ids !== undefined && reading.isCertain;
  }
  return { books: new Map(), isCertain, cacheUse: 'miss', regions };
}

/** Every book, topic by topic. @throws UnavailableError where neither cache nor replicas know. */
export async function listBooks(front: FrontEnd, request: PageRequest): Promise<BookPage> {
  const { after } = request;
  const list = await readList<string>(front, request, {
    list: allBooksList,
    pages: 'books',
    after,
    order: byCodePoint,
    read: (replica, limit) => replica.listing.keys({ from: after, limit }),
  });
  return withBooks(front, list, request, {
    idOf: bookIdOfListingKey,
    isPlaceOf: (listingKey, book) =>
      isListed(book) && listingKeyOf(book.registers.topic.value, book.id) === listingKey,
  });
}

/** Topics in the form in which they are matched, sorted. @throws UnavailableError as above. */
export async function listTopics(front: FrontEnd, request: PageRequest): Promise<TopicPage> {
  const { after } = request;
  const { page, cacheUse, regions } = await readList<string>(front, request, {
    list: allBooksList,
    pages: 'topics',
    after,
    order: byCodePoint,
    read: (replica, limit) => replica.listing.topics({ from: after, limit }),
    isEntry: (topic) => mayHaveBooks(front, topic),
  });
  return { topics: page.entries, next: page.next, cacheUse, regions };
}

/**
 * Whether a topic has a book that, as far as this front end knows, has not left it. Of a topic that
 * more books have left than fit on a page, only the regions' agreement tells (design L10).
 */
async function mayHaveBooks(front: FrontEnd, topic: string): Promise<boolean> {
  const { books, next } = await searchByTopic(front, topic, { limit: longestPage, after: '' });
  return books.length > 0 || next !== undefined;
}

interface ListSource<Entry> {
  readonly list: string;
  /** Tells the pages of different contents of one list apart. */
  readonly pages: string;
  /** The entry that the page goes on behind; 0 or empty where it is the first. */
  readonly after: Entry;
  readonly order: Comparison<Entry>;
  /** Up to `limit` entries, from `after` itself on. */
  readonly read: (replica: Replica, limit: number) => Promise<Stretch<Entry>>;
  /** Finds out whether something is an entry that some regions list and others do not. */
  readonly isEntry?: (entry: Entry) => Promise<boolean>;
}

interface ListReading<Entry> extends Provenance {
  readonly page: Page<Entry>;
}

async function readList<Entry extends string | number>(
  front: FrontEnd,
  { limit, isCacheSkipped = false }: PageRequest,
  source: ListSource<Entry>,
): Promise<ListReading<Entry>> {
  const size = pageSizes.find((pageSize) => limit <= pageSize) ?? longestPage;
  const pageName = `${source.pages}#${size}#${source.after}`;
  const { cached: lookup, held } = await askCacheFirst(front, () =>
    front.pages.lookUp<Entry>(source.list, pageName),
  );
  if (lookup?.page !== undefined && lookup.isFresh && !isCacheSkipped) {
    return { page: cut(lookup.page, limit), cacheUse: 'hit', regions: [] };
  }

  const readAt = front.system.now();
  const sinceChangeMs = lookup === undefined ? 0 : readAt - lookup.changedAt;
  const read = await readIndexes(
    front,
    sinceChangeMs > regionLagMs ? 'first' : 'every',
    // The entry that the page goes on behind, and one that tells whether there is a next page.
    (replica) => source.read(replica, size + 2),
  );
  if (read.regions.length === 0) {
    const page = (await held())?.page;
    if (page === undefined) throw new UnavailableError('every replica', { isUnknown: false });
    return { page: cut(page, limit), cacheUse: 'stale', regions: [] };
  }
  const found = joinStretches(read.answers, source.order);
  const page = await pageOf(found, read.answers, size, source);
  // Whoever makes up a topic or a cursor finds an empty page, or a place that no entry has: to keep
  // these would let strangers fill the table (design L7).
  const isFirst = source.after === 0 || source.after === '';
  const isPlace = isFirst || found.entries.includes(source.after);
  const isKept = lookup?.page !== undefined || (isPlace && page.entries.length > 0);
  if (lookup !== undefined && isKept) {
    const keptForMs =
      sinceChangeMs > indexLagMs ? front.freshForMs : Math.min(indexLagMs, front.freshForMs);
    const freshUntil = readAt + keptForMs;
    const { generation } = lookup;
    await ifCached(
      front,
      front.pages.keep(source.list, pageName, { page, generation, freshUntil }),
    );
  }
  const cacheUse = isCacheSkipped || lookup === undefined ? 'bypass' : 'miss';
  return { page: cut(page, limit), cacheUse, regions: read.regions };
}

/** A page may hold fewer entries than its size: those that are left out have gone. */
async function pageOf<Entry extends string | number>(
  found: Stretch<Entry>,
  answers: readonly Stretch<Entry>[],
  size: number,
  { after, isEntry }: ListSource<Entry>,
): Promise<Page<Entry>> {
  const behind = found.entries.filter((entry) => entry !== after);
  const listed = behind.slice(0, size);
  const next = behind.length > size ? listed.at(-1) : found.until;
  return {
    entries: isEntry === undefined ? listed : await confirmed(listed, answers, isEntry),
    ...(next !== undefined && { next: String(next) }),
  };
}

async function confirmed<Entry>(
  entries: readonly Entry[],
  answers: readonly Stretch<Entry>[],
  isEntry: (entry: Entry) => Promise<boolean>,
): Promise<Entry[]> {
  const sets = answers.map((answer) => new Set(answer.entries));
  const verdicts = await Promise.all(
    entries.map(async (entry) => sets.every((set) => set.has(entry)) || isEntry(entry)),
  );
  return entries.filter((_, index) => verdicts[index]);
}

/** The first part of a page, and where the next one then starts. */
function cut<Entry>({ entries, next }: Page<Entry>, limit: number): Page<Entry> {
  const shown = entries.slice(0, limit);
  const rest = entries.length > limit ? String(shown.at(-1)) : next;
  return { entries: shown, ...(rest !== undefined && { next: rest }) };
}

/** Reads the first replica that answers, or every one that does. */
async function readIndexes<Entry>(
  front: FrontEnd,
  wanted: 'first' | 'every',
  read: (replica: Replica) => Promise<Stretch<Entry>>,
): Promise<{ answers: Stretch<Entry>[]; regions: Region[] }> {
  const replicas = readOrder(front);
  if (wanted === 'every') {
    const { answers } = await askEvery({ replicas }, read);
    return {
      answers: [...answers.values()],
      regions: [...answers.keys()].map(({ region }) => region),
    };
  }
  for (const replica of replicas) {
    const answer = await ifAvailable(read(replica));
    if (answer !== undefined) return { answers: [answer], regions: [replica.region] };
  }
  return { answers: [], regions: [] };
}

interface BookEntries<Entry> {
  readonly idOf: (entry: Entry) => number;
  /** False of a book that has just left: it may still be on a page, or in an index that lags (design L5). */
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
