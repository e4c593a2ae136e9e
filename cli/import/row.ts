/** What a catalogue's cells must look like to be a book, and what is wrong with those that don't. */
import * as z from 'zod';
import { newBookBody } from '../../lib/http/schemas.js';
import { fields, type ColumnOptions, type Columns } from './columns.js';
import { parseMajorUnits, type Money } from './price.js';
import { replacementCharacter } from './text-file.js';

export type CatalogueBook = z.infer<ReturnType<typeof bookOfTexts>>;

export interface RowOptions extends Pick<ColumnOptions, 'set'> {
  /** What stands between the names of several authors; a comma unless given. */
  readonly authorsSeparator?: string;
  /** How prices in major units are written; they are in minor ones unless given. */
  readonly majorUnits?: Money | undefined;
}

/** Reads the cells of one row as a book, or says what is wrong with them. */
export type RowReader = (
  cells: readonly string[],
  columns: Columns,
) => { book: CatalogueBook; problem?: never } | { problem: string; book?: never };

export function rowReader(options: RowOptions = {}): RowReader {
  const schema = bookOfTexts(options);
  return (cells, { positions }) => {
    const texts = fields.map((field) => {
      const position = positions.get(field);
      const text = position === undefined ? '' : plainText(cells[position] ?? '');
      return [field, text === '' ? options.set?.[field] : text];
    });
    const parsed = schema.safeParse(Object.fromEntries(texts));
    if (parsed.success) return { book: parsed.data };
    return { problem: parsed.error.issues.map(describeIssue).join('; ') };
  };
}

/** What is wrong with the values that were given for fields, if anything is. */
export function findWrongValue(options: RowOptions): string | undefined {
  const { shape } = bookOfTexts(options);
  const problems = fields.flatMap((field) => {
    const value = options.set?.[field];
    const { error } = value === undefined ? {} : shape[field].safeParse(value);
    return error ? error.issues.map((issue) => `${field}: ${issue.message}`) : [];
  });
  return problems[0];
}

/**
 * A cell's text as it is meant: without blanks around it, and without the form `="0042"` in which
 * spreadsheets keep what they would take for a number.
 */
export function plainText(cell: string): string {
  const text = cell.trim();
  const [, formula] = /^="(.*)"$/su.exec(text) ?? [];
  return formula === undefined ? text : formula.replaceAll('""', '"').trim();
}

/** Whether a text can be a book's number. */
export const isBookId = (text: string): boolean => bookId.safeParse(plainText(text)).success;

const filled = z.string({ error: 'is empty' });

/** Spreadsheets mark a number that is kept as text by an apostrophe. */
const numeral = filled
  .transform((text) => text.replace(/^'/u, ''))
  .pipe(z.string().regex(/^-?\d+$/u, 'must be a whole number'));

const wholeNumber = numeral.transform(Number);

const bookId = numeral
  .pipe(
    z
      .string()
      .regex(/^(?!0\d)/u, 'must not begin with a zero, which no number keeps; give another number'),
  )
  .transform(Number)
  .pipe(newBookBody.shape.id);

/**
 * Nothing that only a library system reads: the marks around an article that doesn't count in sorting
 * (ISO 6630, and MARC-8's in its place).
 */
const text = filled
  .refine((found) => !found.includes(replacementCharacter), {
    error: 'holds bytes that make no sense in the encoding of the file',
    abort: true,
  })
  .refine((found) => !found.includes('\\"'), {
    error: 'holds a quote escaped by a backslash: it must be doubled instead',
    abort: true,
  })
  .transform((found) => found.replaceAll(/[\u0088\u0089\u0098\u009c]/gu, ''));

/** Of one line, whatever stands between its words. */
const line = text.transform((found) => found.replaceAll(/\p{White_Space}+/gu, ' ').trim());

const lines = text.transform((found) => found.replaceAll(/[^\S\r\n]+/gu, ' '));

/** Some catalogues name several languages of one book, for which there is a tag, too (ISO 639-2). */
const language = line.transform((found) => (found.includes(';') ? 'mul' : found));

/** A book of the texts of a row, brought into the form that the store takes and keeps. */
const bookOfTexts = ({ authorsSeparator = ',', majorUnits }: RowOptions) =>
  z.object({
    id: bookId,
    title: line.pipe(newBookBody.shape.title),
    authors: line
      .transform((names) =>
        names
          .split(authorsSeparator)
          .map((name) => name.trim())
          .filter((name) => name !== ''),
      )
      .pipe(newBookBody.shape.authors),
    topic: line.pipe(newBookBody.shape.topic),
    price: (majorUnits === undefined ? wholeNumber : priceIn(majorUnits)).pipe(
      newBookBody.shape.price,
    ),
    stock: wholeNumber.pipe(newBookBody.shape.stock.unwrap()),
    isbn: line.pipe(newBookBody.shape.isbn.unwrap()).optional(),
    year: wholeNumber.pipe(newBookBody.shape.year.unwrap()).optional(),
    language: language.pipe(newBookBody.shape.language.unwrap()).optional(),
    description: lines.pipe(newBookBody.shape.description.unwrap()).optional(),
  });

const priceIn = (money: Money) =>
  filled.transform((amount, context) => {
    const parsed = parseMajorUnits(amount, money);
    if ('minorUnits' in parsed) return parsed.minorUnits;
    context.addIssue(parsed.problem);
    return z.NEVER;
  });

const describeIssue = ({ path, message }: z.core.$ZodIssue): string =>
  `${String(path[0])}: ${message}`;
