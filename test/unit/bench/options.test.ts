import { expect, test } from '@jest/globals';
import { benchCommand, type BenchOptions } from '../../../bench/options.js';

const parts = ['limit', 'growth', 'cold-start'];

async function parse(...args: string[]): Promise<BenchOptions | undefined> {
  let parsed: BenchOptions | undefined;
  const command = benchCommand(parts, async (options) => {
    parsed = options;
  });
  await command
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .parseAsync(args, { from: 'user' });
  return parsed;
}

test('runs every part unless told', async () => {
  expect(await parse()).toEqual({
    only: parts,
    count: 300,
    books: [10, 10_000, 300_000],
    sales: 200_000,
    writeDocs: false,
  });
});

test('runs the parts that are named, in their own order', async () => {
  expect(await parse('--only', 'growth, limit')).toMatchObject({ only: ['limit', 'growth'] });
});

test.each([
  [['--only', 'everything'], 'There is no part everything.'],
  [['--count', '0'], 'It must be a whole number from 1'],
  [['--books', '100,10'], 'The sizes must go up.'],
  [['--books', '5'], 'It must be a whole number from 10'],
  [['--sales', 'many'], 'It must be a whole number from 0'],
])('refuses %j', async (args, message) => {
  await expect(parse(...args)).rejects.toThrow(message);
});
