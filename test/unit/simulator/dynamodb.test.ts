/** What DynamoDB may do and no emulator shows: old answers, lagging indexes, refusals, short pages. */
import { describe, expect, test } from '@jest/globals';
import {
  ProvisionedThroughputExceededException,
  ResourceNotFoundException,
  ThrottlingException,
  TransactionCanceledException,
  TransactionConflictException,
} from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { calm, type Behaviour } from '../../../simulator/dynamodb/behaviour.js';
import { toEventRecord } from '../../../simulator/dynamodb/stream-event.js';
import { SimulatedTables } from '../../../simulator/dynamodb/tables.js';
import { UnsupportedRequestError } from '../../../simulator/dynamodb/expressions/unsupported.js';

const TableName = 'books';
const IndexName = 'by-topic';

const definition = {
  TableName,
  AttributeDefinitions: [
    { AttributeName: 'id', AttributeType: 'S' as const },
    { AttributeName: 'topic', AttributeType: 'S' as const },
    { AttributeName: 'place', AttributeType: 'N' as const },
  ],
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' as const }],
  GlobalSecondaryIndexes: [
    {
      IndexName,
      KeySchema: [
        { AttributeName: 'topic', KeyType: 'HASH' as const },
        { AttributeName: 'place', KeyType: 'RANGE' as const },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' as const },
    },
  ],
};

function tablesThat(behaviour: Partial<Behaviour> = {}, longestLagMs = 1_000): SimulatedTables {
  const tables = new SimulatedTables({ behaviour: { ...calm, ...behaviour }, longestLagMs });
  tables.create(definition);
  return tables;
}

const put = (id: string, rest: object = {}) => new PutCommand({ TableName, Item: { id, ...rest } });
const get = (id: string, ConsistentRead?: boolean) =>
  new GetCommand({ TableName, Key: { id }, ConsistentRead });
const ofTopic = (topic: string) =>
  new QueryCommand({
    TableName,
    IndexName,
    KeyConditionExpression: 'topic = :topic',
    ExpressionAttributeValues: { ':topic': topic },
  });
const idsOf = (answer: object): unknown[] =>
  (answer as { Items: { id: unknown }[] }).Items.map(({ id }) => id);

describe('a read that does not ask for consistency', () => {
  test('sees the table as it was', () => {
    const tables = tablesThat({ readLagMs: () => 10 });
    tables.execute(put('a', { n: 1 }), 100);
    tables.execute(put('a', { n: 2 }), 105);

    expect(tables.execute(get('a'), 109)).toEqual({});
    expect(tables.execute(get('a'), 114)).toEqual({ Item: { id: 'a', n: 1 } });
    expect(tables.execute(get('a'), 115)).toEqual({ Item: { id: 'a', n: 2 } });
    expect(tables.execute(get('a', true), 115)).toEqual({ Item: { id: 'a', n: 2 } });
    expect(tables.execute(new ScanCommand({ TableName }), 115)).toMatchObject({ Count: 1 });
  });

  test('still sees what was there before the longest lag', () => {
    const tables = tablesThat({ readLagMs: () => 1_000 });
    tables.execute(put('a', { n: 1 }), 0);
    for (const atMs of [5_000, 6_000]) tables.execute(put('a', { n: atMs }), atMs);

    expect(tables.execute(get('a'), 6_000)).toEqual({ Item: { id: 'a', n: 5_000 } });
  });

  test('may not be older than the tables remember', () => {
    const tables = tablesThat({ readLagMs: () => 2_000 });
    expect(() => tables.execute(get('a'), 0)).toThrow(RangeError);
  });
});

describe('an index', () => {
  test('shows a change later than its table, and may miss an item that moves', () => {
    const lags = [0, 5, 20];
    const tables = tablesThat({ indexLagMs: () => lags.shift() ?? 0 });
    tables.execute(put('a', { topic: 'old', place: 1 }), 100);
    tables.execute(put('a', { topic: 'new', place: 1 }), 100);

    const shownAt = (atMs: number) =>
      ['old', 'new'].filter((topic) => idsOf(tables.execute(ofTopic(topic), atMs)).length > 0);
    expect(shownAt(104)).toEqual(['old']);
    expect(shownAt(105)).toEqual([]);
    expect(shownAt(120)).toEqual(['new']);
  });

  test('shows one item’s changes in their order', () => {
    const lags = [50, 0, 0];
    const tables = tablesThat({ indexLagMs: () => lags.shift() ?? 0 });
    tables.execute(put('a', { topic: 't', place: 1 }), 100);
    tables.execute(put('a', { topic: 't', place: 2 }), 110);

    expect(tables.execute(ofTopic('t'), 149)).toMatchObject({ Items: [] });
    expect(tables.execute(ofTopic('t'), 150)).toMatchObject({ Items: [{ place: 2 }] });
  });

  test('is read as it was, too', () => {
    const tables = tablesThat({ readLagMs: () => 10 });
    for (const place of [1, 2, 3]) {
      tables.execute(put('a', { topic: 't', place }), 100 * place);
    }
    expect(tables.execute(ofTopic('t'), 305)).toMatchObject({ Items: [{ place: 2 }] });
    expect(tables.execute(ofTopic('t'), 310)).toMatchObject({ Items: [{ place: 3 }] });
  });

  test('forgets what no read may ask for, and shows what is there', () => {
    const tables = tablesThat({ readLagMs: () => 10 }, 10);
    for (let atMs = 0; atMs < 1_000; atMs += 1) {
      tables.execute(put(`b${atMs % 3}`, { topic: 't', place: atMs % 7 }), atMs);
    }
    expect(new Set(idsOf(tables.execute(ofTopic('t'), 2_000)))).toEqual(
      new Set(['b0', 'b1', 'b2']),
    );
    expect(tables.execute(ofTopic('t'), 2_000)).toMatchObject({ Count: 3 });
  });
});

test('a page is as short as it may be, and the next goes on behind it', () => {
  const tables = tablesThat({ pageSize: () => 2 });
  for (const place of [1, 2, 3]) tables.execute(put(`b${place}`, { topic: 't', place }), 0);

  const first = tables.execute(ofTopic('t'), 1) as { LastEvaluatedKey: Record<string, unknown> };
  expect(idsOf(first)).toEqual(['b1', 'b2']);
  const { input } = ofTopic('t');
  const next = new QueryCommand({ ...input, ExclusiveStartKey: first.LastEvaluatedKey });
  expect(idsOf(tables.execute(next, 1))).toEqual(['b3']);
});

describe('a BatchGetItem', () => {
  const batch = new BatchGetCommand({
    RequestItems: { [TableName]: { Keys: [{ id: 'a' }, { id: 'b' }], ConsistentRead: true } },
  });

  test('leaves keys for the next call', () => {
    const tables = tablesThat({ isUnprocessed: (_table, id) => id === 'b' });
    tables.execute(put('a'), 0);
    expect(tables.execute(batch, 0)).toEqual({
      Responses: { [TableName]: [{ id: 'a' }] },
      UnprocessedKeys: { [TableName]: { Keys: [{ id: 'b' }], ConsistentRead: true } },
    });
  });

  test('that could look up nothing is refused', () => {
    const tables = tablesThat({ isUnprocessed: () => true });
    expect(() => tables.execute(batch, 0)).toThrow(ProvisionedThroughputExceededException);
  });
});

describe('a refused request changes nothing', () => {
  test.each([
    ['TransactionConflict', TransactionConflictException],
    ['ThrottlingError', ThrottlingException],
    ['ProvisionedThroughputExceeded', ProvisionedThroughputExceededException],
  ] as const)('a write, for %s', (refusal, exception) => {
    const tables = tablesThat({ writeRefusal: () => refusal });
    expect(() => tables.execute(put('a'), 0)).toThrow(exception);
    expect(tables.backup(TableName)).toEqual([]);
  });

  test('a transaction, which also tells of the conditions that failed', () => {
    const tables = tablesThat({
      writeRefusal: (_table, id) => (id === 'a' ? 'TransactionConflict' : undefined),
    });
    tables.execute(put('b'), 0);
    const condition = {
      ConditionExpression: 'attribute_not_exists(id)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    };
    const transaction = new TransactWriteCommand({
      TransactItems: ['a', 'b', 'c'].map((id) => ({
        Put: { TableName, Item: { id }, ...condition },
      })),
    });
    const attempt = () => tables.execute(transaction, 1);
    expect(attempt).toThrow(TransactionCanceledException);
    expect(attempt).toThrow(
      expect.objectContaining({
        CancellationReasons: [
          expect.objectContaining({ Code: 'TransactionConflict' }),
          expect.objectContaining({ Code: 'ConditionalCheckFailed', Item: { id: { S: 'b' } } }),
          { Code: 'None' },
        ],
      }),
    );
    expect(tables.backup(TableName)).toEqual([{ id: 'b' }]);
  });

  test('a read', () => {
    const tables = tablesThat({ readRefusal: () => 'ThrottlingError' });
    expect(() => tables.execute(get('a'), 0)).toThrow(ThrottlingException);
  });
});

describe('a stream', () => {
  test('tells each change once, and nothing of a write that changes nothing', () => {
    const tables = tablesThat();
    for (const n of [1, 1, 2]) tables.execute(put('a', { n }), n);
    tables.expire(TableName, 'a', 9);

    expect(tables.stream(TableName)).toEqual([
      { sequence: 0, atMs: 1, id: 'a', before: undefined, after: { id: 'a', n: 1 } },
      { sequence: 1, atMs: 2, id: 'a', before: { id: 'a', n: 1 }, after: { id: 'a', n: 2 } },
      { sequence: 2, atMs: 9, id: 'a', before: { id: 'a', n: 2 }, after: undefined },
    ]);
  });

  test('is handed on as Lambda does', () => {
    const tables = tablesThat();
    for (const n of [1, 2]) tables.execute(put('a', { n }), 1_500);
    const events = tables
      .stream(TableName)
      .map((record) => toEventRecord(record, { region: 'eu-west-1', table: TableName, key: 'id' }));

    expect(events.map(({ eventName }) => eventName)).toEqual(['INSERT', 'MODIFY']);
    expect(events[1]?.dynamodb).toMatchObject({
      ApproximateCreationDateTime: 1.5,
      Keys: { id: { S: 'a' } },
      OldImage: { id: { S: 'a' }, n: { N: '1' } },
      NewImage: { id: { S: 'a' }, n: { N: '2' } },
    });
  });
});

describe('a backup', () => {
  test('fills a table of another name: complete, current, and with a stream of its own', () => {
    const tables = tablesThat({ readLagMs: () => 1_000, indexLagMs: () => 1_000 });
    tables.execute(put('a', { topic: 't', place: 1 }), 100);
    const backup = tables.backup(TableName);
    tables.execute(put('a', { topic: 'other', place: 1 }), 101);
    tables.create({ ...definition, TableName: 'books-2' }, backup);

    const { input } = ofTopic('t');
    const query = new QueryCommand({ ...input, TableName: 'books-2' });
    expect(idsOf(tables.execute(query, 101))).toEqual(['a']);
    expect(tables.stream('books-2')).toEqual([]);
  });

  test('outlives its table', () => {
    const tables = tablesThat();
    tables.execute(put('a'), 0);
    const backup = tables.backup(TableName);
    tables.remove(TableName);
    expect(() => tables.execute(get('a'), 1)).toThrow(ResourceNotFoundException);
    expect(backup).toEqual([{ id: 'a' }]);
  });
});

test('what is stored is nobody’s to change', () => {
  const tables = tablesThat();
  const tags = ['x'];
  tables.execute(put('a', { tags }), 0);
  tags.push('y');
  const { Item } = tables.execute(get('a', true), 0) as { Item: { tags: string[] } };
  expect(Item.tags).toEqual(['x']);
  expect(() => Item.tags.push('z')).toThrow(TypeError);
});

test('time does not run backwards', () => {
  const tables = tablesThat();
  tables.execute(put('a'), 5);
  expect(() => tables.execute(get('a'), 4)).toThrow(RangeError);
});

describe('a table with a sort key', () => {
  const words = {
    TableName: 'words',
    AttributeDefinitions: [
      { AttributeName: 'bucket', AttributeType: 'S' as const },
      { AttributeName: 'place', AttributeType: 'S' as const },
    ],
    KeySchema: [
      { AttributeName: 'bucket', KeyType: 'HASH' as const },
      { AttributeName: 'place', KeyType: 'RANGE' as const },
    ],
  };
  const filled = (): SimulatedTables => {
    const tables = new SimulatedTables({ longestLagMs: 1_000 });
    tables.create(words);
    for (const [bucket, place] of [
      ['b', 'x'],
      ['a', 'é'],
      ['a', 'e'],
      ['a', 'z'],
    ] as const) {
      const Put = { TableName: 'words', Item: { bucket, place } };
      tables.execute(new TransactWriteCommand({ TransactItems: [{ Put }] }), 0);
    }
    return tables;
  };
  const between = (low: string, high: string, Limit?: number) =>
    new QueryCommand({
      TableName: 'words',
      KeyConditionExpression: 'bucket = :bucket AND place BETWEEN :low AND :high',
      ExpressionAttributeValues: { ':bucket': 'a', ':low': low, ':high': high },
      Limit,
    });

  test('shows a part of a partition in order, a page at a time', () => {
    expect(filled().execute(between('e', 'é'), 0)).toMatchObject({
      Items: [{ place: 'e' }, { place: 'z' }, { place: 'é' }],
    });
    expect(filled().execute(between('e', 'y', 1), 0)).toMatchObject({
      Items: [{ place: 'e' }],
      LastEvaluatedKey: { bucket: 'a', place: 'e' },
    });
    expect(() => filled().execute(between('z', 'a'), 0)).toThrow(/upper bound/);
  });

  test('loses an item that a transaction deletes, and no other', () => {
    const tables = filled();
    const Delete = { TableName: 'words', Key: { bucket: 'a', place: 'z' } };
    tables.execute(new TransactWriteCommand({ TransactItems: [{ Delete }] }), 1);
    expect(tables.execute(between('e', 'é'), 1)).toMatchObject({
      Items: [{ place: 'e' }, { place: 'é' }],
    });
    const Keys = [
      { bucket: 'a', place: 'z' },
      { bucket: 'b', place: 'x' },
    ];
    const read = new BatchGetCommand({ RequestItems: { words: { Keys } } });
    expect(tables.execute(read, 1)).toMatchObject({ Responses: { words: [Keys[1]] } });
  });
});

describe('what the store never sends is not guessed at', () => {
  const update = (UpdateExpression: string) =>
    new UpdateCommand({ TableName, Key: { id: 'a' }, UpdateExpression });
  const condition = (ConditionExpression: string) =>
    new PutCommand({ TableName, Item: { id: 'a' }, ConditionExpression });

  test.each<[string, { readonly input: object }]>([
    ['another command', new DeleteCommand({ TableName, Key: { id: 'a' } })],
    ['another field', new GetCommand({ TableName, Key: { id: 'a' }, ProjectionExpression: 'id' })],
    ['another update', update('REMOVE n')],
    ['a second clause', update('SET n = m ADD m n')],
    ['a place in a list', update('SET n = m[0]')],
    ['another function', condition('size(n) > n')],
    ['another condition', condition('NOT attribute_exists(id)')],
    ['a set', put('a', { tags: new Set(['x']) })],
    ['a date', put('a', { at: new Date(0) })],
    ['a number that would be rounded', put('a', { n: 2 ** 60 })],
    ['half a character', put('a', { t: '\ud83d' })],
    [
      'a transaction with a part that checks',
      new TransactWriteCommand({
        TransactItems: [
          {
            ConditionCheck: {
              TableName,
              Key: { id: 'a' },
              ConditionExpression: 'attribute_exists(id)',
            },
          },
        ],
      }),
    ],
    ['a query of the table', new QueryCommand({ TableName, KeyConditionExpression: 'id = id' })],
    [
      'other values returned',
      new UpdateCommand({ ...update('SET n = m').input, ReturnValues: 'UPDATED_NEW' }),
    ],
  ])('%s', (_what, command) => {
    expect(() => tablesThat().execute(command, 0)).toThrow(UnsupportedRequestError);
  });

  test('tables of another kind', () => {
    const tables = new SimulatedTables();
    const KeySchema = [
      ...definition.KeySchema,
      { AttributeName: 'place', KeyType: 'RANGE' as const },
    ];
    const [index] = definition.GlobalSecondaryIndexes;
    const whole = {
      ...index,
      IndexName,
      KeySchema,
      Projection: { ProjectionType: 'ALL' as const },
    };
    expect(() => tables.create({ ...definition, KeySchema })).toThrow(UnsupportedRequestError);
    expect(() => tables.create({ ...definition, GlobalSecondaryIndexes: [whole] })).toThrow(
      UnsupportedRequestError,
    );
  });
});
