/**
 * The records of a CSV text, streamed (RFC 4180, any delimiter). A quote that is stray or left open
 * costs the line that it stands on and no other: what comes after is read from the next line on.
 */
import { CsvError, type CastingFunction } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { UnusableFileError } from './text-file.js';

/** `raw` is the record as it stands in the text, with the end of its line. */
export type CsvRecord = { readonly line: number; readonly raw: string } & (
  | { readonly cells: readonly string[]; readonly problem?: never }
  | { readonly problem: string; readonly cells?: never }
);

/** Longer than any row can rightly be: how far the end of a quoted cell is looked for. */
const maxRecordLength = 1_000_000;

/** The lines of a text, with a look ahead. */
export interface Lines {
  /** The line that many after the next one; undefined after the last. */
  peek(distance: number): Promise<string | undefined>;
  skip(count: number): void;
  /** The number of the next line, from 1. */
  next(): number;
}

/** @throws UnusableFileError where a line is longer than any row can be. */
export function linesOf(text: AsyncIterable<string>): Lines {
  const source = splitLines(text);
  let ahead: string[] = [];
  /** How many of those are skipped already: taking each away by itself would move all the others. */
  let stale = 0;
  let skipped = 0;
  return {
    async peek(distance) {
      while (ahead.length <= stale + distance) {
        const { value, done } = await source.next();
        if (done) return undefined;
        ahead.push(value);
      }
      return ahead[stale + distance];
    },
    skip(count) {
      skipped += count;
      stale += count;
      if (stale < ahead.length / 2) return;
      ahead = ahead.slice(stale);
      stale = 0;
    },
    next: () => skipped + 1,
  };
}

/** Lines with their ends: a carriage return, a line feed, or both. */
async function* splitLines(text: AsyncIterable<string>): AsyncGenerator<string, undefined> {
  let count = 0;
  let rest = '';
  for await (const part of text) {
    // A carriage return at the end may be half of a line's end.
    const lines = (rest + part).split(/(?<=\n)|(?<=\r)(?!\n)/u);
    rest = lines.pop() ?? '';
    yield* lines;
    count += lines.length;
    if (rest.length > maxRecordLength) {
      throw new UnusableFileError(
        `is not a CSV file: line ${count + 1} is longer than ${maxRecordLength} characters`,
      );
    }
  }
  if (rest !== '') yield rest;
  return undefined;
}

/** The lines of a record that are still to be skipped, and the record that they are. */
export interface Framed {
  readonly record: CsvRecord;
  readonly height: number;
}

/** The next record; undefined after the last. See {@link frameRecord}. */
export async function readRecord(
  ...args: Parameters<typeof frameRecord>
): Promise<CsvRecord | undefined> {
  const framed = await frameRecord(...args);
  if (framed) args[0].skip(framed.height);
  return framed?.record;
}

/**
 * The next record, its lines not skipped; undefined after the last. Lines of blanks before it are.
 * @param looksLikeRow whether a line would be a row by itself, its quotes aside: where a record of
 * several lines consists of such, a quote was left open, and the next quote of the text closed it
 */
export async function frameRecord(
  lines: Lines,
  delimiter: string,
  looksLikeRow: (line: string) => boolean = () => false,
): Promise<Framed | undefined> {
  while ((await lines.peek(0))?.trim() === '') lines.skip(1);
  const first = await lines.peek(0);
  if (first === undefined) return undefined;

  const line = lines.next();
  const more: string[] = [];
  let length = first.length;
  let isOpen = hasOpenQuote(first);
  while (isOpen && length < maxRecordLength) {
    const next = await lines.peek(1 + more.length);
    if (next === undefined) break;
    more.push(next);
    length += next.length;
    isOpen = isOpen !== hasOpenQuote(next);
  }

  const raw = [first, ...more].join('');
  const cells = isOpen ? undefined : parseCells(raw, delimiter);
  const rowInside = cells && looksLikeRow(first) ? more.findIndex(looksLikeRow) : -1;
  if (cells && rowInside < 0) return { record: { line, raw, cells }, height: 1 + more.length };
  const problem =
    rowInside < 0
      ? describeQuotes(first)
      : `a quote is left open: its cell runs on into line ${line + 1 + rowInside}, a row of its own`;
  return { record: { line, raw: first, problem }, height: 1 };
}

const describeQuotes = (raw: string): string =>
  raw.includes('\\"')
    ? 'a quote is escaped by a backslash: it must be doubled instead'
    : 'a quote is stray or left open: a cell with quotes is put in quotes, and its own doubled';

/**
 * The cells of one record, blanks around them left out; undefined where its quotes are wrong. Each
 * must be one of a pair around a cell, doubled within such a cell, or one of a pair in a bare cell
 * (`Say "yes"`, and `="1984"` as spreadsheets have it).
 */
export function parseCells(raw: string, delimiter: string): readonly string[] | undefined {
  let isPaired = true;
  const checkBareCell: CastingFunction = (cell, { quoting }) => {
    isPaired &&= quoting || !hasOpenQuote(cell);
    return cell;
  };
  try {
    const records = parse(raw, {
      delimiter,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      relax_quotes: true,
      trim: true,
      // What is made up for each call of it is most of what a record costs.
      ...(raw.includes('"') && { cast: checkBareCell }),
    });
    return isPaired && records.length === 1 ? records[0] : undefined;
  } catch (error) {
    if (error instanceof CsvError) return undefined;
    throw error;
  }
}

const hasOpenQuote = (text: string): boolean => text.split('"').length % 2 === 0;

/** Cells as a record of CSV, with the end of its line. */
export const formatRecord = (cells: readonly string[], delimiter: string): string =>
  `${cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(delimiter)}\n`;
