import { describe, expect, test } from '@jest/globals';
import { RefusedError, UnavailableError } from '../../../lib/errors.js';
import { askEvery } from '../../../lib/store/front-end.js';
import type { Replica } from '../../../lib/tables/replica.js';

const [us, eu, ap] = ['us-east-1', 'eu-west-1', 'ap-south-1'].map(
  (region) => ({ region }) as Replica,
) as [Replica, Replica, Replica];
const front = { replicas: [us, eu, ap] };

const unavailable = () => new UnavailableError('a replica', { isUnknown: false });

describe('what every region is asked', () => {
  test('is whole where each answered, be it that it knows nothing', async () => {
    const asked = await askEvery(front, async ({ region }) =>
      region === eu.region ? undefined : region,
    );
    expect([...asked.answers]).toEqual([
      [us, us.region],
      [eu, undefined],
      [ap, ap.region],
    ]);
    expect(asked.silent.size).toBe(0);
    expect(asked.isWhole).toBe(true);
  });

  test('is not whole where one did not answer, which is told', async () => {
    const asked = await askEvery(front, async (replica) => {
      if (replica === eu) throw unavailable();
      return replica.region;
    });
    expect([...asked.answers.keys()]).toEqual([us, ap]);
    expect([...asked.silent]).toEqual([eu]);
    expect(asked.isWhole).toBe(false);
  });

  test('fails where a region refuses it: that is a defect, and no silence', async () => {
    const refused = new RefusedError('a replica', new Error('no such table'));
    await expect(askEvery(front, () => Promise.reject(refused))).rejects.toBe(refused);
  });
});
