import { describe, expect, test } from '@jest/globals';
import { forEachOf } from '../../lib/concurrency.js';

/** Work that ends when the test says so. */
function heldWork() {
  const begun: number[] = [];
  const ends = new Map<number, { resolve(): void; reject(error: Error): void }>();
  const work = (item: number) => {
    begun.push(item);
    return new Promise<void>((resolve, reject) => ends.set(item, { resolve, reject }));
  };
  const settled = () =>
    new Promise((resolve) => {
      setImmediate(resolve);
    });
  return {
    begun,
    work,
    end: (item: number) => (ends.get(item)?.resolve(), settled()),
    fail: (item: number) => (ends.get(item)?.reject(new Error(`no ${item}`)), settled()),
  };
}

describe('work for each of many items', () => {
  test('is done for so many at once, and for the next one when one of them ends', async () => {
    const { begun, work, end } = heldWork();
    const all = forEachOf([1, 2, 3, 4], 2, work);
    expect(begun).toEqual([1, 2]);
    await end(2);
    expect(begun).toEqual([1, 2, 3]);
    for (const item of [1, 3, 4]) await end(item);
    await all;
    expect(begun).toEqual([1, 2, 3, 4]);
  });

  test('is begun for no other once it has failed, and what was begun is waited for', async () => {
    const { begun, work, end, fail } = heldWork();
    let isOver = false;
    const all = forEachOf([1, 2, 3, 4], 2, work).finally(() => (isOver = true));
    all.catch(() => undefined);
    await fail(1);
    expect(isOver).toBe(false);
    await end(2);
    await expect(all).rejects.toThrow('no 1');
    expect(begun).toEqual([1, 2]);
  });

  test('of none is over at once', async () => {
    await forEachOf([], 4, () => Promise.reject(new Error('there is none')));
  });
});
