import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bundleWorker, replaced } from '../../simulator/runs/bundle.js';
import { Decisions } from '../../simulator/clockwork/decisions.js';
import { drawProfile, type Profile } from '../../simulator/clockwork/profile.js';
import { readDefinitions, type Definitions } from '../../simulator/places/definitions.js';
import { mutations } from '../../simulator/runs/mutations.js';
import { Pool } from '../../simulator/runs/pool.js';
import type { RunOptions } from '../../simulator/runs/run.js';
import { runCommand } from '../cli/support/command-line.js';

describe('a simulated world', () => {
  let definitions: Definitions;
  let pool: Pool;

  beforeAll(async () => {
    definitions = await readDefinitions();
    pool = new Pool(await bundleWorker(), 2);
  });

  afterAll(() => pool.stop());

  const run = (options: Pick<RunOptions, 'seed' | 'steps' | 'regions' | 'isSound'>) =>
    pool.run({ ...options, definitions });

  test('comes about again exactly of its seed, and violates nothing', async () => {
    const [first, again, another] = await Promise.all(
      [5, 5, 6].map((seed) => run({ seed, steps: 500, regions: 2 })),
    );
    expect(first?.violations).toEqual([]);
    expect(first?.trace).toMatch(/^[\da-f]{8}$/);
    expect(again).toEqual(first);
    expect(another?.trace).not.toBe(first?.trace);
  });

  test('answers all who want the last copies of the same books, where nothing goes wrong', async () => {
    const seeds = seedsOf(
      4,
      ({ books, baskets, copies }) => books === 2 && baskets.at(-1) === 2 && copies < 4,
    );
    const runs = await Promise.all(
      seeds.map((seed) => run({ seed, steps: 4000, regions: 2, isSound: true })),
    );
    for (const { violations, answers } of runs) {
      expect(violations).toEqual([]);
      expect(answers['place-order']).toMatchObject({
        '201': expect.any(Number),
        '409': expect.any(Number),
      });
      expect(answers['place-order']).not.toHaveProperty('503');
    }
  });

  test('goes the same way when nothing is left out of what happened', async () => {
    const options = { seed: 7, steps: 500, regions: 3 };
    const first = await run(options);
    const again = await pool.run({
      ...options,
      definitions,
      allowed: first.taken,
      untilMs: first.healedAtMs,
    });
    expect(again.taken).toEqual(first.taken);
    expect(again.answers).toEqual(first.answers);
  });
});

/** The first seeds of worlds of a kind. */
function seedsOf(wanted: number, isWanted: (profile: Profile) => boolean): number[] {
  const found: number[] = [];
  for (let seed = 1; found.length < wanted; seed += 1) {
    if (isWanted(drawProfile(new Decisions(seed, () => 0), { isSound: true }))) found.push(seed);
  }
  return found;
}

describe('npm run simulate', () => {
  test('simulates three regions, and compares with the usual answer', async () => {
    const options = '--seed 3 --steps 5000 --regions 3 --replication last-writer-wins'.split(' ');
    const { stdout, exitCode } = await runCommand('simulator/simulate.ts', options);
    expect(stdout).toMatch(/\d+ steps in 2 worlds, trace [\da-f]{8}/);
    expect(stdout).toMatch(/escrow \(the store\) +\d+ +0 +0\n/);
    expect(stdout).toMatch(/last writer wins +\d+ +\d+ +\d+\n/);
    expect(stdout).toContain('0 worlds in which a guarantee was violated');
    expect(exitCode).toBe(0);
  });

  test.each([
    ['a seed that is no number', ['--seed', 'x'], /--seed/],
    ['another number of regions', ['--regions', '4'], /--regions/],
    ['no steps', ['--steps', '0'], /--steps/],
    ['an unknown kind of replication', ['--replication', 'hope'], /--replication/],
    ['an unknown option', ['--sed', '1'], /--sed/],
    ['an argument', ['more'], /too many arguments/],
  ])('refuses %s in one line', async (_what, options, message) => {
    const { exitCode, stdout, stderr } = await runCommand('simulator/simulate.ts', options);
    expect(exitCode).toBe(1);
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(message)]);
  });
});

describe('npm run simulate:mutants', () => {
  test('shows a mechanism missed, by the guarantee that it is for', async () => {
    const only = 'a sale needs the rights to its copies';
    const { stdout, exitCode } = await runCommand('simulator/mutants.ts', ['--only', only]);
    expect(stdout).toMatch(/a sale needs the rights to its copies +G1 +[\d,]+ +\d+/);
    expect(stdout).toContain('1 mutants, 0 survived');
    expect(exitCode).toBe(0);
  });

  test.each(mutations.map(({ name, replacements }) => [name, replacements] as const))(
    'finds the text without which not: %s',
    (_name, replacements) => {
      for (const replacement of replacements) {
        expect(() => replaced(readFileSync(replacement.file, 'utf8'), replacement)).not.toThrow();
      }
    },
  );

  test('refuses a text that is not there', async () => {
    const absent = { file: 'lib/rules/ledger.ts', from: 'nothing like this', to: '' };
    await expect(bundleWorker([absent])).rejects.toThrow('0 times');
  });
});
