/**
 * Anti-entropy: joins what messages did not carry, each minute by serverless-replica.yml. A cursor on the
 * other region's index of changes finds soon what changed, at a cost that follows from how much did;
 * behind it a slow sweep over the whole table finds what any cursor could miss (design R2).
 */
import * as z from 'zod';
import { isDeepStrictEqual } from 'node:util';
import type { ItemUnavailableError } from '../errors.js';
import { bookIdsOf, type OrderRow } from '../rules/order.js';
import type { Replica } from '../tables/replica.js';
import type { System } from '../system.js';
import { reportLeft, reportSettlement, type Telemetry } from '../telemetry.js';
import {
  booksAmong,
  lanes,
  ordersAmong,
  readChanges,
  readCursor,
  readItems,
  readPage,
  readPages,
  tables,
  writeCursor,
  type Item,
  type Lane,
  type Table,
} from '../tables/changes.js';
import { isOutage, newsOfBooks, joinAllNews, type News } from './join-news.js';

/**
 * How far the cursor looks back: more than the longest request, the skew of the clocks and the lag
 * of the index together, for a change may show in the index after later ones (design R1).
 */
const overlapMs = 120_000;
/** A change younger than this may share its millisecond with one that is still to come. */
const oldAfterMs = 5_000;
const idsInOnePage = 400;
const sweptInOneRun = 300;
const mostRemembered = 50_000;
/** Of each table; those beyond are left to the sweep, for the cursor is one item. */
const mostTriedAgain = 100;

const idsByTable = z.object({ catalog: z.array(z.string()), orders: z.array(z.string()) });

const cursorSchema = z.looseObject({
  /** Up to where the changes of each table and shard were joined; milliseconds since the epoch. */
  since: z.record(z.string(), z.number()),
  /** Where in the index of a table and shard a run stopped for want of time. */
  stoppedAt: z.record(z.string(), z.record(z.string(), z.unknown())),
  /** The lane that the next run starts with, so that none has to wait for the others for ever (design R3). */
  nextLane: z.number().int().nonnegative(),
  /** Where the sweep goes on. */
  sweep: z.object({ table: z.enum(tables), startId: z.string().optional() }),
  /** Items that could not be joined: tried again at each run, whatever the cursor has passed since (design R9). */
  left: idsByTable.default({ catalog: [], orders: [] }),
});

type Cursor = z.infer<typeof cursorSchema>;

const start: Cursor = {
  since: {},
  stoppedAt: {},
  nextLane: 0,
  sweep: { table: 'catalog' },
  left: { catalog: [], orders: [] },
};

/** Items of each table that were not joined. */
type Left = Readonly<Record<Table, ReadonlySet<string>>>;

/** What `own` joins from `other`. */
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

/**
 * An item that can't be joined holds up no other: it is reported, and tried again at the next run.
 *
 * @throws UnavailableError where either region does not answer.
 */
export async function reconcile(run: Reconciliation): Promise<void> {
  let cursor = await tryAgain(run, await loadCursor(run));
  for (let followed = 0; followed < lanes.length && run.hasTime(); followed += 1) {
    const lane = lanes[cursor.nextLane % lanes.length] as Lane;
    cursor = await followChanges(run, cursor, lane);
    cursor = { ...cursor, nextLane: (cursor.nextLane + 1) % lanes.length };
  }
  if (run.hasTime()) cursor = await sweep(run, cursor);
  await writeCursor(run.own, run.other.site, cursor);
  forgetOldComparisons(run, cursor);
}

async function tryAgain(run: Reconciliation, cursor: Cursor): Promise<Cursor> {
  let next: Cursor = { ...cursor, left: start.left };
  for (const table of tables) {
    const items = await readItems(run.other, run.system, table, cursor.left[table]);
    next = noteLeft(next, await joinItems(run, table, items));
  }
  return next;
}

function noteLeft(cursor: Cursor, left: Left): Cursor {
  const noted = (table: Table) =>
    [...new Set([...cursor.left[table], ...left[table]])].slice(0, mostTriedAgain);
  return { ...cursor, left: { catalog: noted('catalog'), orders: noted('orders') } };
}

async function followChanges(
  run: Reconciliation,
  known: Cursor,
  { table, shard }: Lane,
): Promise<Cursor> {
  let cursor = known;
  const lane = `${table}#${shard}`;
  const { [lane]: stoppedKey, ...stoppedElsewhere } = cursor.stoppedAt;
  // Another clock may be far ahead: what others write until then must not lie behind the cursor (design R11).
  const notAhead = (atMs: number) => Math.min(atMs, run.system.now());
  let since = notAhead(cursor.since[lane] ?? 0);
  let startKey: Item | undefined = stoppedKey;
  const fromMs = since - overlapMs;
  do {
    const { changes, nextKey } = await readChanges(run.other, {
      table,
      shard,
      fromMs,
      startKey,
      limit: idsInOnePage,
    });
    const unseen = [...changes].filter(
      ([id, changedAt]) =>
        // What was left is tried once in a run.
        !cursor.left[table].includes(id) && run.compared.get(`${lane}#${id}`) !== changedAt,
    );
    const ids = unseen.map(([id]) => id);
    const left = await joinItems(run, table, await readItems(run.other, run.system, table, ids));
    cursor = noteLeft(cursor, left);
    for (const [id, changedAt] of unseen) {
      const isOld = run.system.now() - changedAt > oldAfterMs;
      if (isOld && !left[table].has(id)) run.compared.set(`${lane}#${id}`, changedAt);
    }
    since = Math.max(since, ...[...changes.values()].map(notAhead));
    startKey = nextKey;
  } while (startKey !== undefined && run.hasTime());
  return {
    ...cursor,
    since: { ...cursor.since, [lane]: since },
    stoppedAt: { ...stoppedElsewhere, ...(startKey && { [lane]: startKey }) },
  };
}

