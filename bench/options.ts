import { InvalidArgumentError, type Command } from 'commander';
import { newCommand, wholeNumber } from '../tools/terminal/command.js';
import type { Context } from './part.js';
import { pageSize } from './support/operations.js';

export interface BenchOptions extends Pick<Context, 'count' | 'books' | 'titles' | 'sales'> {
  /** The names of the parts to run. */
  readonly only: readonly string[];
  readonly json?: string;
  readonly writeDocs: boolean;
}

const mostBooks = 1_000_000;

/** The command with its options. */
export function benchCommand(
  partNames: readonly string[],
  action: (options: BenchOptions) => Promise<void>,
): Command {
  return newCommand('npm run bench', 'Starts a store of its own and measures what it can do.')
    .option('--only <PARTS>', `some of ${partNames.join(', ')}`, listOf(partNames), partNames)
    .option('--count <N>', 'calls of each kind', wholeNumber(1, 100_000), 300)
    .option('--books <SIZES>', 'sizes of the catalogue', sizes, [10, 10_000, 300_000])
    .option('--titles <FILE>', 'a CSV file with the columns title and authors, to search for')
    .option(
      '--sales <N>',
      'sales behind the largest one at last',
      wholeNumber(0, 1_000_000),
      200_000,
    )
    .option('--json <FILE>', 'writes all figures')
    .option('--write-docs', 'renews the figures in docs/performance.md', false)
    .action(action);
}

function listOf(names: readonly string[]): (text: string) => string[] {
  return (text) => {
    const chosen = text.split(',').map((entry) => entry.trim());
    const unknown = chosen.find((name) => !names.includes(name));
    if (unknown === undefined) return names.filter((name) => chosen.includes(name));
    throw new InvalidArgumentError(`There is no part ${unknown}.`);
  };
}

function sizes(text: string): number[] {
  const parse = wholeNumber(pageSize, mostBooks);
  const chosen = text.split(',').map(parse);
  const isAscending = chosen.every(
    (size, index) => index === 0 || size > Number(chosen[index - 1]),
  );
  if (isAscending) return chosen;
  throw new InvalidArgumentError('The sizes must go up.');
}
