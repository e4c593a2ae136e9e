import { describe, expect, test } from '@jest/globals';
import {
  replayLastWriterWins,
  type Outage,
  type Run,
} from '../../../simulator/worlds/replay-last-writer-wins.js';

const [here, there] = ['us-east-1', 'eu-west-1'] as const;

/** Buyers who come one after another, to each region in turn. */
const buyers = (count: number, everyMs: number, nearest: readonly string[] = [here, there]) =>
  Array.from({ length: count }, (_, place) => ({
    atMs: place * everyMs,
    nearest: nearest[place % nearest.length] as string,
  }));

const replay = (given: Partial<Run>) =>
  replayLastWriterWins({
    regions: [here, there],
    copies: 20,
    arrivals: buyers(200, 50),
    outages: [],
    untilMs: 60_000,
    seed: 1,
    ...given,
  });

describe('the usual answer', () => {
  test('sells what there is where one region alone sells', () => {
    expect(replay({ arrivals: buyers(200, 1, [here]) })).toEqual({ sold: 20, refused: 180 });
  });

  test('sells what there is where every sale is known before the next', () => {
    expect(replay({ arrivals: buyers(200, 2_000), untilMs: 10 ** 6 })).toEqual({
      sold: 20,
      refused: 180,
    });
  });

  test('oversells where both regions sell before they hear of each other', () => {
    const { sold, refused } = replay({});
    expect(sold).toBeGreaterThan(20);
    expect(sold + refused).toBe(200);
  });

  test('sells all copies twice where no replication passes', () => {
    const arrivals = buyers(80, 1);
    const late: Outage[] = [{ region: there, fromMs: 0, extraLagMs: 30_000 }];
    expect(replay({ arrivals, outages: late })).toEqual({ sold: 40, refused: 40 });
  });

  test('sends buyers of a region that is away to the other', () => {
    const outages: Outage[] = [{ region: there, fromMs: 0 }];
    expect(replay({ outages })).toEqual({ sold: 20, refused: 180 });
  });

  test('sells in the region that is left what the lost one had sold and not told', () => {
    const outages: Outage[] = [{ region: there, fromMs: 100 }];
    const arrivals = buyers(40, 10, [there]);
    expect(replay({ outages, arrivals })).toEqual({ sold: 30, refused: 10 });
  });

  test('lets buyers wait while every region is away', () => {
    const both: Outage[] = [here, there].map((region) => ({ region, fromMs: 0, untilMs: 20_000 }));
    expect(replay({ outages: both, untilMs: 15_000 })).toEqual({ sold: 0, refused: 0 });
    expect(replay({ outages: both, untilMs: 60_000 }).sold).toBeGreaterThanOrEqual(20);
  });

  test('says the same of the same run, and takes nothing back as it goes on', () => {
    const untilMs = [1_000, 2_000, 4_000, 8_000];
    const sold = untilMs.map((until) => replay({ untilMs: until }).sold);
    expect(sold).toEqual(untilMs.map((until) => replay({ untilMs: until }).sold));
    expect(sold).toEqual(sold.toSorted((one, other) => one - other));
  });
});
