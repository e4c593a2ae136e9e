/**
 * The simulator's DynamoDB against the emulator's: the same random requests, and the store's own
 * operations, come to the same on both, and leave the same items and stream images.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DynamoDBServiceException, type AttributeValue } from '@aws-sdk/client-dynamodb';
import {
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import * as fc from 'fast-check';
import { BazarError } from '../../lib/errors.js';
import { parametersOf } from '../support/properties.js';
import { openShop, operate, randomOperations } from '../support/random-operations.js';
import { randomRequests, send } from '../support/random-requests.js';
import { startTwins, type TwinMaker, type Twins } from '../support/twin-tables.js';

let maker: TwinMaker;

beforeAll(async () => {
  maker = await startTwins();
});

afterAll(() => maker.stop());

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

/**
 * Where the emulator takes what DynamoDB refuses with a ValidationException. The simulator is as
 * strict as DynamoDB, so random requests leave these out.
 */
describe('stricter than the emulator', () => {
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

  test.each<[string, () => object]>([
    [
      'a value that no expression uses, where the condition is false',
      () =>
        new PutCommand({
          ...put,
          ConditionExpression: 'n = :two',
          ExpressionAttributeValues: { ':two': 2, ':three': 3 },
        }),
    ],
    [
      'the order of what has none',
      () =>
        new PutCommand({
          ...put,
          ConditionExpression: 'n < :nothing OR n = n',
          ExpressionAttributeValues: { ':nothing': null },
        }),
    ],
    [
      'a range key of more than 1024 bytes',
      () => new PutCommand({ ...put, Item: { ...Key, shelf: '1', shelfKey: 'x'.repeat(1025) } }),
    ],
    [
      'an attribute of what is no map',
      () =>
        new UpdateCommand({
          TableName,
          Key,
          UpdateExpression: 'SET t.x = :one',
          ExpressionAttributeValues: { ':one': 1 },
        }),
    ],
    [
      'a change of the key, where the condition is false',
      () =>
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
      () =>
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
      () =>
        new TransactWriteCommand({
          TransactItems: [{ Put: { ...put, Item: { ...Key, shard: null } } }],
        }),
    ],
    [
      'two operations in one part of a transaction',
      () =>
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
      'a partition of the empty text',
      () => new QueryCommand({ ...byShard, ExpressionAttributeValues: { ':shard': '' } }),
    ],
    [
      'a partition of another type',
      () => new QueryCommand({ ...byShard, ExpressionAttributeValues: { ':shard': 1 } }),
    ],
    [
      'a start in another partition',
      () =>
        new QueryCommand({ ...byShard, ExclusiveStartKey: { ...Key, shard: '2', changedAt: 1 } }),
    ],
  ])('refuses %s', async (_what, makeCommand) => {
    const twins = await maker.make();
    const [emulated, simulated] = await onBoth(async (twin) => {
      await twins[twin].client.send(new PutCommand(put));
      await twins[twin].client.send(makeCommand() as never);
    });
    expect(simulated).toMatchObject({ error: 'ValidationException' });
    expect(emulated).not.toMatchObject({ error: 'ValidationException' });
  });
});
