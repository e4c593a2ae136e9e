import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectDir } from '../../tools/project.js';
import { collectOutput, startScript, storeEnvironment } from '../../local/store-process.js';

export interface Ended {
  readonly exitCode: number | null;
  /** What it printed, line by line. */
  readonly lines: readonly string[];
}

/** Runs the start command to its end: for starts that are refused. */
export async function runStart(
  options: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', 'tsx', startScript, ...options], {
    cwd: projectDir,
    env: storeEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collectOutput(child);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, lines: output().trimEnd().split('\n') };
}

/** The name and the hash of each file in a folder. */
export function fingerprintOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const content = entry.isFile() ? hashOf(path) : 'folder';
      return [path.slice(folder.length + 1), content] as const;
    }),
  );
}

const hashOf = (path: string): string =>
  createHash('sha256').update(readFileSync(path)).digest('hex');
