import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { nextStamp, type Stamp } from '../../../lib/rules/stamp.js';
import { holds } from '../../support/random/properties.js';

const now = 1_800_000_000_000;
const regions = fc.constantFrom('ap-south-1', 'eu-west-1', 'us-east-1');

/** Stamps of clocks near each other, with counters up to the last that six digits hold. */
const stamps: fc.Arbitrary<Stamp> = fc
  .record({
    timeMs: fc.integer({ min: now - 2, max: now + 2 }),
    counter: fc.oneof(fc.nat(3), fc.integer({ min: 999_997, max: 999_999 })),
    region: regions,
  })
  .map(
    ({ timeMs, counter, region }) =>
      `${String(timeMs).padStart(15, '0')}.${String(counter).padStart(6, '0')}@${region}`,
  );

describe('the next stamp', () => {
  test('G4: sorts behind every stamp that was seen, whatever the clock says', () => {
    holds(
      fc.property(
        fc.integer({ min: now - 3, max: now + 3 }),
        regions,
        fc.array(stamps, { maxLength: 5 }),
        (nowMs, region, seen) => {
          const stamp = nextStamp(nowMs, region, seen);
          expect([...seen, stamp].sort().at(-1)).toBe(stamp);
          expect(seen).not.toContain(stamp);
          expect(stamp).toMatch(/^\d{15}\.\d{6}@/);
        },
      ),
      1_000,
    );
  });

  test('grows from write to write though the clocks of the regions are hours apart', () => {
    holds(
      fc.property(
        fc.array(fc.record({ region: regions, skewMs: fc.integer({ min: -1e7, max: 1e7 }) }), {
          maxLength: 20,
        }),
        (writes) => {
          const written: Stamp[] = [];
          for (const { region, skewMs } of writes) {
            written.push(nextStamp(now + skewMs, region, written.slice(-1)));
          }
          expect([...written].sort()).toEqual(written);
          expect(new Set(written).size).toBe(written.length);
        },
      ),
    );
  });

  test('is of this moment where nothing later was seen', () => {
    const seen = [nextStamp(now - 1, 'us-east-1', [])];
    expect(nextStamp(now, 'eu-west-1', seen)).toBe('001800000000000.000000@eu-west-1');
    expect(nextStamp(now, 'eu-west-1', [])).toBe('001800000000000.000000@eu-west-1');
  });

  test('counts on where a clock ahead of this one was seen', () => {
    expect(nextStamp(now, 'eu-west-1', ['001800000005000.000007@us-east-1'])).toBe(
      '001800000005000.000008@eu-west-1',
    );
  });

  test('goes on in the next millisecond when its counter has run out', () => {
    expect(nextStamp(now, 'eu-west-1', ['001800000000000.999999@us-east-1'])).toBe(
      '001800000000001.000000@eu-west-1',
    );
  });

  test('is another one in another region at the same moment', () => {
    expect(nextStamp(now, 'eu-west-1', [])).not.toBe(nextStamp(now, 'us-east-1', []));
  });
});
