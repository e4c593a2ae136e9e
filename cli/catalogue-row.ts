/** What a catalogue's rows must look like, and what is wrong with those that don't. */
import * as z from 'zod';
import { newBookBody } from '../lib/http/schemas.js';

/** A file that can't be read as a catalogue at all; nothing of it should be used. */
export class UnusableFileError extends Error {
  override readonly name = 'UnusableFileError';
}

export type CatalogueBook = z.infer<typeof rowSchema>;

const columnNames = ['id', 'title', 'authors', 'topic', 'price', 'stock'];

/** What a decoder puts in the place of bytes that it can't read. */
export const replacementCharacter = '\uFFFD';

const numeral = z
  .string()
  .trim()
  .regex(/^-?\d+$/, 'must be a whole number')
  .transform(Number);

/** A quoted cell may end in a line break that nobody meant. */
const decodedText = z
  .string()
  .trim()
  .refine((text) => !text.includes(replacementCharacter), 'holds bytes that are not UTF-8');

/** The texts of a row, brought into the form that the store takes and keeps. */
const rowSchema = z.object({
  id: numeral.pipe(newBookBody.shape.id),
  title: decodedText.pipe(newBookBody.shape.title),
  authors: decodedText
    .transform((names) =>
      names
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    )
    .pipe(newBookBody.shape.authors),
  topic: decodedText.pipe(newBookBody.shape.topic),
  price: numeral.pipe(newBookBody.shape.price),
  stock: numeral.pipe(newBookBody.shape.stock.unwrap()),
});

/**
 * The names of the columns, from the first line.
 * @throws UnusableFileError where one is missing or doubled
 */
export function findColumns(header: readonly string[]): readonly string[] {
  const names = header.map((name) => name.trim().toLowerCase());
  const missing = columnNames.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw new UnusableFileError(
      `has no column ${missing.join(', ')}; its first line must name the columns`,
    );
  }
  const doubled = columnNames.filter((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (doubled.length > 0) {
    throw new UnusableFileError(`has more than one column ${doubled.join(', ')}`);
  }
  return names;
}

/** The book of one row, or what is wrong with it. */
export function readBook(
  record: readonly string[],
  columns: readonly string[],
): { book: CatalogueBook } | { problem: string } {
  const parsed = rowSchema.safeParse(
    Object.fromEntries(columnNames.map((name) => [name, record[columns.indexOf(name)]])),
  );
  if (parsed.success) return { book: parsed.data };
  return { problem: parsed.error.issues.map(describeIssue).join('; ') };
}

const describeIssue = ({ path, message }: z.core.$ZodIssue): string =>
  `${String(path[0])}: ${message}`;
