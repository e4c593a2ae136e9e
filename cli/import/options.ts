/** The command line of an import. */
import { TextDecoder } from 'node:util';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { parseAssignments } from './columns.js';
import type { FileOptions } from './catalogue-file.js';
import type { RowOptions } from './row.js';
import { storeCommand, type StoreOptions } from '../../client/store-command.js';
import type { Money } from './price.js';

export interface ImportOptions
  extends StoreOptions, FileOptions, Omit<RowOptions, 'majorUnits'>, Omit<Money, 'decimals'> {
  readonly priceUnit: 'minor' | 'major';
  readonly currency?: string;
  readonly dryRun?: true;
  readonly rejects?: string;
}

export const importCommand = (
  action: (file: string, options: ImportOptions) => Promise<void>,
): Command =>
  storeCommand('import', 'Brings a catalogue into a running store.')
    .usage('-- FILE.csv [options]')
    .argument(
      '<FILE.csv>',
      'columns id, title, authors, topic, price (whole cents), stock, and where there are such isbn, year, language, description',
    )
    .option('--map <FIELD=COLUMN,...>', 'the columns of fields under other names', parseAssignments)
    .option(
      '--set <FIELD=VALUE,...>',
      'what a field is without a column or with an empty cell',
      parseSet,
    )
    .option(
      '--delimiter <CHARACTER>',
      'what separates cells ("tab" for a tab); found unless given',
      parseDelimiter,
    )
    .option('--encoding <NAME>', 'utf-8, utf-16le, latin1, …; found unless given', parseEncoding)
    .option(
      '--authors-separator <TEXT>',
      'what separates the names of several authors',
      parseSeparator,
      ',',
    )
    .addOption(
      new Option('--price-unit <UNIT>', 'minor for cents, major for decimals such as 12.50')
        .choices(['minor', 'major'])
        .default('minor'),
    )
    .addOption(
      new Option('--decimal-mark <MARK>', 'of prices in major units; found unless given')
        .choices(['.', ','])
        .implies({ priceUnit: 'major' }),
    )
    .addOption(
      new Option(
        '--currency <CODE>',
        'of prices in major units, where no book of the store says it',
      )
        .argParser(parseCurrency)
        .implies({ priceUnit: 'major' }),
    )
    .option(
      '--fill-down <COLUMN>',
      'rows alike in it share title, authors, topic, year, language and description of the first',
    )
    .option('--dry-run', 'say what would be created, changed and refused, and change nothing')
    .option('--rejects <FILE>', 'a new file for the rows that are refused, each with the reason')
    .addHelpText(
      'after',
      `
Columns may come in any order; others are ignored. Books that the store has already are changed
where something else is said of them; an empty cell says nothing. Their stock stays as it is, so the
command may be repeated. Rows that are refused are reported with their line, and the exit code is then 1.`,
    )
    .action(action);

function parseSet(
  ...args: Parameters<typeof parseAssignments>
): ReturnType<typeof parseAssignments> {
  const set = parseAssignments(...args);
  if (set.id === undefined) return set;
  throw new InvalidArgumentError('Each book has an id of its own.');
}

function parseDelimiter(text: string): string {
  const delimiter = text === 'tab' || text === '\\t' ? '\t' : text;
  if (/^[^"\r\n\p{L}\p{N}]$/u.test(delimiter)) return delimiter;
  throw new InvalidArgumentError('It must be one sign, such as ; or |, or "tab".');
}

function parseSeparator(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('It must not be blank.');
}

function parseEncoding(name: string): string {
  try {
    return new TextDecoder(name).encoding;
  } catch {
    throw new InvalidArgumentError('No such encoding is known here.');
  }
}

function parseCurrency(code: string): string {
  if (Intl.supportedValuesOf('currency').includes(code)) return code;
  throw new InvalidArgumentError('It must be an ISO 4217 code such as USD.');
}
