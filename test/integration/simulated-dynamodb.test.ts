/**
 * The simulator's DynamoDB against the emulator's: the same random requests, and the store's own
 * operations, come to the same on both, and leave the same items and stream images.
 */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { DynamoDBServiceException, type AttributeValue } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import * as fc from 'fast-check';
import { BazarError } from '../../lib/errors.js';
import { parametersOf } from '../support/random/properties.js';
import { openShop, operate, randomOperations } from '../support/random/random-operations.js';
import { randomRequests, send } from '../support/random/random-requests.js';
import type { Twins } from '../support/tables/twin-tables.js';
import { openTwins } from '../support/stages/open.js';

const maker = await openTwins();

const usual = {
  // Fixed, so that what the emulator does by chance is found when somebody looks for it.
  seed: 20_261_121,
  // Milliseconds: what is found until then is told, however slow the machine.
  interruptAfterTimeLimit: 60_000,
};

test('random requests have the same outcomes', async () => {
  const property = fc.asyncProperty(
    fc.array(randomRequests, { minLength: 30, maxLength: 60 }),
    async (requests) => {
      const twins = await maker.make();
      for (const request of requests) {
        twins.nowMs += 1;
        const [emulated, simulated] = await onBoth((twin) => send(twins[twin].client, request));
        expect(simulated).toEqual(emulated);
      }
      await expectSameTables(twins);
    },
  );
  await fc.assert(property, parametersOf({ ...usual, numRuns: 16 }));
});

test('the store’s own operations have the same outcomes', async () => {
  const property = fc.asyncProperty(randomOperations, async (operations) => {
    const twins = await maker.make();
    const shops = {
      emulated: openShop(twins.emulated.client, () => twins.nowMs),
      simulated: openShop(twins.simulated.client, () => twins.nowMs),
    };
    for (const operation of operations) {
      twins.nowMs += 1;
      const [emulated, simulated] = await onBoth((twin) => operate(shops[twin], operation));
      expect(simulated).toEqual(emulated);
    }
    await expectSameTables(twins);
  });
  await fc.assert(property, parametersOf({ ...usual, numRuns: 10 }));
});

type TwinName = 'emulated' | 'simulated';

const onBoth = async (ask: (twin: TwinName) => Promise<unknown>) => [
  await outcomeOf(() => ask('emulated')),
  await outcomeOf(() => ask('simulated')),
];

interface Details {
  readonly Item?: Record<string, AttributeValue>;
  readonly CancellationReasons?: { Code?: string; Item?: Record<string, AttributeValue> }[];
}

/** What was answered or thrown, an error without its words. */
async function outcomeOf(ask: () => Promise<unknown>): Promise<unknown> {
  try {
    return { answer: await ask() };
  } catch (error) {
    if (error instanceof BazarError) return { error: Object.fromEntries(Object.entries(error)) };
    if (!(error instanceof DynamoDBServiceException)) throw error;
    const { name, Item, CancellationReasons } = error as DynamoDBServiceException & Details;
    return {
      error: name,
      item: Item,
      reasons: CancellationReasons?.map((reason) => ({ code: reason.Code, item: reason.Item })),
    };
  }
}

async function expectSameTables({ tables, streamed, emulated, simulated }: Twins): Promise<void> {
  for (const table of tables) {
    expect(await simulated.items(table)).toEqual(await emulated.items(table));
  }
  for (const table of streamed) {
    expect(await simulated.changes(table)).toEqual(await emulated.changes(table));
  }
}

