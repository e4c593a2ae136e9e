import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { holds } from '../../support/random/properties.js';

/** Tests that a join does not depend on order, grouping or repetition, as the states of replicas need it (a CRDT's merge). */
export function testJoin<State>(
  states: fc.Arbitrary<State>,
  join: (known: State, incoming: State) => State,
): void {
  test('G4: come to the same whichever was known first', () => {
    holds(
      fc.property(states, states, (one, other) => {
        expect(join(one, other)).toEqual(join(other, one));
      }),
    );
  });

  test('G4: come to the same in whatever groups', () => {
    holds(
      fc.property(states, states, states, (one, two, three) => {
        expect(join(join(one, two), three)).toEqual(join(one, join(two, three)));
      }),
    );
  });

  test('G4: change nothing when they are joined again', () => {
    holds(
      fc.property(states, states, (one, other) => {
        const joined = join(one, other);
        for (const again of [one, other, joined]) expect(join(joined, again)).toEqual(joined);
      }),
    );
  });
}
