/** A catalogue as a CSV text (RFC 4180), read into what `POST /books/import` takes. */
import { parse } from 'csv-parse/browser/esm/sync';
import { control } from './texts.js';
import type { NewBook } from './types.js';

const { import: texts } = control;

const needed = ['id', 'title', 'authors', 'topic', 'price', 'stock'] as const;
/** What the cells of a column are. A record, so that the compiler misses none. */
const kinds: Readonly<Record<keyof NewBook, 'number' | 'text' | 'names'>> = {
  id: 'number',
  title: 'text',
  authors: 'names',
  topic: 'text',
  price: 'number',
  stock: 'number',
  isbn: 'text',
  year: 'number',
  language: 'text',
  description: 'text',
};

export type Row =
  | {
      readonly line: number;
      readonly book: Readonly<Record<string, unknown>> & { readonly id: number };
    }
  | { readonly line: number; readonly problem: string };

/** @throws Error with what is wrong with the file as a whole, in a sentence. */
export function readCatalogue(text: string): Row[] {
  const records = readRecords(text);
  const [head, ...rows] = records;
  if (head === undefined || rows.length === 0) throw new Error(texts.empty);
  const names = head.record.map((name) => name.trim().toLowerCase());
  const missing = needed.filter((name) => !names.includes(name));
  if (missing.length > 0) throw new Error(texts.noColumns(missing.join(', ')));
  const seen = new Set<number>();
  return rows.map(({ record, info: { lines: line } }): Row => {
    const cells = new Map(names.map((name, place) => [name, (record[place] ?? '').trim()]));
    const row = readRow(cells);
    if ('problem' in row) return { line, ...row };
    if (seen.has(row.book.id)) return { line, problem: texts.twice(String(row.book.id)) };
    seen.add(row.book.id);
    return { line, ...row };
  });
}

function readRecords(text: string): { record: string[]; info: { lines: number } }[] {
  const firstLine = text.slice(0, text.search(/[\r\n]|$/));
  const delimiter = [',', ';', '\t'].reduce((best, one) =>
    firstLine.split(one).length > firstLine.split(best).length ? one : best,
  );
  try {
    return parse(text, {
      bom: true,
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
    }) as unknown as { record: string[]; info: { lines: number } }[];
  } catch (error) {
    throw new Error(texts.unreadable((error as Error).message), { cause: error });
  }
}

function readRow(
  cells: ReadonlyMap<string, string>,
):
  | { readonly book: Readonly<Record<string, unknown>> & { readonly id: number } }
  | { readonly problem: string } {
  const book: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, kind] of Object.entries(kinds)) {
    const cell = cells.get(name) ?? '';
    const isOptional = !needed.some((one) => one === name);
    if (cell === '' && isOptional) continue;
    if (cell === '') problems.push(`${name} ${texts.isEmpty}`);
    else if (kind === 'number' && !/^\d{1,15}$/.test(cell)) {
      problems.push(`${name} ${texts.wholeNumber}`);
    } else book[name] = valueOf(kind, cell);
  }
  if (problems.length > 0) return { problem: problems.join('; ') };
  return { book: { ...book, id: Number(cells.get('id')) } };
}

function valueOf(kind: string, cell: string): unknown {
  if (kind === 'number') return Number(cell);
  if (kind === 'text') return cell;
  return cell
    .split(',')
    .map((author) => author.trim())
    .filter((author) => author !== '');
}
