/** Properties over random histories: a failure prints its seed and the smallest history that fails. */
import * as fc from 'fast-check';

/** `PROPERTY_SEED` repeats a run that failed, `PROPERTY_RUNS` tries for longer, however long it takes. */
const { PROPERTY_SEED: seed, PROPERTY_RUNS: runs } = process.env;

/** @param usual where the environment asks for nothing else. */
export function parametersOf(usual: fc.Parameters<unknown>): fc.Parameters<unknown> {
  const { interruptAfterTimeLimit: _limit, ...unlimited } = usual;
  return {
    ...(runs === undefined ? usual : { ...unlimited, numRuns: Number(runs) }),
    ...(seed !== undefined && { seed: Number(seed) }),
  };
}

export function holds<Inputs>(property: fc.IProperty<Inputs>, numRuns = 300): void {
  fc.assert(property, parametersOf({ numRuns }));
}
