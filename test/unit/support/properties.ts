/** Properties over random histories: a failure prints its seed and the smallest history that fails. */
import * as fc from 'fast-check';

/** `PROPERTY_SEED` repeats a run that failed, `PROPERTY_RUNS` tries for longer. */
const { PROPERTY_SEED: seed, PROPERTY_RUNS: runs } = process.env;

export function holds<Inputs>(property: fc.IProperty<Inputs>, defaultRuns = 300): void {
  fc.assert(property, {
    numRuns: runs === undefined ? defaultRuns : Number(runs),
    ...(seed !== undefined && { seed: Number(seed) }),
  });
}
