/**
 * Anti-entropy: takes up what messages did not carry. A cursor on the other region's index of
 * changes finds soon what changed, at a cost that follows from how much did; behind it a slow sweep
 * over the whole table finds what any cursor could miss.
 */
import { GetCommand, PutCommand, QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { batchGet } from '../aws/batch-get.js';
import { shards } from '../aws/sharding.js';
import { difference, type BookState } from '../catalog/book.js';
import { toBookState } from '../catalog/book-item.js';
import { isOrderItem, orderRowSchema } from '../orders/order-item.js';
import type { Replica } from '../replica/replica.js';
import type { System } from '../system.js';
import type { Telemetry } from '../telemetry.js';

type Item = Record<string, unknown>;

/**
 * How far the cursor looks back: more than the longest request, the skew of the clocks and the lag
 * of the index together, for a change may show in the index after later ones.
 */
const overlapMs = 120_000;
/** A change younger than this may share its millisecond with one that is still to come. */
const settledAfterMs = 5_000;
const idsInOnePage = 100;
const sweptInOneRun = 300;
const mostRemembered = 50_000;

const tables = ['catalog', 'orders'] as const;
type Table = (typeof tables)[number];

/** One partition of an index of changes. */
interface Lane {
  readonly table: Table;
  readonly shard: string;
}

const lanes: readonly Lane[] = tables.flatMap((table) => shards.map((shard) => ({ table, shard })));

const cursorSchema = z.object({
  /** Up to where the changes of each table and shard were taken up; milliseconds since the epoch. */
  since: z.record(z.string(), z.number()),
  /** Where in the index of a table and shard a run stopped for want of time. */
  stoppedAt: z.record(z.string(), z.record(z.string(), z.unknown())),
  /** The lane that the next run starts with, so that none has to wait for the others for ever. */
  nextLane: z.number().int().nonnegative(),
  /** Where the sweep goes on. */
  sweep: z.object({ table: z.enum(tables), startId: z.string().optional() }),
});

type Cursor = z.infer<typeof cursorSchema>;

/** From whom to whom. */
type Pair = Pick<Passage, 'own' | 'other'>;

/** What `own` takes up from `other`. */
export interface Passage {
  readonly own: Replica;
  readonly other: Replica;
  readonly telemetry: Telemetry;
}

export interface Reconciliation extends Passage {
  readonly system: System;
  /** Changes in the overlap that were compared already, by their place in the index; bounded. */
  readonly compared: Map<string, number>;
  /** False when the time is up: the next run goes on from where this one stopped. */
  readonly hasTime: () => boolean;
}

/** @throws UnavailableError where either region does not answer. */
export async function reconcile(run: Reconciliation): Promise<void> {
  let cursor = await loadCursor(run);
  for (let followed = 0; followed < lanes.length && run.hasTime(); followed += 1) {
    const lane = lanes[cursor.nextLane % lanes.length] as Lane;
    cursor = await followChanges(run, cursor, lane);
    cursor = { ...cursor, nextLane: (cursor.nextLane + 1) % lanes.length };
  }
  if (run.hasTime()) cursor = await sweep(run, cursor);
  await saveCursor(run, cursor);
  forgetOldComparisons(run, cursor);
}

async function followChanges(
  run: Reconciliation,
  cursor: Cursor,
  { table, shard }: Lane,
): Promise<Cursor> {
  const lane = `${table}#${shard}`;
  const { [lane]: stoppedKey, ...stoppedElsewhere } = cursor.stoppedAt;
  let since = cursor.since[lane] ?? 0;
  let startKey: Item | undefined = stoppedKey;
  const fromMs = since - overlapMs;
  do {
    const { Items = [], LastEvaluatedKey } = await run.other.link.read(
      new QueryCommand({
        TableName: run.other[table].name,
        IndexName: 'changes',
        // SHARD is a reserved word of DynamoDB.
        KeyConditionExpression: '#shard = :shard AND changedAt > :from',
        ExpressionAttributeNames: { '#shard': 'shard' },
        ExpressionAttributeValues: { ':shard': shard, ':from': fromMs },
        Limit: idsInOnePage,
        ...(startKey && { ExclusiveStartKey: startKey }),
      }),
    );
    const changes = Items.map((item) => ({
      id: String(item['id']),
      changedAt: Number(item['changedAt']),
    }));
    const unseen = changes.filter(
      ({ id, changedAt }) => run.compared.get(`${lane}#${id}`) !== changedAt,
    );
    await takeUp(
      run,
      table,
      await readItems(
        run,
        table,
        unseen.map(({ id }) => id),
      ),
    );
    for (const { id, changedAt } of unseen) {
      if (run.system.now() - changedAt > settledAfterMs)
        run.compared.set(`${lane}#${id}`, changedAt);
    }
    since = Math.max(since, ...changes.map(({ changedAt }) => changedAt));
    startKey = LastEvaluatedKey;
  } while (startKey !== undefined && run.hasTime());
  return {
    ...cursor,
    since: { ...cursor.since, [lane]: since },
    stoppedAt: { ...stoppedElsewhere, ...(startKey && { [lane]: startKey }) },
  };
}

async function sweep(run: Reconciliation, cursor: Cursor): Promise<Cursor> {
  const { table, startId } = cursor.sweep;
  const nextId = await sweepPage(run, table, startId);
  const nextTable = tables[(tables.indexOf(table) + 1) % tables.length] as Table;
  return {
    ...cursor,
    sweep: nextId === undefined ? { table: nextTable } : { table, startId: nextId },
  };
}

/** @returns the id that the next page starts behind; undefined after the last one. */
async function sweepPage(
  run: Passage,
  table: Table,
  startId: string | undefined,
): Promise<string | undefined> {
  const { Items = [], LastEvaluatedKey } = await run.other.link.read(
    new ScanCommand({
      TableName: run.other[table].name,
      ConsistentRead: true,
      Limit: sweptInOneRun,
      ...(startId !== undefined && { ExclusiveStartKey: { id: startId } }),
    }),
  );
  await takeUp(run, table, Items);
  return LastEvaluatedKey && String(LastEvaluatedKey['id']);
}

/**
 * Takes up all that another site's tables hold, whatever was taken up before: what a backup that was
 * restored still knows of a site that is lost.
 *
 * @throws UnavailableError where either does not answer.
 */
export async function takeUpWhole(passage: Passage): Promise<void> {
  for (const table of tables) {
    let startId: string | undefined;
    do startId = await sweepPage(passage, table, startId);
    while (startId !== undefined);
  }
}

/**
 * Whether `own` has once taken up all that `other` had. A region that is new to the store should
 * serve nobody before.
 *
 * @throws UnavailableError where `own` does not answer.
 */
export async function hasCaughtUp(own: Replica, other: Replica): Promise<boolean> {
  const { since, stoppedAt } = await loadCursor({ own, other });
  const isFollowed = ({ table, shard }: Lane) => since[`${table}#${shard}`] !== undefined;
  return lanes.every(isFollowed) && Object.keys(stoppedAt).length === 0;
}

async function readItems(
  run: Reconciliation,
  table: Table,
  ids: readonly string[],
): Promise<Item[]> {
  if (ids.length === 0) return [];
  const { name } = run.other[table];
  const found = await batchGet(run.other.link, run.system, { [name]: ids.map((id) => ({ id })) });
  return found[name] ?? [];
}

const takeUp = (run: Passage, table: Table, items: readonly Item[]): Promise<void> =>
  table === 'catalog' ? takeUpBooks(run, items) : takeUpOrders(run, items);

async function takeUpBooks(run: Passage, items: readonly Item[]): Promise<void> {
  const { own, telemetry } = run;
  const theirs = items.filter((item) => 'bookId' in item).map(toBookState);
  if (theirs.length === 0) return;
  const ours = new Map(
    (await own.books(theirs.map(({ id }) => id))).map((book) => [book.state.id, book]),
  );
  const isNews = (state: BookState): boolean => {
    const known = ours.get(state.id);
    if (known?.hasOwnRow !== true) return true;
    return difference(known.state, state, own.site) !== undefined;
  };
  for (const state of theirs.filter(isNews)) {
    await own.catalog.join(state);
    telemetry.count('Repaired');
  }
}

async function takeUpOrders(run: Passage, items: readonly Item[]): Promise<void> {
  const { own, telemetry } = run;
  const theirs = items
    .filter(isOrderItem)
    .map((item) => orderRowSchema.parse(item))
    .filter(({ site }) => site !== own.site);
  if (theirs.length === 0) return;
  const ours = await own.orders.find(theirs.map(({ id }) => id));
  const known = new Set(ours.map((row) => JSON.stringify(orderRowSchema.parse(row))));
  for (const row of theirs.filter((one) => !known.has(JSON.stringify(one)))) {
    const { withdrawn, isDispute } = await own.orders.join(row);
    if (withdrawn > 0) telemetry.count('DuplicateSettled', withdrawn);
    if (isDispute) telemetry.count('OrderDisputed');
    telemetry.count('Repaired');
  }
}

/** Another incarnation of the other region is read anew, from the start. */
const cursorKey = ({ other }: Pair) => ({ id: `cursor#${other.site}` });

async function loadCursor(run: Pair): Promise<Cursor> {
  const { Item } = await run.own.link.read(
    new GetCommand({
      TableName: run.own.catalog.name,
      Key: cursorKey(run),
      ConsistentRead: true,
    }),
  );
  return Item === undefined
    ? { since: {}, stoppedAt: {}, nextLane: 0, sweep: { table: 'catalog' } }
    : cursorSchema.parse(Item['cursor']);
}

async function saveCursor(run: Reconciliation, cursor: Cursor): Promise<void> {
  await run.own.link.write(
    new PutCommand({
      TableName: run.own.catalog.name,
      Item: { ...cursorKey(run), cursor },
    }),
  );
}

function forgetOldComparisons({ compared }: Reconciliation, { since }: Cursor): void {
  const oldestMs = Math.min(...Object.values(since)) - overlapMs;
  for (const [place, changedAt] of compared) {
    if (changedAt < oldestMs) compared.delete(place);
  }
  if (compared.size > mostRemembered) compared.clear();
}
