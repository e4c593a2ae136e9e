/** How a region's tables are read through: by what changed in them, or whole; and how far that has come. */
import { GetCommand, PutCommand, QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { batchGet } from '../dynamodb/batch-get.js';
import { readEach, type ReadItems } from '../dynamodb/read-item.js';
import { shards } from '../dynamodb/sharding.js';
import type { BookState } from '../rules/book.js';
import type { OrderRow } from '../rules/order.js';
import type { Site } from '../rules/sites.js';
import type { System } from '../system.js';
import { isBookItem, toBookState } from './book-item.js';
import { isOrderItem, toOrderRow } from './order-item.js';
import type { Replica } from './replica.js';

export type Item = Record<string, unknown>;

export const tables = ['catalog', 'orders'] as const;
export type Table = (typeof tables)[number];

/** One partition of an index of changes. */
export interface Lane {
  readonly table: Table;
  readonly shard: string;
}

export const lanes: readonly Lane[] = tables.flatMap((table) =>
  shards.map((shard) => ({ table, shard })),
);

export interface ChangesAsked extends Lane {
  /** Milliseconds since the epoch; what changed later is read. */
  readonly fromMs: number;
  /** Where the page before stopped. */
  readonly startKey: Item | undefined;
  readonly limit: number;
}

/**
 * What changed, oldest first; eventually consistent, as indexes are.
 *
 * @returns `changes`: when each item changed last, by its id, in milliseconds since the epoch; `nextKey`
 *   where the next page starts, undefined after the last one.
 * @throws UnavailableError
 */
export async function readChanges(
  replica: Replica,
  { table, shard, fromMs, startKey, limit }: ChangesAsked,
): Promise<{ changes: Map<string, number>; nextKey: Item | undefined }> {
  const { Items = [], LastEvaluatedKey } = await replica.link.read(
    new QueryCommand({
      TableName: replica[table].name,
      IndexName: 'changes',
      // SHARD is a reserved word of DynamoDB.
      KeyConditionExpression: '#shard = :shard AND changedAt > :from',
      ExpressionAttributeNames: { '#shard': 'shard' },
      ExpressionAttributeValues: { ':shard': shard, ':from': fromMs },
      Limit: limit,
      ...(startKey && { ExclusiveStartKey: startKey }),
    }),
  );
  // An item that is written meanwhile may be there twice: at its old place and at its new one.
  const changes = new Map(
    Items.map((item) => [String(item['id']), Number(item['changedAt'])] as const),
  );
  return { changes, nextKey: LastEvaluatedKey };
}

/**
 * A page of a whole table, strongly consistent, in no order.
 *
 * @returns `nextId` the id that the next page starts behind; undefined after the last one.
 * @throws UnavailableError
 */
export async function readPage(
  replica: Replica,
  table: Table,
  startId: string | undefined,
  limit: number,
): Promise<{ items: readonly Item[]; nextId: string | undefined }> {
  const { Items = [], LastEvaluatedKey } = await replica.link.read(
    new ScanCommand({
      TableName: replica[table].name,
      ConsistentRead: true,
      Limit: limit,
      ...(startId !== undefined && { ExclusiveStartKey: { id: startId } }),
    }),
  );
  return { items: Items, nextId: LastEvaluatedKey && String(LastEvaluatedKey['id']) };
}

/** A whole table, page by page, as {@link readPage}. */
export async function* readPages(
  replica: Replica,
  table: Table,
  limit: number,
): AsyncGenerator<readonly Item[]> {
  let startId: string | undefined;
  do {
    const { items, nextId } = await readPage(replica, table, startId, limit);
    yield items;
    startId = nextId;
  } while (startId !== undefined);
}

/** Items by their ids, strongly consistent; those that are not there are left out. @throws UnavailableError */
export async function readItems(
  replica: Replica,
  system: System,
  table: Table,
  ids: readonly string[],
): Promise<Item[]> {
  if (ids.length === 0) return [];
  const { name } = replica[table];
  const found = await batchGet(replica.link, system, { [name]: ids.map((id) => ({ id })) });
  return found[name] ?? [];
}

/** The books among what was read of a replica's catalogue. */
export const booksAmong = (replica: Replica, items: readonly Item[]): ReadItems<BookState> =>
  readEach(replica.region, items.filter(isBookItem), toBookState);

/** The orders among what was read of a replica's order log. */
export const ordersAmong = (replica: Replica, items: readonly Item[]): ReadItems<OrderRow> =>
  readEach(replica.region, items.filter(isOrderItem), toOrderRow);

/** Another incarnation of the other region is read anew, from the start. */
const cursorKey = (of: Site) => ({ id: `cursor#${of}` });

/** How far `own` has read another site's tables through; undefined where it never did. @throws UnavailableError */
export async function readCursor(own: Replica, of: Site): Promise<unknown> {
  const { Item } = await own.link.read(
    new GetCommand({ TableName: own.catalog.name, Key: cursorKey(of), ConsistentRead: true }),
  );
  return Item?.['cursor'];
}

/** @throws UnavailableError */
export async function writeCursor(own: Replica, of: Site, cursor: unknown): Promise<void> {
  await own.link.write(
    new PutCommand({ TableName: own.catalog.name, Item: { ...cursorKey(of), cursor } }),
  );
}
