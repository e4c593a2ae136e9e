import { describe, expect, test } from '@jest/globals';
import { ofEveryShard, shards } from '../../../lib/dynamodb/sharding.js';
import { NotAskedError, UnavailableError } from '../../../lib/errors.js';

const notAsked = () => new NotAskedError('there', { isUnknown: false });

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
      if (shard !== shards[0] && !isAnswered) throw notAsked();
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
      return Promise.reject(notAsked());
    });
    await expect(reading).rejects.toThrow(UnavailableError);
    expect(calls).toBe(shards.length);
  });

  test('is not asked again for a call that was sent and not answered', async () => {
    const read: string[] = [];
    const reading = ofEveryShard((shard) => {
      read.push(shard);
      if (shard === shards[0]) return Promise.resolve(shard);
      return Promise.reject(new UnavailableError('there', { isUnknown: false }));
    });
    await expect(reading).rejects.toThrow(UnavailableError);
    expect(read).toEqual(shards);
  });
});
