import { describe, expect, test } from '@jest/globals';
import { ofEveryShard, shards } from '../../../lib/dynamodb/sharding.js';
import { UnavailableError } from '../../../lib/errors.js';

const unavailable = () => new UnavailableError('there', { isUnknown: false });

describe('every shard', () => {
  test('is read once, at once', async () => {
    const read: string[] = [];
    const answers = await ofEveryShard((shard) => {
      read.push(shard);
      return Promise.resolve(shard);
    });
    expect([read, answers]).toEqual([shards, shards]);
  });

  test('is read where a circuit lets only the first call through, until that is answered', async () => {
    let isAnswered = false;
    const answers = await ofEveryShard(async (shard) => {
      if (shard !== shards[0] && !isAnswered) throw unavailable();
      await Promise.resolve();
      isAnswered = true;
      return shard;
    });
    expect(answers).toEqual(shards);
  });

  test('is not asked again where the first call was not answered', async () => {
    let calls = 0;
    const reading = ofEveryShard(() => {
      calls += 1;
      return Promise.reject(unavailable());
    });
    await expect(reading).rejects.toThrow(UnavailableError);
    expect(calls).toBe(shards.length);
  });
});
