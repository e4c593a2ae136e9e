import { expect, test } from '@jest/globals';
import { measure } from '../../../bench/support/load.js';

test('makes each call once, by so many clients at a time', async () => {
  const indexes: number[] = [];
  let atOnce = 0;
  let most = 0;

  const measured = await measure({ clients: 3, count: 20 }, async (index) => {
    indexes.push(index);
    most = Math.max(most, (atOnce += 1));
    await Promise.resolve();
    atOnce -= 1;
    return true;
  });

  expect(indexes.toSorted((one, other) => one - other)).toEqual([...Array(20).keys()]);
  expect(most).toBe(3);
  expect(measured).toMatchObject({ clients: 3, errors: 0 });
  expect(measured.p99Ms).toBeGreaterThanOrEqual(measured.p50Ms);
  expect(measured.perSecond).toBeGreaterThan(0);
});

test('counts what is answered otherwise, and what is not answered, as errors', async () => {
  const measured = await measure({ clients: 2, count: 6 }, (index) =>
    index % 2 === 0 ? Promise.resolve(index === 0) : Promise.reject(new Error('no answer')),
  );

  expect(measured.errors).toBe(5);
});

test('ends when it is told to', async () => {
  const ending = new AbortController();
  const calls: number[] = [];

  const measuring = measure({ clients: 1, count: 10, signal: ending.signal }, (index) => {
    calls.push(index);
    if (index === 2) ending.abort(new Error('interrupted'));
    return Promise.resolve(true);
  });

  await expect(measuring).rejects.toThrow('interrupted');
  expect(calls).toEqual([0, 1, 2]);
});
