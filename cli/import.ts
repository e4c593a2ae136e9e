/** `npm run import -- FILE.csv`: brings a catalogue into a running store. */
import { resolve } from 'node:path';
import { createApiClient, StoreUnreachableError, type ApiClient } from './api-client.js';
import { inspectCatalogue, readCatalogue, type CatalogueRow } from './catalogue-file.js';
import { UnusableFileError } from './catalogue-row.js';
import {
  catchInterruption,
  CommandError,
  findToken,
  greetStore,
  runCommand,
  storeCommand,
  type StoreOptions,
} from './command.js';
import {
  BookRefusedError,
  importBook,
  UnauthorizedError,
  type ImportOutcome,
} from './import-book.js';
import { startProgress } from './progress.js';
import { formatCount } from './table.js';

const concurrency = 16;

const command = storeCommand('import', 'Brings a catalogue into a running store.')
  .usage('-- FILE.csv [options]')
  .argument('<FILE.csv>', 'columns id, title, authors, topic, price (whole cents), stock')
  .addHelpText(
    'after',
    `
Columns may come in any order; others are ignored. Authors are separated by commas.
Books that the store has already are changed where title, authors, topic or price differ;
their stock stays as it is, so the command may be repeated. Rows that can't be read are
reported with their line and skipped, and the exit code is then 1.`,
  )
  .action(importFile);

async function importFile(file: string, options: StoreOptions): Promise<void> {
  // npm starts its scripts in the project's folder, wherever it was called.
  const path = resolve(process.env['INIT_CWD'] ?? '', file);
  const refuseFile = (error: unknown) => {
    if (!(error instanceof UnusableFileError)) throw error;
    throw new CommandError(`${file} ${error.message}`);
  };
  const rowCount = await inspectCatalogue(path).catch(refuseFile);
  const api = createApiClient({ url: options.url, token: await findToken(options.token) });
  await greetStore(api);

  const interruption = catchInterruption();
  const isWhole = await importRows(api, path, rowCount, interruption.signal).catch(refuseFile);
  process.exitCode = interruption.exitCode() ?? (isWhole ? 0 : 1);
}

/** How many rows came to what. */
interface Tally extends Record<ImportOutcome, number> {
  /** Rows that can't be read. */
  skipped: number;
  /** Rows that the store did not take. */
  failed: number;
}

/**
 * Imports row by row, a bounded number at once, and prints a summary, also where it ends early.
 * @returns whether every row is in the store
 */
async function importRows(
  api: ApiClient,
  path: string,
  rowCount: number,
  interrupted: AbortSignal,
): Promise<boolean> {
  const startedAtMs = performance.now();
  const tally: Tally = { created: 0, changed: 0, same: 0, skipped: 0, failed: 0 };
  const done = () => Object.values(tally).reduce((sum: number, count: number) => sum + count, 0);
  const progress = startProgress({
    total: rowCount,
    done,
    describe: () => `${formatCount(done())} of ${formatCount(rowCount)} rows`,
  });
  const ended = new AbortController();
  interrupted.addEventListener('abort', () => ended.abort());

  // A catalogue is mostly new as a whole or there as a whole.
  let isExpected = false;
  async function importRow({ line, book, problem }: CatalogueRow): Promise<void> {
    if (problem !== undefined) {
      progress.note(`line ${line}: ${problem}`);
      tally.skipped += 1;
      return;
    }
    try {
      const outcome = await importBook(api, book, isExpected, ended.signal);
      tally[outcome] += 1;
      isExpected = outcome !== 'created';
    } catch (error) {
      if (!(error instanceof BookRefusedError)) throw error;
      progress.note(`line ${line}: ${error.message}`);
      tally.failed += 1;
    }
  }

  const rows = readCatalogue(path);
  let failure: unknown;
  const work = async () => {
    try {
      for await (const row of rows) {
        if (ended.signal.aborted) return;
        await importRow(row);
      }
    } catch (error) {
      if (ended.signal.aborted) return;
      failure = error;
      ended.abort();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));

  progress.stop();
  console.log(summarize(tally, performance.now() - startedAtMs));
  if (failure !== undefined) throw endedEarly(failure);
  if (interrupted.aborted) console.error('interrupted: run it again to complete the rest');
  return !interrupted.aborted && tally.skipped + tally.failed === 0;
}

function summarize(tally: Tally, durationMs: number): string {
  const counts = Object.entries(tally).map(([name, count]) => `${name} ${formatCount(count)}`);
  return `${counts.join(', ')} in ${(durationMs / 1000).toFixed(1)} s`;
}

function endedEarly(error: unknown): unknown {
  if (error instanceof UnauthorizedError) return new CommandError(error.message);
  if (error instanceof StoreUnreachableError) {
    return new CommandError(`${error.message}; run it again to complete the rest`);
  }
  return error;
}

await runCommand(command);
