import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import sqlite from 'node-sqlite3-wasm';
import { runDatabase } from '../../local/databases/database-run.js';
import { findDynoxide } from '../../tools/emulators/dynoxide.js';
import { indexStreams, openDatabase } from '../../local/databases/stream-index.js';
import { startWatchdog, type Watchdog } from '../../local/processes/watchdog.js';
import { createIdTable } from '../support/tables/id-table.js';

const table = 'books';
/** As dynoxide 1.2 asks for the next sequence number, at every write. */
const lastSequence =
  'SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 FROM _stream_records WHERE table_name = ?1';

let folder: string;
let file: string;
let watchdog: Watchdog;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bazar-index-'));
  file = join(folder, 'us-east-1.db');
  watchdog = startWatchdog(join(folder, 'lock'));
});

afterEach(async () => {
  await watchdog.stop();
  await rm(folder, { recursive: true, force: true });
});

const index = (...files: string[]) => indexStreams(files, findDynoxide(), watchdog);

/** Runs dynoxide on the file while `work` lasts. */
const withEmulator = <Result>(work: (client: DynamoDBClient) => Promise<Result>) =>
  runDatabase(file, findDynoxide(), watchdog, {
    endBy: 'SIGTERM',
    work: (port) =>
      work(
        new DynamoDBClient({
          region: 'us-east-1',
          endpoint: `http://127.0.0.1:${port}`,
          credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
        }),
      ),
  });

const put = (client: DynamoDBClient, id: string) =>
  client.send(new PutItemCommand({ TableName: table, Item: { id: { S: id } } }));

function query(sql: string): Record<string, unknown>[] {
  const database = openDatabase(file);
  try {
    return database.all(sql);
  } finally {
    database.close();
  }
}

test('dynoxide uses the indexes of a file that was made with them', async () => {
  expect(await index(file, join(folder, 'eu-west-1.db'))).toBeUndefined();
  await withEmulator(async (client) => {
    await createIdTable(client, table, 'NEW_IMAGE');
    for (const id of ['1', '2', '3']) await put(client, id);
  });
  expect(query('SELECT sequence_number FROM _stream_records')).toHaveLength(3);
  // What another version asks otherwise is no longer served by the index.
  expect(readFileSync(findDynoxide()).includes(lastSequence)).toBe(true);
  const [step] = query(`EXPLAIN QUERY PLAN ${lastSequence.replace('?1', `'${table}'`)}`);
  expect(step?.['detail']).toContain('INDEX stream_by_sequence (table_name=?)');
});

test('a file that was made without indexes gets them, and keeps what it holds', async () => {
  await withEmulator(async (client) => {
    await createIdTable(client, table, 'NEW_IMAGE');
    await put(client, '1');
  });
  expect(await index(file)).toBeUndefined();
  const count = await withEmulator(async (client) => {
    await put(client, '2');
    return (await client.send(new ScanCommand({ TableName: table }))).Count;
  });
  expect(count).toBe(2);
  expect(query('SELECT sequence_number FROM _stream_records ORDER BY id')).toEqual([
    { sequence_number: '1' },
    { sequence_number: '2' },
  ]);
  expect(query("SELECT name FROM sqlite_master WHERE name LIKE 'stream%'")).toHaveLength(3);
});

test('each stream keeps its newest 100,000 records, however quiet it is beside another', async () => {
  expect(await index(file)).toBeUndefined();
  const database = openDatabase(file);
  database.exec(`
    INSERT INTO _stream_records (table_name, event_name, keys_json, sequence_number, shard_id, created_at)
      VALUES ('quiet', 'INSERT', '{}', '7', 'shard', 0);
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100005)
      INSERT INTO _stream_records (table_name, event_name, keys_json, sequence_number, shard_id, created_at)
      SELECT 'busy', 'INSERT', '{}', CAST(n AS TEXT), 'shard', 0 FROM numbers;
  `);
  database.close();
  const kept = `SELECT table_name AS name, COUNT(*) AS records, MIN(CAST(sequence_number AS INTEGER)) AS oldest
    FROM _stream_records GROUP BY table_name ORDER BY table_name`;
  expect(query(kept)).toEqual([
    { name: 'busy', records: 100_000, oldest: 6 },
    { name: 'quiet', records: 1, oldest: 7 },
  ]);
});

test('a file that it does not understand is left as it is, and told of', async () => {
  const database = new sqlite.Database(file);
  database.exec('CREATE TABLE streams (id INTEGER)');
  database.close();
  expect(await index(file)).toContain('_stream_records');
  expect(query('SELECT name FROM sqlite_master')).toEqual([{ name: 'streams' }]);
});

test('a file with the log of a run that was killed is left as it is, and told of', async () => {
  const killed = await runDatabase(file, findDynoxide(), watchdog, {
    endBy: 'SIGKILL',
    work: () => Promise.resolve(readFileSync(`${file}-wal`).length),
  });
  expect(killed).toBeGreaterThan(0);
  const before = readFileSync(file);
  expect(await index(file)).toContain('was left by a run that was killed');
  expect(readFileSync(file).equals(before)).toBe(true);
});
