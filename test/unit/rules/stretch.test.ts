import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { joinStretches, type Stretch } from '../../../lib/rules/stretch.js';
import { holds } from '../../support/random/properties.js';

const ascending = (one: number, other: number): number => one - other;

/** What a partition says that is asked for so many of its entries. */
function read(entries: readonly number[], from: number, limit: number): Stretch<number> {
  const found = entries.filter((entry) => entry >= from).sort(ascending);
  const shown = found.slice(0, limit);
  return { entries: shown, until: found.length > limit ? shown.at(-1) : undefined };
}

test('stretches end where the shortest of them does', () => {
  const joined = joinStretches(
    [{ entries: [1, 4, 9], until: 9 }, { entries: [2, 3], until: 3 }, { entries: [3, 5] }],
    ascending,
  );
  expect(joined).toEqual({ entries: [1, 2, 3], until: 3 });
});

test('stretches that all reach the end do so together', () => {
  const joined = joinStretches([{ entries: [1, 4] }, { entries: [] }, { entries: [4] }], ascending);
  expect(joined).toEqual({ entries: [1, 4], until: undefined });
});

test('whoever goes on where stretches ended meets every entry of every partition, in order', () => {
  const partitions = fc.array(fc.uniqueArray(fc.nat(99), { maxLength: 40 }), { minLength: 1 });
  holds(
    fc.property(partitions, fc.integer({ min: 1, max: 9 }), (lists, limit) => {
      const met: number[] = [];
      let from: number | undefined = 0;
      while (from !== undefined) {
        const start: number = from;
        const joined: Stretch<number> = joinStretches(
          lists.map((list) => read(list, start, limit)),
          ascending,
        );
        met.push(...joined.entries);
        from = joined.until === undefined ? undefined : joined.until + 1;
      }
      expect(met).toEqual([...new Set(lists.flat())].sort(ascending));
    }),
  );
});
