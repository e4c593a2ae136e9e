/** How long reconcile takes to fill a region that is new to the store. */
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { connectReplicas } from '../../lib/lambda/clients.js';
import type { TransactItem } from '../../lib/dynamodb/transact.js';
import { mostInOneTransaction } from '../../lib/dynamodb/transact-each.js';
import { chunksOf } from '../../lib/concurrency.js';
import type { Config } from '../../lib/config.js';
import { toOrderItem } from '../../lib/tables/order-item.js';
import type { Replica } from '../../lib/tables/replica.js';
import { hasCaughtUp, reconcile } from '../../lib/replication/reconcile.js';
import { realSystem } from '../../lib/system.js';
import { silentTelemetry } from '../../lib/telemetry.js';
import { databaseFile, lockFile } from '../../local/files/data-files.js';
import { findDynoxide } from '../../tools/emulators/dynoxide.js';
import { indexStreams } from '../../local/databases/stream-index.js';
import { startWatchdog } from '../../local/processes/watchdog.js';
import { startEmulators } from '../../services/emulators.js';
import type { Context, Part, Result } from '../part.js';
import { makeFolder } from '../support/bench-store.js';
import { orderRowOf, priceOfBook, titleOfBook } from '../support/books.js';

const mostSeconds = 60;
const mostItems = 10_000;
const regions = ['us-east-1', 'eu-west-1'];

export const filling: Part = {
  name: 'filling',
  title: 'How long does it take to fill a new region?',
  run,
};

async function run(context: Context): Promise<Result> {
  const { books, sales, defer, tell } = context;
  const size = {
    books: Math.min(mostItems, Math.max(...books)),
    orders: Math.min(mostItems, sales),
  };
  const emulators = await startEmulators(regions, {}, await makeDatabases(context));
  defer(() => emulators.stop());
  tell(`${size.books} books and ${size.orders} orders`);
  const { loadedInMs, filledInMs, runs } = await measureFilling(emulators.config, size);
  return {
    ratios: [
      {
        name: `seconds to fill it, of the ${mostSeconds} that it may take`,
        value: filledInMs / 1000 / mostSeconds,
        goal: 1,
      },
    ],
    rows: [
      {
        ...size,
        'loaded in s': (loadedInMs / 1000).toFixed(1),
        'filled in s': (filledInMs / 1000).toFixed(1),
        'runs of reconcile': runs,
      },
    ],
    notes: [
      'Into an empty region, by reconcile alone, on databases such as `npm start` makes, as one function that is called again as soon as its time is up.',
    ],
  };
}

/** Makes databases as `npm start` does. @returns the file of each */
async function makeDatabases(context: Context): Promise<(place: string) => string> {
  const folder = await makeFolder(context);
  const fileOf = (place: string) => databaseFile(folder, place);
  const watchdog = startWatchdog(lockFile(folder));
  try {
    const problem = await indexStreams(regions.map(fileOf), findDynoxide(), watchdog);
    if (problem !== undefined) throw new Error(problem);
  } finally {
    await watchdog.stop();
  }
  return fileOf;
}

interface Filling {
  /** Writes them into the region that is full. */
  readonly loadedInMs: number;
  /** Until the empty region holds them all. */
  readonly filledInMs: number;
  readonly runs: number;
}

/** What a run of the deployed function has, less what it keeps to end in. */
const runMs = 45_000;

/**
 * Loads books and orders into the first region of the configuration, and measures how long the last
 * one, which has to be empty, takes to hold them too.
 */
async function measureFilling(
  config: Config,
  { books, orders }: { readonly books: number; readonly orders: number },
): Promise<Filling> {
  const replicas = connectReplicas(config, realSystem);
  const [full, empty] = [replicas[0] as Replica, replicas.at(-1) as Replica];
  const loadStartMs = performance.now();
  await load(full, booksOf(full, empty, books));
  await load(full, ordersOf(full, orders));
  const fillStartMs = performance.now();
  const compared = new Map<string, number>();
  let runs = 0;
  do {
    const endMs = performance.now() + runMs;
    const hasTime = () => performance.now() < endMs;
    await reconcile({
      own: empty,
      other: full,
      system: realSystem,
      telemetry: silentTelemetry,
      compared,
      hasTime,
    });
    runs += 1;
  } while (!(await hasCaughtUp(empty, full)));
  return {
    loadedInMs: fillStartMs - loadStartMs,
    filledInMs: performance.now() - fillStartMs,
    runs,
  };
}

async function load({ link }: Replica, items: readonly TransactItem[]): Promise<void> {
  for (const TransactItems of chunksOf(items, mostInOneTransaction)) {
    await link.write(new TransactWriteCommand({ TransactItems }));
  }
}

function booksOf({ catalog, site }: Replica, other: Replica, count: number): TransactItem[] {
  return Array.from({ length: count }, (_, index) => {
    const id = index + 1;
    const description = {
      title: titleOfBook(id),
      authors: ['Ada Author'],
      topic: `topic ${id % 100}`,
      price: priceOfBook,
    };
    const shares = { [other.site]: 5 };
    const key = { id: `creation of ${id}`, bodyHash: '0123456789abcdef' };
    return catalog.creationWrite(id, description, 10, shares, [site, other.site], key).item;
  });
}

function ordersOf({ orders, site }: Replica, count: number): TransactItem[] {
  return Array.from({ length: count }, (_, index) => {
    const nowMs = realSystem.now();
    const row = orderRowOf(index + 1, site, nowMs);
    return { Put: { TableName: orders.name, Item: toOrderItem(row, site, nowMs) } };
  });
}