describe('has the limits of the emulator, which are DynamoDB’s own:', () => {
  let twins: Twins;

  beforeAll(async () => {
    twins = await maker.make();
  });

  const TableName = 'bazar-dev-catalog-1';
  const kb = 1024;
  const text = (bytes: number) => 'x'.repeat(bytes);
  /** An item of a key, and so many bytes besides. */
  const sized = (id: string, bytes: number) => ({
    id,
    rest: text(bytes - `id${id}rest`.length),
  });
  const putting = (id: string, bytes: number) =>
    new PutCommand({ TableName, Item: sized(id, bytes) });
  const adding = (id: string, bytes: number) => ({
    TableName,
    Key: { id },
    UpdateExpression: 'SET more = :more',
    ExpressionAttributeValues: { ':more': text(bytes) },
  });
  const transaction = (count: number, bytes: number) =>
    new TransactWriteCommand({
      TransactItems: Array.from({ length: count }, (_, n) => ({
        Put: { TableName, Item: sized(`t${n}`, bytes) },
      })),
    });
  const gets = (count: number) =>
    new BatchGetCommand({
      RequestItems: {
        [TableName]: {
          Keys: Array.from({ length: count }, (_, n) => ({ id: `k${n}` })),
          ConsistentRead: true,
        },
      },
    });
  const condition = (bytes: number) => {
    const [begin, end] = ['attribute_not_exists(', ')'];
    const name = text(bytes - begin.length - end.length);
    return new PutCommand({
      TableName,
      Item: { id: 'a' },
      ConditionExpression: `${begin}${name}${end}`,
    });
  };
  // All kinds of values in one item, each with what it counts for.
  const mixed = (filling: number) =>
    new PutCommand({
      TableName,
      Item: {
        id: 'a',
        n: 1200,
        list: [1, null, 'x'],
        map: { a: true, b: {} },
        rest: text(filling),
      },
    });
  const mixedBytes = 3 + (1 + 2) + (4 + 3 + 3 + 2 + 1 + 1) + (3 + 3 + 2 + 1 + 1 + 1 + 3) + 4;

  test.each<[string, object, object]>([
    ['400 KB an item', putting('a', 400 * kb), putting('a', 400 * kb + 1)],
    ['of every kind of value', mixed(400 * kb - mixedBytes), mixed(400 * kb - mixedBytes + 1)],
    ['as it grows', new UpdateCommand(adding('b', kb)), new UpdateCommand(adding('b', 2 * kb))],
    [
      'in a transaction too',
      new TransactWriteCommand({ TransactItems: [{ Update: adding('b', kb) }] }),
      new TransactWriteCommand({ TransactItems: [{ Update: adding('b', 2 * kb) }] }),
    ],
    ['100 actions of a transaction', transaction(100, 20), transaction(101, 20)],
    ['and 4 MB', transaction(10, 400 * kb), transaction(11, 400 * kb)],
    ['100 keys of a batch', gets(100), gets(101)],
    ['4 KB an expression', condition(4 * kb), condition(4 * kb + 1)],
    [
      '2,048 bytes a key',
      new PutCommand({ TableName, Item: { id: text(2048) } }),
      new PutCommand({ TableName, Item: { id: text(2049) } }),
    ],
  ])('%s', async (_what, good, bad) => {
    for (const twin of ['emulated', 'simulated'] as const) {
      await twins[twin].client.send(putting('b', 398 * kb));
    }
    const [emulated, simulated] = await onBoth((twin) =>
      twins[twin].client.send(good as never).then(() => 'taken'),
    );
    expect([emulated, simulated]).toEqual([{ answer: 'taken' }, { answer: 'taken' }]);
    const refused = await onBoth((twin) => twins[twin].client.send(bad as never));
    expect(refused[1]).toEqual(refused[0]);
    expect(refused[0]).toMatchObject({ error: expect.stringMatching(/Validation|Cancel/) });
  });

  test('16 MB a batch, 1 MB a page', async () => {
    const wide = (n: number) => String(n).padStart(4, '0').padEnd(1000, 'w');
    for (const twin of ['emulated', 'simulated'] as const) {
      const { client } = twins[twin];
      for (let n = 0; n < 50; n += 1) await client.send(putting(`k${n}`, 390 * kb));
      for (let n = 0; n < 1_200; n += 1) {
        const Item = { id: `s${n}`, shelf: '1', shelfKey: wide(n) };
        await client.send(new PutCommand({ TableName, Item }));
      }
    }
    const pages = await onBoth(async (twin) => {
      const { client } = twins[twin];
      const batch = await client.send(gets(50));
      const query = await client.send(
        new QueryCommand({
          TableName,
          IndexName: 'listing',
          KeyConditionExpression: 'shelf = :shelf',
          ExpressionAttributeValues: { ':shelf': '1' },
        }),
      );
      return {
        got: batch.Responses?.[TableName]?.length,
        left: batch.UnprocessedKeys?.[TableName]?.Keys?.length,
        keys: query.Count,
        last: query.LastEvaluatedKey?.['id'],
      };
    });
    expect(pages[0]).toMatchObject({ answer: { got: 42, left: 8 } });
    expect(pages[1]).toEqual(pages[0]);
  });
});

