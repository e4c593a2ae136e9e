import { statSync } from 'node:fs';
import { databaseFile } from '../files/data-files.js';
import { tryDatabase } from './database-check.js';
import { databasePart } from '../processes/environment.js';
import { database } from '../processes/parts.js';
import { indexStreams, readBytes } from './stream-index.js';
import type { TableKeeper } from './table-keeper.js';
import type { Watchdog } from '../processes/watchdog.js';

/** dynoxide: a process for each database, which it keeps in a file of SQLite. */
export const createDynoxide = (program: string): TableKeeper => ({
  kind: 'dynoxide',
  keepsInMemory: false,
  partOf: databasePart,
  async check(folder, databases, watchdog) {
    for (const name of databases) checkFile(folder, name);
    // Settled, all of them: none may still be at work when the folder is given back.
    const checks = await Promise.allSettled(
      databases.map((name) => checkContent(folder, name, program, watchdog)),
    );
    for (const check of checks) if (check.status === 'rejected') throw check.reason;
  },
  async prepare(folder, databases, watchdog) {
    const files = databases.map((name) => databaseFile(folder, name));
    const problem = await indexStreams(files, program, watchdog);
    return problem && `the databases will slow down as they grow: ${problem}`;
  },
  part: (name, setting) => database(name, program, setting),
});

function checkFile(folder: string, name: string): void {
  const file = databaseFile(folder, name);
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) throw new Error(`${name}.db is missing`);
  if (!stat.isFile()) throw new Error(`${name}.db is not a file`);
  if (readBytes(file, 0, sqliteHeader.length).toString('latin1') !== sqliteHeader) {
    throw new Error(`${name}.db is not a SQLite file`);
  }
}

async function checkContent(
  folder: string,
  name: string,
  program: string,
  watchdog: Watchdog,
): Promise<void> {
  const problem = await tryDatabase(databaseFile(folder, name), program, watchdog);
  if (problem !== undefined) throw new Error(`${name}.db cannot be opened (${problem})`);
}

const sqliteHeader = 'SQLite format 3\0';
