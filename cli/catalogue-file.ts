/** A catalogue as a CSV file, streamed: of the rows that were read only the ids are remembered. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { CsvError, parse, type InfoRecord, type Options } from 'csv-parse';
import * as z from 'zod';
import {
  findColumns,
  readBook,
  replacementCharacter,
  UnusableFileError,
  type CatalogueBook,
} from './catalogue-row.js';

/** One row: a book, or what is wrong with it. `line` is the line of the file that it begins on. */
export type CatalogueRow =
  | { readonly line: number; readonly book: CatalogueBook; readonly problem?: never }
  | { readonly line: number; readonly problem: string; readonly book?: never };

/** Longer than any row can rightly be: stops a quote that was left open from filling the memory. */
const maxRowBytes = 1_000_000;

/**
 * Reads the whole file once, so that one of another shape is refused before anything is changed.
 * @returns how many rows it has, bad ones included
 * @throws UnusableFileError
 */
export async function inspectCatalogue(path: string): Promise<number> {
  await assertRegularFile(path);
  await assertUtf8(path);
  let count = 0;
  for await (const _row of readCatalogue(path)) count += 1;
  return count;
}

/**
 * The rows of a file, in order, bad ones included.
 * @throws UnusableFileError
 */
export function readCatalogue(path: string): AsyncGenerator<CatalogueRow, void> {
  return parseCatalogue(createReadStream(path));
}

/**
 * The rows of a CSV text, in order, bad ones included.
 * @throws UnusableFileError
 */
export async function* parseCatalogue(source: Readable): AsyncGenerator<CatalogueRow, void> {
  const reader = rowReader();
  // Its declared type knows only of records that stay lists.
  const readRecord = (record: string[], info: InfoRecord) => reader.read(record, info.empty_lines);
  const parser = parse({
    bom: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    // A stray quote would otherwise take the rows after it along.
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: maxRowBytes,
    on_record: readRecord as unknown as NonNullable<Options['on_record']>,
    // An error would take along the rows that are parsed and not yet read: only a row without end may.
    skip_records_with_error: true,
    on_skip(error) {
      if (error?.code !== 'CSV_QUOTE_NOT_CLOSED') throw error;
      reader.noteOpenQuote(emptyLinesBefore(error));
      return undefined;
    },
  });
  const rows: AsyncIterable<CatalogueRow> = parser;
  // The parser is destroyed with any error of the source, and throws it below.
  pipeline(source, parser, () => {});
  try {
    yield* rows;
  } catch (error) {
    throw asUnusable(error, reader);
  }
  yield* reader.end();
}

/** The parser's errors carry its counters, untyped. */
const emptyLinesBefore = (error: CsvError): number => Number(error['empty_lines']);

interface RowReader {
  /** Undefined for the header and for a line of spaces. */
  read(record: readonly string[], emptyLines: number): CatalogueRow | undefined;
  noteOpenQuote(emptyLines: number): void;
  /** What is left to say when there are no more records. */
  end(): CatalogueRow[];
  /** The line on which the next record begins, with that many empty lines skipped so far. */
  nextLine(emptyLines: number): number;
}

/** Turns records into rows and counts lines: the parser's own count is off after a CRLF in quotes. */
function rowReader(): RowReader {
  const seen = new Set<number>();
  let columns: readonly string[] | undefined;
  let recordLines = 0;
  let openQuoteLine: number | undefined;

  const nextLine = (emptyLines: number) => recordLines + emptyLines + 1;

  return {
    nextLine,
    read(record, emptyLines) {
      const line = nextLine(emptyLines);
      const lineBreaks = countLineBreaks(record);
      recordLines += 1 + lineBreaks;
      if (record.length === 1 && record[0]?.trim() === '') return undefined;
      if (columns === undefined) {
        columns = findColumns(record);
        return undefined;
      }
      if (record.length !== columns.length) {
        const problem = describeWidth(record.length, columns.length);
        return { line, problem: lineBreaks ? `${problem}, to line ${line + lineBreaks}` : problem };
      }
      const row = readBook(record, columns);
      if ('problem' in row) return { line, ...row };
      if (seen.has(row.book.id))
        return { line, problem: `id ${row.book.id} is in the file already` };
      seen.add(row.book.id);
      return { line, ...row };
    },
    noteOpenQuote(emptyLines) {
      openQuoteLine = nextLine(emptyLines);
    },
    end() {
      const problem = 'a quote is opened and never closed; nothing after it can be read';
      if (columns === undefined) {
        throw new UnusableFileError(openQuoteLine === undefined ? 'is empty' : problem);
      }
      return openQuoteLine === undefined ? [] : [{ line: openQuoteLine, problem }];
    },
  };
}

const describeWidth = (found: number, expected: number): string =>
  `${found} ${found === 1 ? 'column' : 'columns'} instead of ${expected}`;

const countLineBreaks = (record: readonly string[]): number =>
  record.reduce((sum, field) => sum + (field.match(/\r\n|\n|\r/g)?.length ?? 0), 0);

function asUnusable(error: unknown, reader: RowReader): unknown {
  if (error instanceof CsvError) {
    const line = reader.nextLine(emptyLinesBefore(error));
    return new UnusableFileError(
      `is not a CSV file, or has a quote left open: the row of line ${line} is longer than ${maxRowBytes} bytes`,
    );
  }
  return unreadable(error);
}

async function assertRegularFile(path: string): Promise<void> {
  const file = await stat(path).catch((error: unknown) => {
    throw unreadable(error);
  });
  if (file.isFile()) return;
  throw new UnusableFileError(file.isDirectory() ? 'is a directory' : 'is not a regular file');
}

const isUtf8BeyondAscii = /[^\p{ASCII}\uFEFF\uFFFD]/u;
/** A NUL is the mark of UTF-16, or of no text at all. */
const notUtf8 = new RegExp(`[\0${replacementCharacter}]`);
const countNewlines = (part: string): number => part.split('\n').length - 1;

/**
 * A file of which no byte beyond ASCII makes sense as UTF-8 was written in another encoding, as a
 * whole; single bytes that make none are left to their rows.
 */
async function assertUtf8(path: string): Promise<void> {
  let line = 1;
  let firstBadLine: number | undefined;
  try {
    for await (const chunk of createReadStream(path, { encoding: 'utf8' })) {
      const part = String(chunk);
      if (isUtf8BeyondAscii.test(part) && !part.includes('\0')) return;
      const badPosition = part.search(notUtf8);
      if (badPosition >= 0) firstBadLine ??= line + countNewlines(part.slice(0, badPosition));
      line += countNewlines(part);
    }
  } catch (error) {
    throw unreadable(error);
  }
  if (firstBadLine !== undefined) {
    throw new UnusableFileError(`is not UTF-8 text (see line ${firstBadLine}); save it as UTF-8`);
  }
}

const systemError = z.object({ code: z.string(), syscall: z.string() });

function unreadable(error: unknown): unknown {
  const { code } = systemError.safeParse(error).data ?? {};
  if (code === undefined) return error;
  const reason = code === 'ENOENT' ? 'does not exist' : `can't be read (${code})`;
  return new UnusableFileError(reason, { cause: error });
}
