import { describe, expect, test } from '@jest/globals';
import { chunksOf, mapAtMost, once, onceForEach } from '../../lib/concurrency.js';

/** Work that ends when the test says so. */
function heldWork() {
  const begun: number[] = [];
  const ends = new Map<number, { resolve(result: string): void; reject(error: Error): void }>();
  const work = (item: number) => {
    begun.push(item);
    return new Promise<string>((resolve, reject) => ends.set(item, { resolve, reject }));
  };
  const settled = () =>
    new Promise((resolve) => {
      setImmediate(resolve);
    });
  return {
    begun,
    work,
    end: (item: number) => (ends.get(item)?.resolve(`made of ${item}`), settled()),
    fail: (item: number) => (ends.get(item)?.reject(new Error(`no ${item}`)), settled()),
  };
}

describe('work for each of many items', () => {
  test('is done for so many at once, and what comes of it keeps its order', async () => {
    const { begun, work, end } = heldWork();
    const all = mapAtMost(2, [1, 2, 3, 4], work);
    expect(begun).toEqual([1, 2]);
    await end(2);
    expect(begun).toEqual([1, 2, 3]);
    for (const item of [1, 3, 4]) await end(item);
    expect(await all).toEqual(['made of 1', 'made of 2', 'made of 3', 'made of 4']);
  });

  test('is begun for no other once it has failed, and what was begun is waited for', async () => {
    const { begun, work, end, fail } = heldWork();
    let isOver = false;
    const all = mapAtMost(2, [1, 2, 3, 4], work).finally(() => (isOver = true));
    all.catch(() => undefined);
    await fail(1);
    expect(isOver).toBe(false);
    await end(2);
    await expect(all).rejects.toThrow('no 1');
    expect(begun).toEqual([1, 2]);
  });

  test('of none is over at once', async () => {
    expect(await mapAtMost(4, [], () => Promise.reject(new Error('there is none')))).toEqual([]);
  });
});

test('chunks hold every item once, in order', () => {
  expect(chunksOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  expect(chunksOf([], 2)).toEqual([]);
});

test('work that is done once gives every call the same result, and once for each key', () => {
  let done = 0;
  const count = once(() => (done += 1));
  const keys: string[] = [];
  const countOf = onceForEach((key: string) => keys.push(key));

  expect([count(), count()]).toEqual([1, 1]);
  expect(['a', 'b', 'a'].map(countOf)).toEqual([1, 2, 1]);
  expect(keys).toEqual(['a', 'b']);
});
