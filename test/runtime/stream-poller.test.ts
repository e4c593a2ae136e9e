import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import getPort from 'get-port';
import { createBell, type Bell } from '../../local/worker/bell.js';
import { openCheckpoints } from '../../local/worker/checkpoints.js';
import { dynamodbClient, streamsClient } from '../../local/clients.js';
import { findDynoxide } from '../../tools/emulators/dynoxide.js';
import { untilListening } from '../../tools/processes/readiness.js';
import { pollStream } from '../../local/worker/stream-poller.js';
import { watchWrites, type Writes } from '../../local/worker/writes.js';
import { eventually } from '../../tools/eventually.js';
import { createIdTable } from '../support/tables/id-table.js';

let folder: string;
let database: string;
let port: number;
let emulator: ChildProcess;
let dynamodb: DynamoDBClient;

async function startEmulator(): Promise<void> {
  const args = ['serve', '--host', '127.0.0.1', '--port', String(port), '--db-path', database];
  emulator = spawn(findDynoxide(), args, { stdio: 'ignore' });
  await untilListening(port);
}

/** Its database and its port are free for the next one when it has ended. */
async function stopEmulator(signal: NodeJS.Signals): Promise<void> {
  emulator.kill(signal);
  await once(emulator, 'exit');
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bazar-test-'));
  database = join(folder, 'us-east-1.db');
  port = await getPort();
  await startEmulator();
  dynamodb = dynamodbClient('us-east-1', `http://127.0.0.1:${port}`);
  await createIdTable(dynamodb, 'orders', 'NEW_AND_OLD_IMAGES');
});

afterAll(async () => {
  emulator.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

const put = (id: string) =>
  dynamodb.send(new PutItemCommand({ TableName: 'orders', Item: { id: { S: id } } }));

/** Polls as a worker would, until it is stopped; tells which items its function took. */
function startPolling(writes: Writes = watchWrites(database)) {
  const taken: string[] = [];
  const ending = new AbortController();
  const stopped = pollStream(
    {
      kind: 'stream',
      table: 'orders',
      startingPosition: 'TRIM_HORIZON',
      filterPatterns: [],
      batchSize: 2,
      bisect: true,
    },
    {
      region: 'us-east-1',
      qualifiedName: 'publish',
      dynamodb,
      streams: streamsClient('us-east-1', `http://127.0.0.1:${port}`),
      checkpoints: openCheckpoints(join(folder, 'checkpoints.json'))('publish'),
      writes,
      recoveries: createBell(),
      signal: ending.signal,
      onError: () => {},
      giveUp: async () => {},
      onFirstPoll: () => {},
      invoke: async (event) => {
        const { Records: records } = event as DynamoDBStreamEvent;
        taken.push(...records.map(({ dynamodb: change }) => change?.Keys?.['id']?.S ?? ''));
      },
    },
  );
  const stop = async () => {
    ending.abort();
    await stopped;
  };
  return { taken, stop };
}

test('a worker goes on where the one before it stopped, and survives its database', async () => {
  for (const id of ['1', '2', '3']) await put(id);
  const first = startPolling();
  await eventually(() => expect(first.taken).toEqual(['1', '2', '3']));
  await first.stop();
  await put('4');

  const second = startPolling();
  await eventually(() => expect(second.taken).toEqual(['4']));
  await stopEmulator('SIGKILL');
  await startEmulator();
  // The first connection may still be the one to the emulator before.
  await eventually(() => put('5'));
  await eventually(() => expect(second.taken).toEqual(['4', '5']));
  await second.stop();
});

/** Lets a worker wait for a time of its own; `waits` are the times that it would have waited. */
function watching(
  { bell, ...writes }: Writes,
  { waitMs }: { waitMs: (timeoutMs: number) => number },
) {
  const waits: number[] = [];
  const after: Bell['after'] = (rings, timeoutMs, signal) => {
    waits.push(timeoutMs);
    return bell.after(rings, waitMs(timeoutMs), signal);
  };
  return { ...writes, waits, bell: Object.create(bell, { after: { value: after } }) as Bell };
}

/** Lets a worker wait for an hour wherever it is told of writes, and else as long as it would. */
function watchingForAnHour(writes: Writes) {
  let isWatched = false;
  const told = { ...writes, watch: () => (isWatched = writes.watch()) };
  return watching(told, { waitMs: (timeoutMs) => (isWatched ? 3_600_000 : timeoutMs) });
}

test('a worker that sleeps is woken by a write, also after its database was started again', async () => {
  const writes = watchingForAnHour(watchWrites(database));
  const worker = startPolling(writes);
  await eventually(() => expect(writes.waits.length).toBeGreaterThan(0));
  for (const id of ['6', '7', '8']) {
    await put(id);
    await eventually(() => expect(worker.taken.at(-1)).toBe(id));
  }
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    await stopEmulator(signal);
    await startEmulator();
    const id = `after ${signal}`;
    await eventually(async () => {
      await put(id);
      expect(worker.taken.at(-1)).toBe(id);
    });
    await put(`again ${id}`);
    await eventually(() => expect(worker.taken.at(-1)).toBe(`again ${id}`));
  }
  await worker.stop();
});

test.each([
  { isWatched: true, asksInAQuietMinute: 6 },
  { isWatched: false, asksInAQuietMinute: 241 },
])('a quiet stream is asked ever less (%j)', async ({ isWatched, asksInAQuietMinute }) => {
  const quiet = { watch: () => isWatched, bell: createBell() };
  const writes = watching(quiet, { waitMs: () => 0 });
  const worker = startPolling(writes);
  await eventually(() => expect(writes.waits.length).toBeGreaterThan(asksInAQuietMinute));
  await worker.stop();
  let quietMs = 0;
  expect(writes.waits.findIndex((waitMs) => (quietMs += waitMs) > 60_000)).toBe(asksInAQuietMinute);
});

test('a stream is not asked at each write to another table of its database', async () => {
  const bell = createBell();
  const writes = watching({ watch: () => true, bell }, { waitMs: () => 0 });
  const worker = startPolling(writes);
  await eventually(() => expect(writes.waits.length).toBeGreaterThan(0));
  const asked = writes.waits.length;
  const startedAtMs = performance.now();
  await eventually(() => expect(writes.waits.length).toBeGreaterThan(asked + 10));
  const tookMs = performance.now() - startedAtMs;
  await worker.stop();
  expect(tookMs / (writes.waits.length - asked)).toBeGreaterThan(20);
});
