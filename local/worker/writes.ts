import { watch, type FSWatcher } from 'node:fs';
import { createBell, type Bell } from './bell.js';

/** Rings when something was written to a database, so that nobody has to ask it again and again. */
export interface Writes {
  readonly bell: Bell;
  /** Sees to it that the next write is noticed. False where it can't be. */
  watch(): boolean;
}

/**
 * The writes to a database of SQLite, by its write-ahead log: each of them changes that file, and the
 * kernel tells of it. The log comes and goes with the process that keeps the database.
 */
export function watchWrites(databaseFile: string): Writes {
  const log = `${databaseFile}-wal`;
  const bell = createBell();
  let watcher: FSWatcher | undefined;

  function forget(): void {
    watcher?.close();
    watcher = undefined;
    bell.ring();
  }

  return {
    bell,
    watch() {
      try {
        watcher ??= watch(log, { persistent: false })
          // A log that is deleted or replaced is told of by this name.
          .on('change', (event) => (event === 'rename' ? forget() : bell.ring()))
          .on('error', forget);
      } catch {
        // It isn't there.
      }
      return watcher !== undefined;
    },
  };
}
