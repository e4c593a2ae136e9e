/**
 * dynoxide keeps the streams of all tables in one table of SQLite, `_stream_records`, that has no
 * index and only grows: each write looks for the last sequence number, and each read of a stream for
 * the next ones, through all of it. Here the file gets what dynoxide itself could have made: indexes,
 * and a bound. Without them a store works, and gets slower with every write.
 */
import { closeSync, copyFileSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import sqlite from 'node-sqlite3-wasm';
import { runDatabase } from './database-run.js';
import type { Watchdog } from '../processes/watchdog.js';

/** Records that a table's stream keeps. Who is further behind is brought up to date by reconcile. */
const longestStream = 100_000;

/** In the file's header, where SQLite lets an application say that a file is its own: `Bzr1`. */
const applicationId = 0x42_7a_72_31;

const additions = `
  CREATE INDEX IF NOT EXISTS stream_by_sequence
    ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
  CREATE INDEX IF NOT EXISTS stream_by_shard
    ON _stream_records (table_name, shard_id, CAST(sequence_number AS INTEGER));
  CREATE TRIGGER IF NOT EXISTS stream_bound AFTER INSERT ON _stream_records BEGIN
    DELETE FROM _stream_records WHERE table_name = NEW.table_name
      AND CAST(sequence_number AS INTEGER) <= CAST(NEW.sequence_number AS INTEGER) - ${longestStream};
  END;
  PRAGMA application_id = ${applicationId};
`;

/**
 * Makes the database files that are missing, and indexes the streams in those that lack it. No
 * emulator may have one of them open. Safe to repeat.
 *
 * @returns why some are not indexed, in words; undefined where all are. They can be used all the same.
 */
export async function indexStreams(
  files: readonly string[],
  emulator: string,
  watchdog: Watchdog,
): Promise<string | undefined> {
  try {
    const [first, ...missing] = files.filter((file) => !exists(file));
    if (first !== undefined) {
      // Only once it answers is it sure to heed the signal.
      const work = (port: number) => fetch(`http://127.0.0.1:${port}/`);
      await runDatabase(first, emulator, watchdog, { endBy: 'SIGTERM', work });
      indexStream(first);
      for (const file of missing) copyFileSync(first, file);
    }
    for (const file of files) if (!isIndexed(file)) indexStream(file);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** @throws Error where the file is not as this version of dynoxide makes it. */
function indexStream(file: string): void {
  const database = openDatabase(file);
  try {
    database.exec(additions);
  } finally {
    database.close();
  }
}

/**
 * Opens a file that dynoxide has left in order. It then says that it is kept with a rollback journal,
 * which is true of any file without a write-ahead log: this build of SQLite has no shared memory, and
 * opens no other. dynoxide goes back to its log when it opens the file.
 *
 * @see https://www.sqlite.org/fileformat.html#file_format_version_numbers
 * @throws Error where there is a log: the emulator was killed.
 */
export function openDatabase(file: string): sqlite.Database {
  if (exists(`${file}-wal`)) throw new Error(`${file}-wal was left by a run that was killed`);
  const rollbackJournal = 1;
  const descriptor = openSync(file, 'r+');
  try {
    writeSync(descriptor, Buffer.from([rollbackJournal, rollbackJournal]), 0, 2, 18);
  } finally {
    closeSync(descriptor);
  }
  return new sqlite.Database(file);
}

const isIndexed = (file: string): boolean =>
  readBytes(file, 68, 4).readUInt32BE() === applicationId;

/** Bytes of a file from `position` on; zeros behind its end. */
export function readBytes(file: string, position: number, count: number): Buffer {
  const bytes = Buffer.alloc(count);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, bytes, 0, count, position);
  } finally {
    closeSync(descriptor);
  }
  return bytes;
}

const exists = (file: string): boolean =>
  (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
