import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { projectDir } from '../../tools/project.js';
import { serverlessBin } from '../../services/service-config.js';
import type { Context, Part, Result, Row } from '../part.js';
import { rounded } from '../report/rows.js';
import { makeFolder } from '../support/bench-store.js';

const run = promisify(execFile);

/** Of each function, in a new process each time; the median counts. */
const mostImports = 7;
const mostZippedKilobytes = 200;
const longestImportMs = 150;

export const coldStart: Part = {
  name: 'cold-start',
  title: 'What does a cold start load?',
  run: measureBundles,
};

async function measureBundles(context: Context): Promise<Result> {
  const folder = await makeFolder(context);
  const imports = Math.min(mostImports, context.count);
  const rows: Row[] = [];
  for (const config of ['serverless.yml', 'serverless-replica.yml']) {
    for (const zip of await packageService(config, folder, context.signal)) {
      context.tell(basename(zip, '.zip'));
      rows.push(await measureBundle(zip, folder, imports, context.signal));
    }
  }
  const largest = Math.max(...rows.map((row) => Number(row['zipped kB'])));
  const slowest = Math.max(...rows.map((row) => Number(row['import ms'])));
  return {
    ratios: [
      {
        name: `the largest bundle over ${mostZippedKilobytes} kB`,
        value: largest / mostZippedKilobytes,
        goal: 1,
      },
      {
        name: `the slowest import over ${longestImportMs} ms`,
        value: slowest / longestImportMs,
        goal: 1,
      },
    ],
    rows,
    notes: [
      `The zips are those that \`npm run package\` makes. The import is the median of ${imports}, each in a ` +
        'new process of Node, without the start of Node itself.',
    ],
  };
}

/** Packages a service as it is deployed. @returns the zip of each function */
async function packageService(
  config: string,
  folder: string,
  signal: AbortSignal,
): Promise<string[]> {
  const out = join(folder, basename(config, '.yml'));
  const args = [serverlessBin, 'package', '--config', config, '--package', out];
  const env = { ...process.env, SLS_TELEMETRY_DISABLED: '1', SLS_NOTIFICATIONS_MODE: 'off' };
  await run(process.execPath, args, { cwd: projectDir, env, signal });
  const names = (await readdir(out)).filter((name) => name.endsWith('.zip'));
  return names.toSorted().map((name) => join(out, name));
}

async function measureBundle(
  zip: string,
  folder: string,
  imports: number,
  signal: AbortSignal,
): Promise<Row> {
  const zipped = await readFile(zip);
  const [[path, code] = ['', new Uint8Array()]] = Object.entries(unzipSync(zipped));
  const name = basename(zip, '.zip');
  const file = join(folder, 'functions', name, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, code);
  const durations: number[] = [];
  for (let time = 0; time < imports; time += 1) durations.push(await importTimeMs(file, signal));
  return {
    function: name,
    'zipped kB': rounded(zipped.length / 1000),
    'code kB': rounded(code.length / 1000),
    'import ms': rounded(durations.toSorted((a, b) => a - b)[imports >> 1] as number),
  };
}

async function importTimeMs(file: string, signal: AbortSignal): Promise<number> {
  const script =
    'const start = performance.now(); await import(process.argv[1]);' +
    'console.log(performance.now() - start); process.exit()';
  const args = ['--no-warnings', '--input-type=module', '--eval', script, file];
  const { stdout } = await run(process.execPath, args, { signal });
  return Number(stdout);
}
