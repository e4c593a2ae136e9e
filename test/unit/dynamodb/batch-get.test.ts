import { describe, expect, test } from '@jest/globals';
import type { BatchGetCommandInput } from '@aws-sdk/lib-dynamodb';
import { batchGet } from '../../../lib/dynamodb/batch-get.js';
import { TableLink } from '../../../lib/dynamodb/table-link.js';
import { fakeClient, fakeClients, type FakeClient } from '../support/fake-client.js';
import { fakeSystem } from '../support/fake-system.js';

type Key = Record<string, unknown>;
type KeysByTable = Record<string, Key[]>;

const keysOf = ({ RequestItems }: BatchGetCommandInput): KeysByTable =>
  Object.fromEntries(
    Object.entries(RequestItems ?? {}).map(([table, { Keys }]) => [table, Keys ?? []]),
  );

const countKeys = (keys: KeysByTable): number => Object.values(keys).flat().length;

/** A store that holds an item for every key, and answers `take` keys of each table in a call. */
const storeThatAnswers = (take: (call: number) => number): FakeClient =>
  fakeClient((input: BatchGetCommandInput, call) => {
    const asked = Object.entries(keysOf(input));
    const left = asked
      .map(([table, keys]) => [table, keys.slice(take(call))] as const)
      .filter(([, keys]) => keys.length > 0);
    return {
      Responses: Object.fromEntries(
        asked.map(([table, keys]) => [
          table,
          keys.slice(0, take(call)).map((key) => ({ ...key, of: table })),
        ]),
      ),
      UnprocessedKeys: Object.fromEntries(left.map(([table, Keys]) => [table, { Keys }])),
    };
  });

const idsUpTo = (count: number): Key[] => Array.from({ length: count }, (_, id) => ({ id }));

const reading = (read: FakeClient, system = fakeSystem()) => ({
  system,
  get: (keys: KeysByTable) =>
    batchGet(new TableLink('eu-west-1', fakeClients({ read }), system), system, keys),
});

const everything = Number.POSITIVE_INFINITY;

describe('reading many items', () => {
  test('asks for all of them in one consistent call, of both tables', async () => {
    const read = storeThatAnswers(() => everything);
    const found = await reading(read).get({ books: idsUpTo(2), orders: [{ id: 'a' }] });
    expect(read.sent).toEqual([
      {
        RequestItems: {
          books: { Keys: idsUpTo(2), ConsistentRead: true },
          orders: { Keys: [{ id: 'a' }], ConsistentRead: true },
        },
      },
    ]);
    expect(found).toEqual({
      books: [
        { id: 0, of: 'books' },
        { id: 1, of: 'books' },
      ],
      orders: [{ id: 'a', of: 'orders' }],
    });
  });

  test('leaves out those that do not exist, and has each table that was asked', async () => {
    const read = fakeClient(() => ({}));
    expect(await reading(read).get({ books: idsUpTo(2), orders: idsUpTo(1) })).toEqual({
      books: [],
      orders: [],
    });
  });

  test('asks nobody for nothing: DynamoDB refuses an empty batch', async () => {
    const read = storeThatAnswers(() => everything);
    expect(await reading(read).get({ books: [] })).toEqual({ books: [] });
    expect(read.sent).toEqual([]);
  });

  test('asks for at most a hundred keys in a call, counted over the tables', async () => {
    const read = storeThatAnswers(() => everything);
    const found = await reading(read).get({ books: idsUpTo(130), orders: idsUpTo(100) });
    const asked = read.sent.map((input) => keysOf(input as BatchGetCommandInput));
    expect(asked.map(countKeys)).toEqual([100, 100, 30]);
    expect(asked.map((keys) => Object.keys(keys))).toEqual([
      ['books'],
      ['books', 'orders'],
      ['orders'],
    ]);
    expect(found['books']).toHaveLength(130);
    expect(found['orders']).toHaveLength(100);
  });

  test('asks again, consistently and after a pause, for what was left unprocessed', async () => {
    const read = storeThatAnswers((call) => (call < 2 ? 4 : everything));
    const { system, get } = reading(read);
    const found = await get({ books: idsUpTo(10) });
    expect(found['books']?.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(read.sent).toHaveLength(3);
    expect(read.sent[2]).toEqual({
      RequestItems: { books: { Keys: [{ id: 8 }, { id: 9 }], ConsistentRead: true } },
    });
    expect(system.slept).toEqual([50, 100]);
  });

  test('never takes what was left unprocessed for what does not exist', async () => {
    const read = storeThatAnswers(() => 0);
    await expect(reading(read).get({ books: idsUpTo(3) })).rejects.toMatchObject({
      name: 'UnavailableError',
      where: 'eu-west-1',
      isUnknown: false,
    });
    expect(read.sent).toHaveLength(8);
  });

  test('asks for each hundred at once, and for what is left of one by itself', async () => {
    const read = storeThatAnswers((call) => (call === 0 ? 60 : everything));
    const found = await reading(read).get({ books: idsUpTo(150) });
    expect(new Set(found['books']?.map(({ id }) => id)).size).toBe(150);
    expect(read.sent.map((input) => countKeys(keysOf(input as BatchGetCommandInput)))).toEqual([
      100, 50, 40,
    ]);
  });
});
