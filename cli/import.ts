/** `npm run import -- FILE.csv`: brings a catalogue into a running store. */
import { resolve } from 'node:path';
import { mapAtMost } from '../lib/concurrency.js';
import { mostBooksOfImport } from '../lib/http/schemas.js';
import { createApiClient, StoreUnreachableError, type ApiClient } from '../client/api-client.js';
import { openCatalogue, type Catalogue, type CatalogueRow } from './import/catalogue-file.js';
import { findWrongValue, rowReader, type RowReader } from './import/row.js';
import { catchInterruption, runCommand } from '../tools/terminal/command.js';
import { CommandError } from '../tools/terminal/command-error.js';
import { findToken, greetStore } from '../client/store-command.js';
import {
  BookRefusedError,
  importBooks,
  UnauthorizedError,
  type ImportOutcome,
  type ImportResult,
} from './import/import-books.js';
import { importCommand, type ImportOptions } from './import/options.js';
import { planBook } from './import/plan-book.js';
import { decimalsOf } from './import/price.js';
import { startProgress } from '../tools/terminal/progress.js';
import { createRejectsFile, type RejectsFile } from './import/rejects-file.js';
import { readBooks } from '../client/store-reader.js';
import { formatCount } from '../tools/terminal/table.js';
import { UnusableFileError } from './import/text-file.js';

const mostCallsAtOnce = 12;
/** A dry run asks for each book by itself; of each batch so many are asked for at once. */
const mostPlansAtOnce = 4;

async function importFile(file: string, options: ImportOptions): Promise<void> {
  const refuseFile = (error: unknown) => {
    if (!(error instanceof UnusableFileError)) throw error;
    throw new CommandError(`${file} ${error.message}`);
  };
  const catalogue = await openCatalogue(fromCaller(file), options).catch(refuseFile);
  const api = createApiClient({ url: options.url, token: await findToken(options.token) });
  await greetStore(api);
  const readBook = await createRowReader(api, options);
  sayWhatWasFound(file, catalogue);

  const rejects =
    options.rejects === undefined
      ? undefined
      : createRejectsFile(fromCaller(options.rejects), catalogue);
  const interruption = catchInterruption();
  const isWhole = await importRows({
    api,
    catalogue,
    readBook,
    rejects,
    isDryRun: options.dryRun ?? false,
    interrupted: interruption.signal,
  })
    .catch(refuseFile)
    .finally(() => rejects?.close());
  process.exitCode = interruption.exitCode() ?? (isWhole ? 0 : 1);
}

/** npm starts its scripts in the project's folder, wherever it was called. */
const fromCaller = (path: string): string => resolve(process.env['INIT_CWD'] ?? '', path);

async function createRowReader(api: ApiClient, options: ImportOptions): Promise<RowReader> {
  const { priceUnit, decimalMark, ...others } = options;
  const majorUnits =
    priceUnit === 'minor'
      ? undefined
      : {
          decimals: decimalsOf(await findCurrency(api, options.currency)),
          ...(decimalMark === undefined ? {} : { decimalMark }),
        };
  const wrongValue = findWrongValue({ ...others, majorUnits });
  if (wrongValue !== undefined) throw new CommandError(`--set ${wrongValue}`);
  return rowReader({ ...others, majorUnits });
}

/** What the store sells in: every book says it. */
async function findCurrency(api: ApiClient, given: string | undefined): Promise<string> {
  const [book] = await readBooks(api, 1);
  const currency = book?.currency ?? given;
  if (currency === undefined) {
    throw new CommandError('the store has no book yet that says its currency: give --currency');
  }
  if (given !== undefined && given !== currency) {
    throw new CommandError(`the store sells in ${currency}, not in ${given}`);
  }
  return currency;
}

function sayWhatWasFound(file: string, { encoding, delimiter }: Catalogue): void {
  if (encoding === 'utf-8' && delimiter === ',') return;
  const separator = delimiter === '\t' ? 'tabs' : `"${delimiter}"`;
  console.log(`${file} is read as ${encoding} with ${separator} between cells`);
}

