import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { regionOf } from '../lib/rules/sites.js';
import {
  checkpointDir,
  deleteOwnFiles,
  lockFile,
  logDir,
  partsFile,
  storeFile,
} from './files/data-files.js';
import { CommandError } from '../tools/terminal/command-error.js';
import { acquireLock } from './files/lock.js';
import { isRunning } from '../tools/processes/process-table.js';
import {
  formatVersion,
  readJson,
  storeSchema,
  type Parts,
  type Store,
} from './files/store-file.js';
import { regionsOf, type Topology } from '../services/topology.js';
import type { TableKeeper } from './databases/table-keeper.js';
import { startWatchdog, type Watchdog } from './processes/watchdog.js';

export interface DataFolder {
  readonly path: string;
  /** What store.json said; undefined in a new store. */
  readonly store: Store | undefined;
  readonly watchdog: Watchdog;
  /** Whether the run before did not end in order. */
  readonly wasKilled: boolean;
  /** Lets others use the folder; every part of the store has ended by then. */
  release(): Promise<void>;
}

/**
 * Takes a folder for this run, after looking whether everything in it can be read.
 *
 * @throws CommandError where it is in use, damaged, of another version or not the store's; it is
 * then as it was before.
 */
export async function openDataFolder(
  path: string,
  options: { fresh: boolean; topology: Topology; keeper: TableKeeper },
): Promise<DataFolder> {
  const isNew = !hasStore(path);
  mkdirSync(path, { recursive: true });
  const unlock = await acquireLock(lockFile(path), path);
  const watchdog = startWatchdog(lockFile(path));
  const release = async () => {
    await watchdog.stop();
    unlock();
  };
  try {
    const wasKilled = endSurvivors(path);
    if (options.fresh && !isNew) deleteOwnFiles(path);
    const store = options.fresh || isNew ? undefined : await readStore(path, options, watchdog);
    for (const folder of [checkpointDir(path), logDir(path)]) {
      mkdirSync(folder, { recursive: true });
    }
    return { path, store, watchdog, wasKilled, release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Whether there is a store in the folder. Throws where there is something else. */
function hasStore(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return false;
  if (!stat.isDirectory()) throw new CommandError(`${path} is not a folder; --data names another`);
  const names = readdirSync(path).filter((name) => name !== 'lock');
  if (names.length === 0) return false;
  if (names.includes('store.json')) return true;
  throw new CommandError(
    `${path} holds files that are not a store's (${names.slice(0, 3).join(', ')}); --data names another folder`,
  );
}

async function readStore(
  path: string,
  { topology, keeper }: { topology: Topology; keeper: TableKeeper },
  watchdog: Watchdog,
): Promise<Store> {
  const store = parseStore(path);
  const lost = store.sites.map(regionOf).filter((region) => !regionsOf(topology).includes(region));
  if (lost.length > 0) {
    throw new CommandError(
      `${path} holds the data of ${lost.join(', ')}, which --regions leaves out; name all regions, or another folder with --data`,
    );
  }
  checkFolders(path);
  if (store.databases.length > 0) {
    if (store.emulator !== keeper.kind) {
      throw new CommandError(
        `${path} holds the data of ${store.emulator}, which ${keeper.kind} cannot read: BAZAR_EMULATOR=${store.emulator} asks for it, --data names another folder`,
      );
    }
    await keeper.check(path, store.databases, watchdog).catch((error: Error) => {
      throw damaged(path, error.message);
    });
  }
  return store;
}

function parseStore(path: string): Store {
  const content = readJson(storeFile(path));
  const parsed = storeSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const { format, version } = (content ?? {}) as { format?: unknown; version?: unknown };
  if (format === 'bazar' && typeof version === 'number' && version !== formatVersion) {
    throw new CommandError(
      `${path} was made by another version of Bazar (its format is ${version}, this one reads ${formatVersion}); --data names another folder, --fresh begins anew`,
    );
  }
  throw damaged(path, 'store.json cannot be read');
}

/** What the store is going to write to must be its own files and folders, and readable. */
function checkFolders(path: string): void {
  for (const folder of [checkpointDir(path), logDir(path)]) {
    const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? true;
    if (!isFolder) throw damaged(path, `${folder} is not a folder`);
  }
  for (const name of filesOf(checkpointDir(path))) {
    if (name.endsWith('.json') && typeof readJson(join(checkpointDir(path), name)) !== 'object') {
      throw damaged(path, `checkpoints/${name} cannot be read`);
    }
  }
}

const damaged = (path: string, what: string): CommandError =>
  new CommandError(
    `${path} is damaged: ${what}; nothing was changed. --data names another folder, --fresh begins anew`,
  );

/**
 * Ends parts of a store whose own end nobody noticed; two must never write to one database.
 *
 * @returns whether the store did not end in order.
 */
function endSurvivors(path: string): boolean {
  const parts = readJson(partsFile(path)) as Parts | undefined;
  for (const part of Object.values(parts ?? {})) {
    if (isRunning(part)) process.kill(part.pid, 'SIGKILL');
  }
  rmSync(partsFile(path), { force: true });
  return parts !== undefined;
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
