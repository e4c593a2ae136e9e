import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { projectDir } from './project.js';

const keptForMs = 3 * 24 * 60 * 60 * 1000;

/**
 * Where what takes long to make is kept from start to start, by a hash of what it is made of. All
 * stores of this project share it; whatever is deleted is made again.
 */
export function openCacheDir(): string {
  const modules = join(projectDir, 'node_modules');
  const path = isWritable(modules) ? join(modules, '.cache/bazar') : join(tmpdir(), 'bazar-cache');
  mkdirSync(path, { recursive: true });
  return path;
}

/** Says that an entry is in use. */
export function touch(entry: string): void {
  const now = new Date();
  utimesSync(entry, now, now);
}

/** A hash of files, by their paths from the project's folder. */
export function fingerprintOf(paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of paths) {
    hash.update(`${path}\n`).update(readFileSync(join(projectDir, path)));
  }
  return hash.digest('hex').slice(0, 32);
}

/** Has `make` fill the folder of an entry, unless that is there. */
export async function makeEntry(
  entry: string,
  make: (folder: string) => Promise<void>,
): Promise<void> {
  if (existsSync(entry)) return touch(entry);
  const unfinished = `${entry}.${process.pid}`;
  await make(unfinished);
  try {
    renameSync(unfinished, entry);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    // Another store may have made the same at the same time.
    if (!existsSync(entry)) throw error;
  }
  pruneCache(dirname(entry));
}

/** Deletes what nobody has used for some days. */
function pruneCache(path: string): void {
  for (const name of readdirSync(path)) {
    const entry = join(path, name);
    const usedAt = statSync(entry, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (usedAt < Date.now() - keptForMs) rmSync(entry, { recursive: true, force: true });
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
