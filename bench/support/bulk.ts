/**
 * Fills a store that does not run: its regions hold then what they hold after an import, or after sales,
 * of which everyone has heard. The streams hold what was written last, and their readers are past it.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { shardOf } from '../../lib/dynamodb/sharding.js';
import {
  listingKeyOf,
  rightsAttribute,
  rowAttribute,
  toBookState,
} from '../../lib/tables/book-item.js';
import { indexedItem, postingKeys, toContent } from '../../lib/tables/words-table.js';
import { wordsOf } from '../../lib/rules/words.js';
import { topicKey } from '../../lib/rules/topic.js';
import { bookIdsOf, type OrderRow } from '../../lib/rules/order.js';
import { toOrderItem } from '../../lib/tables/order-item.js';
import { homeOf, regionOf, type Region, type Site } from '../../lib/rules/sites.js';
import { checkpointDir, databaseFile, storeFile } from '../../local/files/data-files.js';
import { readJson, type Store } from '../../local/files/store-file.js';
import type { Context } from '../part.js';
import { EmulatorFile, type StoredItem } from './emulator-file.js';
import { runStoreWithBooks } from './bench-store.js';
import { numbersFrom, pageSize } from './operations.js';
import {
  bookIdOf,
  orderRowOf,
  titleOfBook,
  topicOf,
  usualAuthors,
  type TitleAndAuthors,
} from './books.js';

/** A store that does not run. */
export interface ClosedStore {
  readonly dataDir: string;
  readonly sites: readonly Site[];
}

/**
 * Makes a store with a page of books, and ends it; its folder goes with the part.
 *
 * @returns also the numbers of the books.
 */
export async function makeClosedStore(
  context: Context,
): Promise<ClosedStore & { readonly created: readonly number[] }> {
  const store = await runStoreWithBooks(context);
  await store.stop();
  const { dataDir } = store;
  const { sites } = readJson(storeFile(dataDir)) as Store;
  return { dataDir, sites, created: numbersFrom(0, pageSize) };
}

const catalogTable = 'bazar-dev-catalog-1';
const wordsTable = 'bazar-dev-words-1';
const ordersTable = 'bazar-dev-orders-1';

/** Records that a stream keeps. */
const longestStream = 100_000;
/** Items after which Ctrl-C is heard. */
const stretch = 5000;
/** Books that share the sales. */
const mostBooksSold = 1000;
/** So long ago that no reconciliation takes it for a change that it has not seen. */
const agoMs = 24 * 60 * 60 * 1000;

interface FillOptions {
  /** Numbers of books that the store itself made: those of each home are the model for others. */
  readonly created: readonly number[];
  readonly from: number;
  readonly to: number;
  /** What the book of a number is called. */
  readonly describe?: (number: number) => TitleAndAuthors;
}

/** Adds the books from number `from` up to `to`, and their words, in every region. */
export async function fillBooks(
  { dataDir, sites }: ClosedStore,
  { created, from, to, describe = usualDescription }: FillOptions,
  context: Pick<Context, 'signal'>,
): Promise<void> {
  // In the order of the keys, so that the file grows at its end.
  const numbers = numbersFrom(from, to - from);
  for (const region of sites.map(regionOf)) {
    await inFile(dataDir, region, async (file) => {
      const models = new Map<Region, StoredItem>();
      for (const id of created.map(bookIdOf)) {
        const home = homeOf(id, sites);
        if (!models.has(home)) models.set(home, file.get(catalogTable, String(id)));
      }
      await eachInStretches(numbers, context, (number, index) => {
        const model = models.get(homeOf(bookIdOf(number), sites));
        if (model === undefined) throw new Error('each region must be the home of a book');
        const book = bookLike(model, number, describe(number));
        file.add(catalogTable, book);
        for (const item of wordItemsOf(unmarshall(book))) file.add(wordsTable, marshall(item));
        if (index >= numbers.length - longestStream) file.tell(catalogTable, book);
      });
    });
  }
}

const usualDescription = (number: number): TitleAndAuthors => ({
  title: titleOfBook(bookIdOf(number)),
  authors: usualAuthors,
});

/** What the index of words holds of a book. */
function wordItemsOf(book: Record<string, unknown>): Record<string, unknown>[] {
  const state = toBookState(book);
  const words = wordsOf(state);
  if (words === undefined) throw new Error(`book ${state.id} is not whole`);
  return [
    ...postingKeys(state.id, words).map((key) => ({ ...key, ...toContent(words) })),
    indexedItem(state.id, { version: 1, contents: [words] }),
  ];
}

