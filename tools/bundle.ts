import { cpSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { BuildOptions } from 'esbuild';
import { fingerprintOf, makeEntry, openCacheDir } from './cache-dir.js';
import { CommandError } from './terminal/command-error.js';
import { projectDir } from './project.js';
import { buildWeb, webSources } from './web.js';

/**
 * The folder that `bundleCode` fills: `functions/NAME.mjs`, `pages/`, `worker.mjs`, `messaging.mjs` and
 * `provision.mjs`, made of the sources as they are now.
 */
export const bundleDir = (): string => join(openCacheDir(), `code-${fingerprintOf(sources())}`);

/** How esbuild makes a module for this machine's Node; what goes wrong is thrown, not printed. */
export const asNodeModule = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  mainFields: ['module', 'main'],
  // Packages that are CommonJS still call `require`.
  banner: {
    js: "import { createRequire as createRequireHere } from 'node:module'; const require = createRequireHere(import.meta.url);",
  },
  logLevel: 'silent',
} satisfies BuildOptions;

/**
 * Bundles the functions and what calls the AWS SDK on this machine, as functions are bundled to be deployed:
 * that starts several times as fast as from the sources, and takes half the memory. What was
 * bundled already is used again.
 *
 * @throws CommandError where the sources do not compile.
 */
export const bundleCode = (outdir: string): Promise<void> =>
  makeEntry(outdir, async (folder) => {
    const [pages, { build }] = await Promise.all([buildWeb(), import('esbuild')]);
    await build({
      absWorkingDir: projectDir,
      entryPoints: [
        { in: 'local/worker/worker.ts', out: 'worker' },
        { in: 'local/messaging/messaging.ts', out: 'messaging' },
        { in: 'local/provision.ts', out: 'provision' },
        ...readdirSync(join(projectDir, 'functions'))
          .filter((name) => name.endsWith('.ts'))
          .map((name) => ({ in: `functions/${name}`, out: `functions/${basename(name, '.ts')}` })),
      ],
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      splitting: true,
      ...asNodeModule,
    }).catch((error: Error) => {
      throw new CommandError(`the functions cannot be bundled: ${error.message}`);
    });
    cpSync(pages, join(folder, 'pages'), { recursive: true });
  });

const sources = (): string[] => [
  'package.json',
  ...webSources(),
  ...['functions', 'lib', 'local', 'services', 'tools'].flatMap((folder) =>
    readdirSync(join(projectDir, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => join(folder, path))
      .sort(),
  ),
];