interface ImportRun {
  readonly api: ApiClient;
  readonly catalogue: Catalogue;
  readonly readBook: RowReader;
  readonly rejects: RejectsFile | undefined;
  readonly isDryRun: boolean;
  readonly interrupted: AbortSignal;
}

type BookRow = Extract<CatalogueRow, { kind: 'book' }>;

/** How many rows came to what. */
type Tally = Record<ImportOutcome | 'blank' | 'refused', number>;

/**
 * Imports batch by batch, a few at once, and prints a summary, also where it ends early.
 * @returns whether every row is in the store
 */
async function importRows(run: ImportRun): Promise<boolean> {
  const { api, catalogue, interrupted } = run;
  const { rowCount } = catalogue;
  const startedAtMs = performance.now();
  const tally: Tally = { created: 0, changed: 0, same: 0, blank: 0, refused: 0 };
  const done = () => Object.values(tally).reduce((sum, count) => sum + count, 0);
  const progress = startProgress({
    total: rowCount,
    done,
    describe: () => `${formatCount(done())} of ${formatCount(rowCount)} rows`,
  });
  const ended = new AbortController();
  interrupted.addEventListener('abort', () => ended.abort());

  function refuse(row: CatalogueRow, reason: string): void {
    progress.note(`line ${row.line}: ${reason}`);
    run.rejects?.add(row, reason);
    tally.refused += 1;
  }

  /** Rows that are books, as many at a time as one call takes; of the others is told what they are. */
  async function* batchesOfBooks(): AsyncGenerator<BookRow[], undefined> {
    let books: BookRow[] = [];
    for await (const row of catalogue.rows(run.readBook)) {
      if (row.kind === 'book') books.push(row);
      else if (row.kind === 'blank') tally.blank += 1;
      else refuse(row, row.problem);
      if (books.length < mostBooksOfImport) continue;
      yield books;
      books = [];
    }
    if (books.length > 0) yield books;
  }

  async function plan({ line, book }: BookRow): Promise<ImportResult> {
    try {
      const { outcome, changes } = await planBook(api, book, ended.signal);
      const intent = changes === undefined ? JSON.stringify(book.title) : JSON.stringify(changes);
      if (outcome !== 'same')
        progress.print(`line ${line}: ${book.id} would be ${outcome}: ${intent}`);
      return outcome;
    } catch (error) {
      if (error instanceof BookRefusedError) return error;
      throw error;
    }
  }

  async function takeBooks(books: readonly BookRow[]): Promise<void> {
    const results = run.isDryRun
      ? await mapAtMost(mostPlansAtOnce, books, plan)
      : await importBooks(
          api,
          books.map(({ book }) => book),
          ended.signal,
        );
    for (const [place, row] of books.entries()) {
      const result = results[place] as ImportResult;
      if (result instanceof BookRefusedError) refuse(row, result.message);
      else tally[result] += 1;
    }
  }

  const batches = batchesOfBooks();
  let failure: unknown;
  const work = async () => {
    try {
      while (!ended.signal.aborted) {
        const { value: books } = await batches.next();
        if (books === undefined) return;
        await takeBooks(books);
      }
    } catch (error) {
      if (ended.signal.aborted) return;
      failure = error;
      ended.abort();
    }
  };
  await Promise.all(Array.from({ length: mostCallsAtOnce }, work));

  progress.stop();
  const summary = summarize(tally, performance.now() - startedAtMs);
  console.log(
    `${run.isDryRun ? 'dry run, nothing is changed: ' : ''}rows ${formatCount(done())}: ${summary}`,
  );
  if (failure !== undefined) throw endedEarly(failure);
  if (interrupted.aborted) {
    console.error('interrupted: run it again to complete the rest');
    return false;
  }
  if (done() !== rowCount) {
    throw new UnusableFileError(
      `was changed meanwhile: ${rowCount} rows first, and then ${done()}`,
    );
  }
  return tally.refused === 0;
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

await runCommand(importCommand(importFile));
