/**
 * What a write to the embedded database costs as the database grows, while its streams are consumed as
 * `npm start` does it.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  BatchWriteItemCommand,
  TransactWriteItemsCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { latencyRecorder } from '../../tools/latency.js';
import { createBell } from '../../local/worker/bell.js';
import { openCheckpoints } from '../../local/worker/checkpoints.js';
import { dynamodbClient, streamsClient } from '../../local/clients.js';
import { runDatabase } from '../../local/databases/database-run.js';
import { findDynoxide } from '../../tools/emulators/dynoxide.js';
import { provisionTables, tablesOf } from '../../services/provision-tables.js';
import { resolveService } from '../../services/service-config.js';
import { indexStreams } from '../../local/databases/stream-index.js';
import { pollStream } from '../../local/worker/stream-poller.js';
import { startWatchdog } from '../../local/processes/watchdog.js';
import { watchWrites } from '../../local/worker/writes.js';
import type { Context, Part, Result } from '../part.js';
import { makeFolder } from '../support/bench-store.js';
import { numbersFrom } from '../support/operations.js';
import { processorTimeMs } from '../processor-time.js';

/** How a sale's transaction fared after so many other writes. */
interface GrowthPoint {
  readonly writes: number;
  readonly p50Ms: number;
  /** What a sale took of the database's processor, which no other load on the machine disturbs. */
  readonly cpuMs: number;
  /** Of `cpuMs` to that of the first point. */
  readonly ratio: number;
}

const region = 'us-east-1';
const books = 10_000;
const salesInOnePoint = 300;
const itemsInOneBatch = 25;
const batchesAtOnce = 4;

/** So much more may a write cost than at first, to be called flat. */
const flat = 1.5;
const steps = 4;

export const database: Part = {
  name: 'database',
  title: 'What does the embedded database add as it grows?',
  run,
};

async function run(context: Context): Promise<Result> {
  const counts = Array.from({ length: steps + 1 }, (_, step) =>
    Math.round((context.sales * step) / steps),
  );
  const points = await measureDatabaseGrowth(counts, context);
  return {
    ratios: [
      {
        name: 'processor time of a sale’s transaction, at its worst over the first',
        value: Math.max(...points.map(({ ratio }) => ratio)),
        goal: flat,
      },
    ],
    rows: points.map((point) => ({
      'writes before': point.writes,
      'p50 ms': point.p50Ms.toFixed(1),
      'processor ms': point.cpuMs.toFixed(2),
      'over the first': point.ratio.toFixed(2),
    })),
    notes: [
      'One client, transactions of a book and an order on one database, whose streams are read meanwhile. ' +
        'Processor time is the database’s own.',
    ],
  };
}

/** Fills a database of its own with writes, and measures at each of these counts. */
async function measureDatabaseGrowth(
  counts: readonly number[],
  context: Context,
): Promise<GrowthPoint[]> {
  const { tell } = context;
  const folder = await makeFolder(context);
  const watchdog = startWatchdog(join(folder, 'lock'));
  const file = join(folder, `${region}.db`);
  const emulator = findDynoxide();
  try {
    const problem = await indexStreams([file], emulator, watchdog);
    if (problem !== undefined) throw new Error(problem);
    return await runDatabase(file, emulator, watchdog, {
      endBy: 'SIGKILL',
      work: (port, pid) =>
        measureAt(counts, { endpoint: `http://127.0.0.1:${port}`, pid, file, tell }),
    });
  } finally {
    await watchdog.stop();
  }
}

interface Tables {
  readonly client: DynamoDBClient;
  readonly catalog: string;
  readonly orders: string;
}

interface Place {
  readonly endpoint: string;
  /** Of the database. */
  readonly pid: number;
  readonly file: string;
  readonly tell: Context['tell'];
}