/**
 * Where the emulator takes what DynamoDB refuses with a ValidationException. The simulator is as
 * strict as DynamoDB, so random requests leave these out.
 */
describe('stricter than the emulator', () => {
  let twins: Twins;

  beforeAll(async () => {
    twins = await maker.make();
  });

  const TableName = 'bazar-dev-catalog-1';
  const Key = { id: 'a' };
  const put = { TableName, Item: { id: 'a', n: 1, t: null } };
  const byShard = {
    TableName,
    IndexName: 'changes',
    ExpressionAttributeNames: { '#shard': 'shard' },
    ExpressionAttributeValues: { ':shard': '1' },
    KeyConditionExpression: '#shard = :shard',
  };

  test.each<[string, object]>([
    [
      'a value that no expression uses, where the condition is false',
      new PutCommand({
        ...put,
        ConditionExpression: 'n = :two',
        ExpressionAttributeValues: { ':two': 2, ':three': 3 },
      }),
    ],
    [
      'the order of what has none',
      new PutCommand({
        ...put,
        ConditionExpression: 'n < :nothing OR n = n',
        ExpressionAttributeValues: { ':nothing': null },
      }),
    ],
    [
      'a range key of more than 1024 bytes',
      new PutCommand({ ...put, Item: { ...Key, shelf: '1', shelfKey: 'x'.repeat(1025) } }),
    ],
    [
      'an attribute of what is no map',
      new UpdateCommand({
        TableName,
        Key,
        UpdateExpression: 'SET t.x = :one',
        ExpressionAttributeValues: { ':one': 1 },
      }),
    ],
    [
      'a change of the key, where the condition is false',
      new UpdateCommand({
        TableName,
        Key,
        ConditionExpression: 'n = :two',
        UpdateExpression: 'SET id = :two',
        ExpressionAttributeValues: { ':two': 2 },
      }),
    ],
    [
      'one attribute set twice in a transaction',
      new TransactWriteCommand({
        TransactItems: [
          {
            Update: {
              TableName,
              Key,
              UpdateExpression: 'SET n = :one, n = :one',
              ExpressionAttributeValues: { ':one': 1 },
            },
          },
        ],
      }),
    ],
    [
      'a key of an index of no type that it may have, in a transaction',
      new TransactWriteCommand({
        TransactItems: [{ Put: { ...put, Item: { ...Key, shard: null } } }],
      }),
    ],
    [
      'two operations in one part of a transaction',
      new TransactWriteCommand({
        TransactItems: [
          {
            Put: put,
            Update: { TableName, Key: { id: 'b' }, UpdateExpression: 'SET n = n' },
          },
        ],
      }),
    ],
    [
      'a partition key of more than 2048 bytes in a condition',
      new QueryCommand({ ...byShard, ExpressionAttributeValues: { ':shard': 'x'.repeat(2049) } }),
    ],
    [
      'a partition of the empty text',
      new QueryCommand({ ...byShard, ExpressionAttributeValues: { ':shard': '' } }),
    ],
    [
      'a partition of another type',
      new QueryCommand({ ...byShard, ExpressionAttributeValues: { ':shard': 1 } }),
    ],
    [
      'a start in another partition',
      new QueryCommand({ ...byShard, ExclusiveStartKey: { ...Key, shard: '2', changedAt: 1 } }),
    ],
  ])('refuses %s', async (_what, command) => {
    const [emulated, simulated] = await onBoth(async (twin) => {
      await twins[twin].client.send(new PutCommand(put));
      await twins[twin].client.send(command as never);
    });
    expect(simulated).toMatchObject({ error: 'ValidationException' });
    expect(emulated).not.toMatchObject({ error: 'ValidationException' });
  });
});