async function sweep(run: Reconciliation, cursor: Cursor): Promise<Cursor> {
  const { table, startId } = cursor.sweep;
  const { items, nextId } = await readPage(run.other, table, startId, sweptInOneRun);
  const left = await joinItems(run, table, items);
  const nextTable = tables[(tables.indexOf(table) + 1) % tables.length] as Table;
  return {
    ...noteLeft(cursor, left),
    sweep: nextId === undefined ? { table: nextTable } : { table, startId: nextId },
  };
}

/**
 * Joins all that another site's tables hold, whatever was joined before: what a backup that was
 * restored still knows of a site that is lost.
 *
 * @returns the ids of the books that could not be joined, which were reported.
 * @throws UnavailableError where either does not answer.
 */
export async function joinWholeSite(passage: Passage): Promise<Set<number>> {
  const books = new Set<number>();
  for (const table of tables) {
    for await (const items of readPages(passage.other, table, sweptInOneRun)) {
      const left = await joinItems(passage, table, items);
      for (const id of left.catalog) books.add(Number(id));
    }
  }
  return books;
}

/**
 * Whether `own` has once joined all that `other` had. A region that is new to the store should
 * serve nobody before (design X7).
 *
 * @throws UnavailableError where `own` does not answer.
 */
export async function hasCaughtUp(own: Replica, other: Replica): Promise<boolean> {
  const { since, stoppedAt } = await loadCursor({ own, other });
  const isFollowed = ({ table, shard }: Lane) => since[`${table}#${shard}`] !== undefined;
  return lanes.every(isFollowed) && Object.keys(stoppedAt).length === 0;
}

/**
 * Joins items. What concerns one item alone leaves it; that a region does not answer concerns all.
 *
 * @returns what was left, which was reported.
 * @throws UnavailableError where either region does not answer.
 */
async function joinItems(run: Passage, table: Table, items: readonly Item[]): Promise<Left> {
  if (table === 'catalog') {
    const theirs = booksAmong(run.other, items);
    return {
      catalog: await joinFound(run, table, await findBooks(run, theirs)),
      orders: nothing,
    };
  }
  const { found, bookIds } = await findOrders(run, items);
  // A sale moves its order in the index of changes, and not its book. What this region tells of a book
  // must be no older than its orders: so the books come first.
  const { rows, unreadable } = await run.other.catalog.getAll(bookIds);
  const books = await findBooks(
    run,
    { rows: rows.map(({ state }) => state), unreadable },
    { areOrdersToFollow: true },
  );
  return {
    catalog: await joinFound(run, 'catalog', books),
    orders: await joinFound(run, table, found),
  };
}

const nothing: ReadonlySet<string> = new Set();

async function joinFound(
  run: Passage,
  table: Table,
  { news, unreadable }: Findings,
): Promise<Set<string>> {
  const failures = await joinAllNews(run.own, news);
  if (failures.size < news.length) run.telemetry.count('Repaired', news.length - failures.size);
  for (const error of failures.values()) if (isOutage(error)) throw error;
  const left = new Map([...unreadable.map((error) => [error.id, error] as const), ...failures]);
  for (const [id, error] of left) {
    reportLeft(run.telemetry, 'an item was not joined', { id, error, table, of: run.other.site });
  }
  return new Set(left.keys());
}

interface Findings {
  readonly news: readonly News[];
  readonly unreadable: readonly ItemUnavailableError[];
}

async function findBooks(
  { own }: Passage,
  { rows, unreadable }: ReturnType<typeof booksAmong>,
  { areOrdersToFollow = false } = {},
): Promise<Findings> {
  return { news: await newsOfBooks(own, rows, () => areOrdersToFollow), unreadable };
}

/** @returns also the ids of the books of all that is news. */
async function findOrders(
  run: Passage,
  items: readonly Item[],
): Promise<{ found: Findings; bookIds: number[] }> {
  const { own, other, telemetry } = run;
  const theirs = ordersAmong(other, items);
  const sold = theirs.rows.filter(({ site }) => site !== own.site);
  const ours = await own.orders.readableSlots(sold.map(({ id }) => id));
  const isNews = (row: OrderRow) =>
    !isDeepStrictEqual(ours.get(row.id), { kind: 'order', order: row });
  const rows = sold.filter(isNews);
  const news = rows.map((row): News => {
    const seen = ours.get(row.id);
    const firstWrite = seen?.kind === 'empty' ? own.orders.firstJoinWrite(row) : undefined;
    return {
      id: row.id,
      firstWrite: firstWrite && (() => firstWrite),
      join: async () => reportSettlement(telemetry, row.id, await own.sales.join(row, seen)),
    };
  });
  return {
    found: { news, unreadable: theirs.unreadable },
    bookIds: [...new Set(rows.flatMap(bookIdsOf))],
  };
}

async function loadCursor({ own, other }: Pick<Passage, 'own' | 'other'>): Promise<Cursor> {
  // One that a later version wrote in a way of its own begins anew: to join twice is harmless.
  return cursorSchema.safeParse(await readCursor(own, other.site)).data ?? start;
}

function forgetOldComparisons({ compared }: Reconciliation, { since }: Cursor): void {
  for (const [place, changedAt] of compared) {
    const lane = place.slice(0, place.lastIndexOf('#'));
    if (changedAt < (since[lane] ?? 0) - overlapMs) compared.delete(place);
  }
  if (compared.size > mostRemembered) compared.clear();
}
