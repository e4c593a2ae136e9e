import { describe, expect, test } from '@jest/globals';
import type { RunOptions, RunResult } from '../../../simulator/runs/run.js';
import { shrink } from '../../../simulator/runs/shrink.js';

const all = Array.from({ length: 100 }, (_, place) => `operation ${place}`);
const options = { seed: 1, steps: 1, regions: 2 } as RunOptions;

/** A run that violates something where all of `needed` may happen. */
const runWith =
  (...needed: readonly string[]) =>
  ({ allowed = all }: RunOptions): Promise<RunResult> =>
    Promise.resolve({
      taken: [...allowed],
      healedAtMs: 7,
      violations: needed.every((name) => allowed.includes(name))
        ? [{ guarantee: 'G1', what: `book ${allowed.length}: too many` }]
        : allowed.length > 50
          ? [{ guarantee: 'G2', what: 'another one' }]
          : [],
    } as unknown as RunResult);

describe('shrinking a history', () => {
  test('leaves only what the violation needs', async () => {
    const run = runWith('operation 3', 'operation 42', 'operation 97');
    const shown = await shrink(options, await run(options), run);
    expect(shown.taken).toEqual(['operation 3', 'operation 42', 'operation 97']);
  });

  test('takes no other violation for the one that was found', async () => {
    const run = runWith('operation 99');
    const shown = await shrink(options, await run(options), run);
    expect(shown.violations).toEqual([{ guarantee: 'G1', what: 'book 1: too many' }]);
  });

  test('plays each part until the time that the whole was healed at', async () => {
    const untils = new Set<number | undefined>();
    const run = (given: RunOptions) => {
      untils.add(given.untilMs);
      return runWith('operation 5')(given);
    };
    await shrink(options, await runWith('operation 5')(options), run);
    expect(untils).toEqual(new Set([7]));
  });

  test('shows the whole history where it does not come about again', async () => {
    const found = await runWith('operation 5')(options);
    const shown = await shrink(options, found, runWith('nothing that happened'));
    expect(shown).toBe(found);
  });
});
