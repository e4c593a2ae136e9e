import { readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { regionPattern } from '../../lib/rules/sites.js';

// What lies in a data folder, by name:
//   store.json                    what the store is, its secrets, and the ports of this run
//   parts.json                    the processes of this run
//   lock                          held while a store runs
//   <region>.db, front.db         the databases, with SQLite's -wal and -shm beside them
//   ministack/*.json              the tables, where MiniStack keeps them
//   checkpoints/<region>.json     how far the streams have been read
//   log/<part>.log                what the parts printed in this run

export const frontDatabase = 'front';

export const storeFile = (folder: string): string => join(folder, 'store.json');
export const partsFile = (folder: string): string => join(folder, 'parts.json');
export const lockFile = (folder: string): string => join(folder, 'lock');
export const databaseFile = (folder: string, name: string): string => join(folder, `${name}.db`);
export const ministackDir = (folder: string): string => join(folder, 'ministack');
export const checkpointDir = (folder: string): string => join(folder, 'checkpoints');
export const logDir = (folder: string): string => join(folder, 'log');

const ownFiles: readonly (readonly [folder: string, names: RegExp])[] = [
  ['checkpoints', new RegExp(`^${regionPattern}\\.json(\\.new)?$`)],
  ['log', /\.log$/],
  ['ministack', /\.json(\.tmp)?$/],
  [
    '',
    new RegExp(
      `^((store|parts)\\.json(\\.new)?|(front|${regionPattern})\\.db(-wal|-shm|-journal)?)$`,
    ),
  ],
];

/** Deletes what a store makes, and no other file. */
export function deleteOwnFiles(folder: string): void {
  for (const [subfolder, names] of ownFiles) {
    const path = join(folder, subfolder);
    for (const entry of entriesOf(path)) {
      if (entry.isFile() && names.test(entry.name)) unlinkSync(join(path, entry.name));
    }
    if (subfolder !== '') removeIfEmpty(path);
  }
}

function entriesOf(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Somebody else's files are in it, or it isn't there.
  }
}
