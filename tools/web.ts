/** Builds the pages of `web/`: shop and control room. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprintOf, makeEntry, openCacheDir } from './cache-dir.js';
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
  const pages = join(openCacheDir(), `pages-${fingerprintOf(webSources())}`);
  await makeEntry(pages, async (outDir) => {
    const { build } = await import('vite');
    await build({
      root: join(projectDir, 'web'),
      configFile: join(projectDir, 'web/vite.config.ts'),
      logLevel: 'silent',
      build: { outDir, emptyOutDir: true },
    }).catch((error: Error) => {
      throw new CommandError(`the pages cannot be built: ${error.message}`);
    });
  });
  return pages;
}
