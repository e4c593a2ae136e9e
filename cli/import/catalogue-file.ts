/** A catalogue as a CSV file, streamed: of the rows that were read only the ids are remembered. */
import type { CatalogueBook, RowReader } from './row.js';
import { openTable, type TableOptions, type TableRow } from './table.js';
import { linesOf } from './csv-records.js';
import { findEncoding, readText } from './text-file.js';

export interface FileOptions extends TableOptions {
  /** The name of an encoding as TextDecoder knows it; found unless given. */
  readonly encoding?: string;
}

export type CatalogueRow =
  | Exclude<TableRow, { kind: 'cells' }>
  | {
      readonly kind: 'book';
      readonly line: number;
      readonly raw: string;
      readonly book: CatalogueBook;
    };

export interface Catalogue {
  readonly encoding: string;
  readonly delimiter: string;
  /** The line with the columns' names, as it stands in the file. */
  readonly header: string;
  /** How many rows there are, of all kinds. */
  readonly rowCount: number;
  /**
   * The rows in order.
   * @throws UnusableFileError
   */
  rows(readBook: RowReader): AsyncGenerator<CatalogueRow, void>;
}

/**
 * Reads the whole file once, so that one of another shape is refused before anything is changed.
 * @throws UnusableFileError
 */
export async function openCatalogue(path: string, options: FileOptions = {}): Promise<Catalogue> {
  const encoding = await findEncoding(path, options.encoding);
  const open = () => openTable(linesOf(readText(path, encoding)), options);

  const table = await open();
  let rowCount = 0;
  for await (const _row of table.rows()) rowCount += 1;

  return {
    encoding,
    delimiter: table.delimiter,
    header: table.header,
    rowCount,
    async *rows(readBook) {
      const again = await open();
      const seen = new Set<number>();
      for await (const row of again.rows()) {
        if (row.kind !== 'cells') {
          yield row;
          continue;
        }
        const { line, raw } = row;
        const { book, problem } = readBook(row.cells, again.columns);
        if (problem !== undefined) {
          yield { kind: 'refused', line, raw, problem };
        } else if (seen.has(book.id)) {
          yield { kind: 'refused', line, raw, problem: `id ${book.id} is in the file already` };
        } else {
          seen.add(book.id);
          yield { kind: 'book', line, raw, book };
        }
      }
    },
  };
}
