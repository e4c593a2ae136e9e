import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { once } from '../../lib/concurrency.js';
import { asNodeModule } from '../../tools/bundle.js';
import { projectDir } from '../../tools/project.js';

/** A change of one source, by which a mechanism is taken out. */
export interface Replacement {
  /** From the project's folder. */
  readonly file: string;
  /** Found exactly once in the file. */
  readonly from: string;
  readonly to: string;
}

/**
 * Bundles the thread that runs worlds, with the functions and the library as they are, or with some
 * of their text replaced.
 *
 * @returns the path of the bundle; it is removed when the process ends.
 * @throws Error where a text that is to be replaced is not there exactly once.
 */
export async function bundleWorker(replacements: readonly Replacement[] = []): Promise<string> {
  const { build } = await import('esbuild');
  bundles += 1;
  const outfile = join(bundlesDir(), `worker-${bundles}.mjs`);
  await build({
    absWorkingDir: projectDir,
    entryPoints: ['simulator/runs/worker.ts'],
    outfile,
    ...asNodeModule,
    plugins: [virtualTimers, replacing(replacements)],
  });
  return outfile;
}

/** @throws Error where the text that is to be replaced is not there exactly once. */
export function replaced(contents: string, { file, from, to }: Replacement): string {
  const found = contents.split(from).length - 1;
  if (found !== 1) throw new Error(`${file} holds ${found} times: ${from}`);
  return contents.replace(from, () => to);
}

let bundles = 0;

const bundlesDir = once(() => {
  const folder = mkdtempSync(join(tmpdir(), 'bazar-simulator-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
});

/** Libraries that import their timers get the virtual ones. */
const virtualTimers: Plugin = {
  name: 'virtual timers',
  setup: (build) => {
    build.onResolve({ filter: /^node:timers$/ }, ({ importer }) =>
      importer.includes('@middy')
        ? { path: join(projectDir, 'simulator/runs/library-timers.ts') }
        : null,
    );
  },
};

function replacing(replacements: readonly Replacement[]): Plugin {
  return {
    name: 'replacements',
    setup: (build) => {
      build.onLoad({ filter: /\/(lib|functions)\/.*\.ts$/ }, async ({ path }) => {
        const wanted = replacements.filter(({ file }) => path === join(projectDir, file));
        if (wanted.length === 0) return undefined;
        return { contents: wanted.reduce(replaced, await readFile(path, 'utf8')), loader: 'ts' };
      });
    },
  };
}