async function measureAt(
  counts: readonly number[],
  { endpoint, pid, file, tell }: Place,
): Promise<GrowthPoint[]> {
  const client = dynamodbClient(region, endpoint);
  const service = await resolveService('serverless-replica.yml', region, process.env);
  await provisionTables(client, service);
  const names = tablesOf(service).map(({ TableName: name }) => name ?? '');
  const [catalog = '', orders = ''] = ['-catalog-', '-orders-'].map((part) =>
    names.find((name) => name.includes(part)),
  );
  const tables = { client, catalog, orders };
  const ending = new AbortController();
  const consumers = [catalog, orders].map((table) =>
    consume(table, tables, { endpoint, file, signal: ending.signal }),
  );
  const points: GrowthPoint[] = [];
  try {
    let written = 0;
    for (const count of counts) {
      tell(`${count} writes`);
      await fill(tables, written, count);
      written = count;
      await measureSales(tables);
      const usedMs = processorTimeMs(pid);
      const p50Ms = await measureSales(tables);
      const cpuMs = (processorTimeMs(pid) - usedMs) / salesInOnePoint;
      points.push({ writes: count, p50Ms, cpuMs, ratio: cpuMs / (points[0]?.cpuMs ?? cpuMs) });
    }
  } finally {
    ending.abort();
    await Promise.all(consumers);
  }
  return points;
}

/** Reads a table's stream as a worker does, and does nothing with it. */
function consume(
  table: string,
  { client }: Tables,
  { endpoint, file, signal }: { endpoint: string; file: string; signal: AbortSignal },
): Promise<void> {
  return pollStream(
    {
      kind: 'stream',
      table,
      startingPosition: 'TRIM_HORIZON',
      filterPatterns: [],
      batchSize: 100,
      bisect: false,
    },
    {
      region,
      qualifiedName: 'bench',
      dynamodb: client,
      streams: streamsClient(region, endpoint),
      checkpoints: openCheckpoints(`${file}.${table}.json`)('bench'),
      writes: watchWrites(file),
      recoveries: createBell(),
      invoke: async () => {},
      giveUp: async () => {},
      signal,
      onError: (error) => console.error(error),
      onFirstPoll: () => {},
    },
  );
}

/** Half of the writes change books, half make orders: so is what purchases write. */
async function fill({ client, catalog, orders }: Tables, from: number, to: number): Promise<void> {
  const batches = batchesOf(from, to);
  const write = async () => {
    for (const numbers of batches) {
      const inBooks = numbers.filter((number) => number % 2 === 0);
      const inOrders = numbers.filter((number) => number % 2 === 1);
      await client.send(
        new BatchWriteItemCommand({
          RequestItems: {
            [catalog]: inBooks.map((number) => put(bookItem((number / 2) % books))),
            [orders]: inOrders.map(() => put(orderItem())),
          },
        }),
      );
    }
  };
  await Promise.all(Array.from({ length: batchesAtOnce }, write));
}

/** The numbers from one to another, in batches that several may take from. */
function* batchesOf(from: number, to: number): Generator<number[]> {
  for (let first = from; first < to; first += itemsInOneBatch) {
    yield numbersFrom(first, itemsInOneBatch);
  }
}

/** One client sells: in each transaction a book's counter and an order. @returns the median, in ms */
async function measureSales({ client, catalog, orders }: Tables): Promise<number> {
  const latency = latencyRecorder();
  for (let sale = 0; sale < salesInOnePoint; sale += 1) {
    const startedAtMs = performance.now();
    await client.send(
      new TransactWriteItemsCommand({
        TransactItems: [
          {
            Update: {
              TableName: catalog,
              Key: { id: { S: String(sale) } },
              UpdateExpression: 'SET changedAt = :now, #shard = :shard ADD sold :one',
              // A reserved word of DynamoDB.
              ExpressionAttributeNames: { '#shard': 'shard' },
              ExpressionAttributeValues: {
                ':now': { N: String(Date.now()) },
                ':shard': { S: String(sale % 4) },
                ':one': { N: '1' },
              },
            },
          },
          { Put: { TableName: orders, Item: orderItem() } },
        ],
      }),
    );
    latency.record(performance.now() - startedAtMs);
  }
  return latency.summary().p50 ?? 0;
}

type Item = Record<string, AttributeValue>;

const put = (item: Item) => ({ PutRequest: { Item: item } });

const bookItem = (id: number): Item => ({
  id: { S: String(id) },
  bookId: { N: String(id) },
  topicKey: { S: `topic ${id % 100}` },
  shelf: { S: String(id % 4) },
  shelfKey: { S: `topic ${id % 100}#${id}` },
  shard: { S: String(id % 4) },
  changedAt: { N: String(Date.now()) },
  text: { S: 'x'.repeat(1000) },
});

const orderItem = (): Item => ({
  id: { S: randomUUID() },
  shard: { S: '0' },
  changedAt: { N: String(Date.now()) },
  logShard: { S: '0' },
  placed: { S: new Date().toISOString() },
  text: { S: 'x'.repeat(500) },
});
