/** The rows that an import refused, as a file that can be mended and imported. */
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { CommandError } from '../../tools/terminal/command-error.js';
import { formatRecord } from './csv-records.js';

export interface RejectsFile {
  add(row: { readonly line: number; readonly raw: string }, reason: string): void;
  /** Takes the file away where it holds no rows. */
  close(): void;
}

/** Columns before those of the catalogue, which an import has no use for. */
const ownColumns = ['reason', 'line'] as const;

/**
 * Begins a file of the same columns, with the reason and the line before each row. What stands in a
 * row stays as it is, its wrong quotes too.
 * @throws CommandError where the file is there already, or can't be written
 */
export function createRejectsFile(
  path: string,
  { header, delimiter }: { readonly header: string; readonly delimiter: string },
): RejectsFile {
  const file = openNew(path);
  let count = 0;
  const write = (own: readonly string[], raw: string) =>
    writeSync(file, withoutEnd(formatRecord(own, delimiter)) + delimiter + withoutEnd(raw) + '\n');
  // Spreadsheets take a file for UTF-8 by its mark.
  writeSync(file, '\uFEFF');
  write(ownColumns, header);
  return {
    add({ line, raw }, reason) {
      count += 1;
      write([reason, String(line)], raw);
    },
    close() {
      closeSync(file);
      if (count === 0) unlinkSync(path);
    },
  };
}

/** Never in the place of a file: it may be the one that is being imported. */
function openNew(path: string): number {
  try {
    return openSync(path, 'wx');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'EEXIST' ? 'exists already' : `can't be written (${code})`;
    throw new CommandError(`${path} ${reason}`, { cause: error });
  }
}

const withoutEnd = (record: string): string => record.replace(/(?:\r\n|\n|\r)$/u, '');
