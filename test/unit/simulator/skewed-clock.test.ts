import { expect, test } from '@jest/globals';
import { SkewedClock } from '../../../simulator/clockwork/skewed-clock.js';

test('a clock that jumped showed no more, and no less, than it did at any time between two', () => {
  let nowMs = 100;
  const clock = new SkewedClock(() => nowMs);
  expect(clock.shownBetween(0, 100)).toEqual({ earliestMs: 0, latestMs: 100 });
  clock.offsetMs = 30;
  nowMs = 200;
  clock.offsetMs -= 50;
  expect(clock.offsetMs).toBe(-20);
  expect(clock.shownBetween(50, 60)).toEqual({ earliestMs: 50, latestMs: 60 });
  expect(clock.shownBetween(150, 160)).toEqual({ earliestMs: 180, latestMs: 190 });
  expect(clock.shownBetween(150, 250)).toEqual({ earliestMs: 130, latestMs: 280 });
});
