/** The rows of a CSV file under the line that names its columns. */
import { findColumns, type ColumnOptions, type Columns, type Field } from './columns.js';
import { isBookId, plainText } from './row.js';
import { formatRecord, frameRecord, parseCells, readRecord, type Lines } from './csv-records.js';
import { UnusableFileError } from './text-file.js';

export interface TableOptions extends ColumnOptions {
  /** What separates cells; found by the columns' names unless given. */
  readonly delimiter?: string;
}

/** `line` is the line of the file that it begins on, `raw` what stands there. */
export type TableRow = { readonly line: number; readonly raw: string } & (
  | { readonly kind: 'cells'; readonly cells: readonly string[] }
  | { readonly kind: 'refused'; readonly problem: string }
  /** Nothing stands in it, or only more of the product in the row above, such as a picture. */
  | { readonly kind: 'blank' }
);

export interface Table {
  readonly delimiter: string;
  /** The line with the columns' names, as it stands in the file. */
  readonly header: string;
  readonly columns: Columns;
  rows(): AsyncGenerator<TableRow, void>;
}

/** @throws UnusableFileError */
export async function openTable(lines: Lines, options: TableOptions): Promise<Table> {
  const { delimiter, header, columns } = await readHeader(lines, options);
  const width = columns.names.length;
  const usedWidth = 1 + Math.max(...columns.positions.values());
  const hasRow = (cells: readonly string[] = []) =>
    cells.length >= width && isBookId(cellAt(cells, columns.positions.get('id')));
  const looksLikeRow = (line: string) =>
    hasRow(line.replaceAll('"', '').split(delimiter)) || hasRow(parseCells(`${line}"`, delimiter));

  async function* rows(): AsyncGenerator<TableRow, void> {
    let above: readonly string[] = [];
    for (;;) {
      const record = await readRecord(lines, delimiter, looksLikeRow);
      if (record === undefined) return;
      const { line, raw, problem } = record;
      if (problem !== undefined) {
        yield { kind: 'refused', line, raw, problem };
        continue;
      }
      const isContinued = continues(record.cells, above, columns);
      if (isBlank(record.cells, isContinued ? columns : undefined)) {
        yield { kind: 'blank', line, raw };
        continue;
      }
      const cells = isContinued ? fillDown(record.cells, above, columns) : record.cells;
      above = cells;
      // What exceeds the columns may come of a delimiter in a cell that lacks its quotes.
      if (cells.length < usedWidth || !isBlank(cells.slice(width))) {
        yield { kind: 'refused', line, raw, problem: describeWidth(cells.length, width) };
      } else {
        yield {
          kind: 'cells',
          line,
          raw: isContinued ? formatRecord(cells, delimiter) : raw,
          cells,
        };
      }
    }
  }

  return { delimiter, header, columns, rows };
}

const usualDelimiters = [',', ';', '\t', '|'];

async function readHeader(lines: Lines, options: TableOptions) {
  // Spreadsheets say in a line of their own what separates the cells.
  const [, said] = /^"?sep=(.)"?\s*$/iu.exec((await lines.peek(0)) ?? '') ?? [];
  if (said !== undefined) lines.skip(1);
  const given = options.delimiter ?? said;

  let mostCells = 0;
  let refusal = new UnusableFileError('is empty');
  for (const delimiter of given === undefined ? usualDelimiters : [given]) {
    const framed = await frameRecord(lines, delimiter);
    if (framed === undefined) break;
    const { line, raw, cells = [], problem } = framed.record;
    try {
      if (problem !== undefined)
        throw new UnusableFileError(`can't be read: line ${line}: ${problem}`);
      const columns = findColumns(cells, options);
      lines.skip(framed.height);
      return { delimiter, header: raw, columns };
    } catch (error) {
      if (!(error instanceof UnusableFileError)) throw error;
      if (mostCells === 0 || cells.length > mostCells) refusal = error;
      mostCells = Math.max(mostCells, cells.length);
    }
  }
  throw refusal;
}

const cellAt = (cells: readonly string[], position: number | undefined): string =>
  position === undefined ? '' : plainText(cells[position] ?? '');

/** Whether nothing stands in the cells, or in those of some columns. */
const isBlank = (cells: readonly string[], columns?: Columns): boolean =>
  columns === undefined
    ? cells.every((cell) => plainText(cell) === '')
    : [...columns.positions.values()].every((position) => cellAt(cells, position) === '');

/** Whether a row is of the same product as the row above. */
function continues(
  cells: readonly string[],
  above: readonly string[],
  { fillDown: position }: Columns,
): boolean {
  const product = cellAt(cells, position);
  return product !== '' && product === cellAt(above, position);
}

/** What the variants of a product have in common. */
const commonFields: readonly Field[] = [
  'title',
  'authors',
  'topic',
  'year',
  'language',
  'description',
];

/** The cells, with what only the first row of a product says. */
function fillDown(
  cells: readonly string[],
  above: readonly string[],
  { positions }: Columns,
): readonly string[] {
  const filled = [...cells];
  for (const position of commonFields.map((field) => positions.get(field))) {
    if (position !== undefined && cellAt(cells, position) === '') {
      filled[position] = above[position] ?? '';
    }
  }
  return filled;
}

const describeWidth = (found: number, expected: number): string =>
  `${found} ${found === 1 ? 'column' : 'columns'} instead of ${expected}`;
