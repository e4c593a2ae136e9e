import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** Puts what is finished in its place; another store may have made the same at the same time. */
export function moveInto(unfinished: string, entry: string): void {
  try {
    renameSync(unfinished, entry);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(entry)) throw error;
  }
}

/** Deletes what nobody has used for some days. */
export function pruneCache(path: string): void {
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
