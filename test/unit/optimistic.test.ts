import { describe, expect, test } from '@jest/globals';
import { UnavailableError } from '../../lib/errors.js';
import { lostRace, untilWon, usualTries } from '../../lib/optimistic.js';
import { fakeSystem } from './support/fake-system.js';

const orElse = () => new Error('lost every time');

/** Is won by the try before which so many were lost; undefined is a result like any other. */
const winning = (after: number) => {
  const tried: number[] = [];
  const attempt = async (lost: number) => {
    tried.push(lost);
    return lost < after ? lostRace : undefined;
  };
  return { tried, attempt };
};

describe('an optimistic write', () => {
  test('is tried again until nobody else was there first, after a pause of random length', async () => {
    const system = fakeSystem({ random: 0.25 });
    const { tried, attempt } = winning(2);

    await expect(untilWon(system, { ...usualTries, orElse }, attempt)).resolves.toBeUndefined();
    expect(tried).toEqual([0, 1, 2]);
    expect(system.slept).toEqual([5, 5]);
  });

  test('is given up after so many tries, with the error that says so', async () => {
    const { tried, attempt } = winning(9);
    const tries = { most: 3, longestPauseMs: 20, orElse };

    await expect(untilWon(fakeSystem(), tries, attempt)).rejects.toThrow('lost every time');
    expect(tried).toEqual([0, 1, 2]);
  });

  test('does not pause where the next try begins with what the last one found', async () => {
    const system = fakeSystem();

    await untilWon(system, { most: 3, longestPauseMs: 0, orElse }, winning(2).attempt);
    expect(system.slept).toEqual([]);
  });

  test('is not tried again after another error', async () => {
    let tries = 0;
    const failing = async () => {
      tries += 1;
      throw new Error('another');
    };

    const outcome = untilWon(fakeSystem(), { ...usualTries, orElse }, failing);
    await expect(outcome).rejects.toThrow('another');
    expect(tries).toBe(1);
  });

  test.each([
    [true, 1, true],
    [true, 0, false],
    [false, 1, false],
  ])(
    'G9: that may meet itself (%s) is of unknown outcome where a try after %i lost ones is not answered: %s',
    async (mayMeetItself, lostBefore, isUnknown) => {
      const attempt = async (lost: number) => {
        if (lost < lostBefore) return lostRace;
        throw new UnavailableError('here', { isUnknown: false });
      };

      const outcome = untilWon(fakeSystem(), { ...usualTries, mayMeetItself, orElse }, attempt);
      await expect(outcome).rejects.toMatchObject({ where: 'here', isUnknown });
    },
  );
});
