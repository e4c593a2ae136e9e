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

/** A step of a random history: its kind, and what is drawn for it. */
export const step = <Kind extends string, Choices extends object>(
  kind: Kind,
  choices: { [Key in keyof Choices]: fc.Arbitrary<Choices[Key]> },
) =>
  fc.record({ kind: fc.constant(kind), ...choices }) as fc.Arbitrary<
    { readonly kind: Kind } & Choices
  >;

/** Of the items that there are by then the one that a drawn number stands for. */
export const chosen = <Item>(items: readonly Item[], number: number): Item | undefined =>
  items[number % items.length];

/** What no longer holds after the first step of a history that breaks anything. */
export function firstFaults<World, Step>(
  world: World,
  history: readonly Step[],
  take: (world: World, one: Step) => void,
  faultsOf: (world: World) => string[],
): string[] {
  for (const one of history) {
    take(world, one);
    const faults = faultsOf(world);
    if (faults.length > 0) return faults;
  }
  return [];
}
