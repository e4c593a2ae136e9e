/** Which column of a file holds which field of a book. */
import { InvalidArgumentError } from 'commander';
import { necessaryFields, optionalFields } from '../../lib/rules/book.js';
import { UnusableFileError } from './text-file.js';

const neededFields = ['id', ...necessaryFields, 'stock'] as const;
/** Those that a book need not have are taken where a file has them. */
export const fields = [...neededFields, ...optionalFields];
export type Field = (typeof fields)[number];
/** A text for each of some fields. */
export type FieldTexts = Partial<Record<Field, string>>;

export interface ColumnOptions {
  /** The column of a field, where it has another name than the field. */
  readonly map?: FieldTexts;
  /** The value of a field where it has no column, or that column an empty cell. */
  readonly set?: FieldTexts;
  /** The column of which equal values in a row mark the rows of one product. */
  readonly fillDown?: string;
}

export interface Columns {
  readonly names: readonly string[];
  /** Where a field's column is. */
  readonly positions: ReadonlyMap<Field, number>;
  readonly fillDown: number | undefined;
}

/** An option's parser: `field=text` once or several times, with commas between. */
export function parseAssignments(text: string, earlier: FieldTexts = {}): FieldTexts {
  const assigned = { ...earlier };
  // A column's name, or a value, may hold commas too.
  for (const part of text.split(/,(?=\s*\w+\s*=)/u)) {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/su.exec(part) ?? [];
    const field = fields.find((known) => known === name.trim());
    if (field === undefined) {
      throw new InvalidArgumentError(`"${name.trim() || part}" is none of ${fields.join(', ')}.`);
    }
    if (value.trim() === '') throw new InvalidArgumentError(`"${field}=" lacks what comes after.`);
    if (assigned[field] !== undefined) throw new InvalidArgumentError(`It has ${field} twice.`);
    assigned[field] = value.trim();
  }
  return assigned;
}

/**
 * Finds the fields' columns by their names in the first line, whatever their case.
 * @throws UnusableFileError where one is missing or doubled
 */
export function findColumns(header: readonly string[], options: ColumnOptions): Columns {
  const { map = {}, set = {}, fillDown } = options;
  const names = header.map(columnKey);
  const wanted = fields.flatMap((field) => {
    const name = map[field] ?? (isTakenUnasked(field) ? field : undefined);
    return name === undefined ? [] : [{ field, name }];
  });
  function isTakenUnasked(field: Field): boolean {
    const isNeeded = neededFields.some((needed) => needed === field);
    return set[field] === undefined && (isNeeded || isOnceIn(names, field));
  }
  const all = [...wanted.map(({ name }) => name), ...(fillDown === undefined ? [] : [fillDown])];
  const missing = all.filter((name) => !names.includes(columnKey(name)));
  if (missing.length > 0) {
    throw new UnusableFileError(
      `has no column ${missing.join(', ')}; its first line must name the columns`,
    );
  }
  const position = (name: string) => names.indexOf(columnKey(name));
  const doubled = all.filter((name) => names.includes(columnKey(name), position(name) + 1));
  if (doubled.length > 0) {
    throw new UnusableFileError(`has more than one column ${doubled.join(', ')}`);
  }
  return {
    names,
    positions: new Map(wanted.map(({ field, name }) => [field, position(name)])),
    fillDown: fillDown === undefined ? undefined : position(fillDown),
  };
}

const isOnceIn = (names: readonly string[], name: string): boolean =>
  names.filter((column) => column === columnKey(name)).length === 1;

const columnKey = (name: string): string => name.trim().toLowerCase();
