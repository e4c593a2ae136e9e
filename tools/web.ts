/** Builds the pages of `web/`: shop and control room. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openCacheDir, moveInto, pruneCache, touch } from './cache-dir.js';
import { CommandError } from './terminal/command-error.js';
import { projectDir } from './project.js';

/** What the build is made of. */
export const webSources = (): string[] => [
  'package-lock.json',
  ...readdirSync(join(projectDir, 'web'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(projectDir.length + 1))
    .sort(),
];

/**
 * Builds the pages, unless that was done already of the same sources.
 *
 * @returns the folder with the documents and `assets/`.
 * @throws CommandError where the sources can't be built.
 */
export async function buildWeb(): Promise<string> {
  const outDir = join(openCacheDir(), `pages-${fingerprint()}`);
  if (existsSync(outDir)) {
    touch(outDir);
    return outDir;
  }
  const unfinished = `${outDir}.${process.pid}`;
  const { build } = await import('vite');
  await build({
    root: join(projectDir, 'web'),
    configFile: join(projectDir, 'web/vite.config.ts'),
    logLevel: 'silent',
    build: { outDir: unfinished, emptyOutDir: true },
  }).catch((error: Error) => {
    throw new CommandError(`the pages cannot be built: ${error.message}`);
  });
  moveInto(unfinished, outDir);
  pruneCache(dirname(outDir));
  return outDir;
}

function fingerprint(): string {
  const hash = createHash('sha256');
  for (const file of webSources()) {
    hash.update(`${file}\n`).update(readFileSync(join(projectDir, file)));
  }
  return hash.digest('hex').slice(0, 32);
}