function bookLike(
  model: StoredItem,
  number: number,
  { title, authors }: TitleAndAuthors,
): StoredItem {
  const id = bookIdOf(number);
  const topic = topicOf(number);
  const register = (name: string, value: unknown) => ({
    [name]: { M: { ...model[name]?.M, ...marshall({ value }) } },
  });
  return {
    ...model,
    id: { S: String(id) },
    bookId: { N: String(id) },
    ...register('title', title),
    ...register('authors', authors),
    ...register('topic', topic),
    topicKey: { S: topicKey(topic) },
    shelf: { S: shardOf(String(id)) },
    shelfKey: { S: listingKeyOf(topic, id) },
    shard: { S: shardOf(String(id)) },
    changedAt: { N: String(Date.now() - agoMs) },
  };
}

/** Sells copies of books that are spread over the catalogue, in all regions by turns. */
export async function fillSales(
  { dataDir, sites }: ClosedStore,
  { books, sales }: { books: number; sales: number },
  context: Pick<Context, 'signal'>,
): Promise<void> {
  const sold = Math.min(books, mostBooksSold);
  const beganAtMs = Date.now() - agoMs;
  const rows = Array.from({ length: sales }, (_, index): OrderRow => {
    const bookId = bookIdOf(Math.floor(((index % sold) * books) / sold));
    const site = sites[Math.floor(index / sold) % sites.length] as Site;
    return orderRowOf(bookId, site, beganAtMs + index);
  });
  for (const own of sites) {
    await inFile(dataDir, regionOf(own), async (file) => {
      const shelf = new Map<number, StoredItem>();
      await eachInStretches(rows, context, (row, index) => {
        const [bookId = 0] = bookIdsOf(row);
        const before = shelf.get(bookId) ?? file.get(catalogTable, String(bookId));
        const after = afterSale(before, row.site, own);
        shelf.set(bookId, after);
        const order = marshall(toOrderItem(row, own, beganAtMs));
        file.add(ordersTable, order);
        if (index < rows.length - longestStream) return;
        file.tell(catalogTable, after, before);
        file.tell(ordersTable, order);
      });
      for (const book of shelf.values()) file.replace(catalogTable, book);
    });
  }
}

/** A book's item in `own` after `seller` has sold a copy. */
function afterSale(book: StoredItem, seller: Site, own: Site): StoredItem {
  const row = book[rowAttribute(seller)]?.M ?? {};
  const sold = { ...row, sold: increased(row['sold'], 1), seq: increased(row['seq'], 1) };
  const rights = rightsAttribute(own);
  return {
    ...book,
    [rowAttribute(seller)]: { M: sold },
    ...(seller === own && { [rights]: increased(book[rights], -1) }),
  };
}

const increased = (value: AttributeValue | undefined, by: number): AttributeValue => ({
  N: String(Number(value?.N ?? 0) + by),
});

async function eachInStretches<Entry>(
  entries: readonly Entry[],
  { signal }: Pick<Context, 'signal'>,
  step: (entry: Entry, index: number) => void,
): Promise<void> {
  for (const [index, entry] of entries.entries()) {
    step(entry, index);
    if (index % stretch !== 0) continue;
    await nextTurn();
    signal.throwIfAborted();
  }
}

/** Writes to a region's database, and takes the readers of its streams past what was written. */
async function inFile(
  dataDir: string,
  region: Region,
  work: (file: EmulatorFile) => Promise<void>,
): Promise<void> {
  const file = new EmulatorFile(databaseFile(dataDir, region));
  const ends = new Map<string, number>();
  try {
    await work(file);
    for (const table of [catalogTable, ordersTable]) ends.set(table, file.sequenceNumber(table));
  } finally {
    file.close();
  }
  const path = join(checkpointDir(dataDir), `${region}.json`);
  const checkpoints = JSON.parse(await readFile(path, 'utf8')) as Record<string, object>;
  const told = new Set<string>();
  for (const [reader, shards] of Object.entries(checkpoints)) {
    const table = reader.split('/')[1] ?? '';
    const end = ends.get(table);
    if (end === undefined) continue;
    told.add(table);
    checkpoints[reader] = Object.fromEntries(
      Object.keys(shards).map((shard) => [shard, String(end)]),
    );
  }
  const missing = [...ends.keys()].filter((table) => !told.has(table));
  if (missing.length > 0) throw new Error(`${path} lacks the stream of ${missing.join()}`);
  await writeFile(path, JSON.stringify(checkpoints));
}
