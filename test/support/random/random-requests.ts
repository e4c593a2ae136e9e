/** Random requests of every kind that the store sends to DynamoDB, good ones and bad ones. */
import {
  BatchGetCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import * as fc from 'fast-check';
import { Expression, holds, isThere } from '../../../lib/dynamodb/expression.js';
import type { DocumentClient } from '../../../lib/dynamodb/table-link.js';

type Item = Record<string, unknown>;
type Path = readonly [string, ...string[]];

const ids = fc.constantFrom('a', 'b', 'c', 'd', 'é', '\uffee', '😀');
const goodKeys = ids.map((id): Item => ({ id }));
/** No key at all, one of another type, an empty one, and one too many. */
const badKeys = fc.constantFrom<Item>({}, { id: 1 }, { id: '' }, { id: 'a', n: 1 });
const keys = fc.oneof({ weight: 20, arbitrary: goodKeys }, { weight: 1, arbitrary: badKeys });
const numbers = fc.integer({ min: -2, max: 3 });
const texts = fc.constantFrom('', 'x', 'y', 'xy', '\uffee', '😀');
const scalars = fc.oneof(numbers, texts, fc.boolean(), fc.constant(null));
const values: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: scalars },
  { weight: 1, arbitrary: fc.array(scalars, { maxLength: 3 }) },
  {
    weight: 1,
    arbitrary: fc.dictionary(texts, fc.oneof(scalars, fc.constant(undefined)), { maxKeys: 3 }),
  },
);

interface Index {
  readonly name: string;
  readonly table: 'catalog' | 'orders';
  readonly hash: string;
  readonly range: string;
  readonly ranges: fc.Arbitrary<unknown>;
}

const hashes = fc.constantFrom('0', '1');
const rangeTexts = texts.filter((text) => text !== '');

const indexes: readonly Index[] = [
  { name: 'by-topic', table: 'catalog', hash: 'topicKey', range: 'bookId', ranges: numbers },
  { name: 'listing', table: 'catalog', hash: 'shelf', range: 'shelfKey', ranges: rangeTexts },
  { name: 'changes', table: 'catalog', hash: 'shard', range: 'changedAt', ranges: numbers },
  { name: 'changes', table: 'orders', hash: 'shard', range: 'changedAt', ranges: numbers },
  { name: 'recent', table: 'orders', hash: 'logShard', range: 'placed', ranges: rangeTexts },
];

const indexKeys = Object.fromEntries<fc.Arbitrary<unknown>>(
  indexes.flatMap(({ hash, range, ranges }) => [
    [hash, hashes],
    [range, ranges],
  ]),
);

/** Some not of the type that their index wants. */
const uncheckedIndexKeys = Object.fromEntries(
  Object.entries(indexKeys).map(([attribute, good]) => [
    attribute,
    fc.oneof({ weight: 40, arbitrary: good }, { weight: 1, arbitrary: scalars }),
  ]),
);

const rows = fc.record({
  sold: numbers,
  seq: numbers,
  moved: fc.dictionary(fc.constantFrom('x', 'y'), numbers),
});

const attributes = {
  n: fc.oneof({ weight: 4, arbitrary: numbers }, { weight: 1, arbitrary: values }),
  t: values,
  row: rows,
};

const setPaths = fc.constantFrom<Path>(
  ['n'],
  ['t'],
  ['row'],
  ['row', 'sold'],
  ['row', 'seq'],
  ['row', 'moved', 'x'],
  ['row', 'moved', 'y'],
  ['nowhere', 'at all'],
);

/** Removed only where another is set: where there is no such item or map, the emulator is not as strict. */
const removals = fc.constantFrom<{ removed: Path; beside: Path }>(
  { removed: ['n'], beside: ['n'] },
  { removed: ['t'], beside: ['t'] },
  { removed: ['row'], beside: ['row'] },
  { removed: ['row', 'sold'], beside: ['row', 'seq'] },
);

const paths = fc.oneof(
  { weight: 8, arbitrary: setPaths },
  { weight: 2, arbitrary: fc.constantFrom<Path>(['t', 'x'], ['id']) },
);

/** Adds something to an expression and returns its text. */
type Clause = (expression: Expression) => string;

const terms: fc.Arbitrary<Clause> = fc.oneof(
  fc.tuple(fc.constantFrom('attribute_exists', 'attribute_not_exists'), paths).map(
    ([name, path]): Clause =>
      (expression) =>
        `${name}(${expression.path(...path)})`,
  ),
  fc
    .oneof(
      fc.tuple(paths, fc.constantFrom('=', '<>'), values),
      fc.tuple(paths, fc.constantFrom('<', '<=', '>', '>='), fc.oneof(numbers, texts)),
    )
    .map(
      ([path, comparator, value]): Clause =>
        (expression) =>
          `${expression.path(...path)} ${comparator} ${expression.value(value)}`,
    ),
);

const joined = (clauses: fc.Arbitrary<Clause>, word: string): fc.Arbitrary<Clause> =>
  fc
    .array(clauses, { minLength: 1, maxLength: 3 })
    .map((parts) => (expression) => parts.map((part) => part(expression)).join(` ${word} `));

const grouped = joined(terms, 'OR').map(
  (alternatives): Clause =>
    (expression) =>
      `(${alternatives(expression)})`,
);

const conditions = fc.option(
  joined(
    joined(fc.oneof({ weight: 4, arbitrary: terms }, { weight: 1, arbitrary: grouped }), 'AND'),
    'OR',
  ),
  { nil: undefined, freq: 2 },
);

const assigned: fc.Arbitrary<Clause> = fc.oneof(
  values.map(
    (value): Clause =>
      (expression) =>
        expression.value(value),
  ),
  paths.map(
    (path): Clause =>
      (expression) =>
        expression.path(...path),
  ),
  fc.tuple(paths, fc.constantFrom('+', '-'), numbers).map(
    ([path, sign, number]): Clause =>
      (expression) =>
        `${expression.path(...path)} ${sign} ${expression.value(number)}`,
  ),
  fc.tuple(paths, numbers, numbers).map(([path, first, added]): Clause => (expression) => {
    const counter = `if_not_exists(${expression.path(...path)}, ${expression.value(first)})`;
    return `${counter} + ${expression.value(added)}`;
  }),
);

const indexAssignments = (indexValues: typeof indexKeys) =>
  Object.entries(indexValues).map(([attribute, good]) =>
    good.map((value): [Path, Clause] => [[attribute], (expression) => expression.value(value)]),
  );

const returned = fc.constantFrom<'NONE' | 'ALL_OLD' | undefined>(undefined, 'NONE', 'ALL_OLD');

const missingTable = 'bazar-dev-nowhere-1';
const goodTables = fc.constantFrom('bazar-dev-catalog-1', 'bazar-dev-orders-1');
const tables = fc.oneof(
  { weight: 40, arbitrary: goodTables },
  { weight: 1, arbitrary: fc.constant(missingTable) },
);

interface WriteParts {
  readonly keys: fc.Arbitrary<Item>;
  readonly indexKeys: typeof indexKeys;
  readonly assignments: fc.Arbitrary<[Path, Clause][]>;
}

const putsOf = (parts: WriteParts) =>
  fc
    .record({
      TableName: tables,
      key: parts.keys,
      rest: fc.record({ ...attributes, ...parts.indexKeys }, { requiredKeys: [] }),
      condition: conditions,
      returned,
    })
    .map(({ TableName, key, rest, condition, returned: onFailure }) => {
      const expression = new Expression();
      if (condition) expression.require(condition);
      const put: Item = { ...rest, ...key };
      return {
        TableName,
        Item: put,
        ...expression.toCondition(),
        ReturnValuesOnConditionCheckFailure: onFailure,
      };
    });

const updatesOf = (parts: WriteParts) =>
  fc
    .record({
      TableName: tables,
      Key: parts.keys,
      sets: parts.assignments,
      removal: fc.option(removals, { nil: undefined, freq: 2 }),
      condition: conditions,
      returned,
    })
    .map(({ sets, removal, condition, returned: onFailure, ...update }) => {
      const expression = new Expression();
      if (condition) expression.require(condition);
      for (const [path, value] of sets) expression.set(expression.path(...path), value(expression));
      const isApart = !sets.some(([[attribute]]) => attribute === removal?.removed[0]);
      if (removal && isApart && !condition) {
        expression.require(isThere(...removal.beside));
        expression.remove(expression.path(...removal.removed));
      }
      return {
        ...update,
        ...expression.toUpdate(),
        ReturnValuesOnConditionCheckFailure: onFailure,
      };
    });

const anyParts: WriteParts = {
  keys,
  indexKeys: uncheckedIndexKeys,
  assignments: fc.array(
    fc.oneof(fc.tuple(setPaths, assigned), ...indexAssignments(uncheckedIndexKeys)),
    { minLength: 1, maxLength: 4 },
  ),
};

/** What is wrong whatever the tables hold, the emulator finds in a transaction only late, or never. */
const goodParts: WriteParts = {
  keys: goodKeys,
  indexKeys,
  assignments: fc.uniqueArray(
    fc.oneof(fc.tuple(setPaths, assigned), ...indexAssignments(indexKeys)),
    { minLength: 1, maxLength: 4, selector: ([[attribute]]) => attribute },
  ),
};

const transactions = fc
  .array(
    fc.oneof(fc.record({ Put: putsOf(goodParts) }), fc.record({ Update: updatesOf(goodParts) })),
    { minLength: 1, maxLength: 3 },
  )
  .filter((parts) => {
    const places = parts.map((part) =>
      'Put' in part
        ? { table: part.Put.TableName, id: part.Put.Item['id'] }
        : { table: part.Update.TableName, id: part.Update.Key['id'] },
    );
    const isOneTwice = new Set(places.map((place) => JSON.stringify(place))).size < places.length;
    // Of the two mistakes the emulator names the one that it meets first.
    return !(isOneTwice && places.some(({ table }) => table === missingTable));
  })
  .map((TransactItems) => ({ TransactItems }));

const gets = fc.record({ TableName: tables, Key: keys, ConsistentRead: fc.constant(true) });

const manyGets = (wanted: fc.Arbitrary<Item[]>) =>
  fc.record({ Keys: wanted, ConsistentRead: fc.constant(true) });

/** One table's part may be wrong: of two that are, the emulator names now this, now that. */
const batches = fc
  .record({
    others: fc.dictionary(
      goodTables,
      manyGets(fc.uniqueArray(goodKeys, { minLength: 1, maxLength: 5, selector: ({ id }) => id })),
      { maxKeys: 2 },
    ),
    table: tables,
    gets: manyGets(fc.array(keys, { minLength: 1, maxLength: 5 })),
  })
  .map(({ others, table, gets: some }) => ({ RequestItems: { ...others, [table]: some } }));

const limits = fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined });

const queriesOf = ({ name, table, hash, range, ranges }: Index) =>
  fc
    .record({
      hashValue: hashes,
      bound: fc.option(fc.tuple(fc.constantFrom('=', '<', '<=', '>', '>='), ranges), {
        nil: undefined,
      }),
      ScanIndexForward: fc.option(fc.boolean(), { nil: undefined }),
      Limit: limits,
    })
    .map(({ hashValue, bound, ...order }) => {
      const expression = new Expression();
      expression.require(holds([hash], hashValue));
      if (bound !== undefined) {
        const [comparator, value] = bound;
        expression.require(
          () => `${expression.path(range)} ${comparator} ${expression.value(value)}`,
        );
      }
      const { ConditionExpression: KeyConditionExpression, ...names } = expression.toCondition();
      return {
        TableName: `bazar-dev-${table}-1`,
        IndexName: name,
        KeyConditionExpression,
        ...names,
        ...order,
      };
    });

const scans = fc.record({ TableName: tables, Limit: limits, ConsistentRead: fc.constant(true) });

const kind = <Kind extends string, Input>(name: Kind, inputs: fc.Arbitrary<Input>) =>
  fc.record({ kind: fc.constant(name), input: inputs });

export const randomRequests = fc.oneof(
  { weight: 6, arbitrary: kind('Put', putsOf(anyParts)) },
  {
    weight: 8,
    arbitrary: kind(
      'Update',
      fc
        .tuple(
          updatesOf(anyParts),
          fc.constantFrom<'ALL_NEW' | 'NONE' | undefined>('ALL_NEW', 'NONE', undefined),
        )
        .map(([update, ReturnValues]) => ({ ...update, ReturnValues })),
    ),
  },
  { weight: 6, arbitrary: kind('TransactWrite', transactions) },
  { weight: 1, arbitrary: kind('Get', gets) },
  { weight: 2, arbitrary: kind('BatchGet', batches) },
  { weight: 3, arbitrary: kind('Query', fc.oneof(...indexes.map(queriesOf))) },
  { weight: 1, arbitrary: kind('Scan', scans) },
);

export type RandomRequest =
  typeof randomRequests extends fc.Arbitrary<infer Request> ? Request : never;

/** Sends a request, for as many pages as there are. @returns what of the answer has a meaning. */
export async function send(client: DocumentClient, request: RandomRequest): Promise<unknown> {
  switch (request.kind) {
    case 'Get':
      return withoutMetadata(await client.send(new GetCommand(request.input)));
    case 'Put':
      return withoutMetadata(await client.send(new PutCommand(request.input)));
    case 'Update':
      return withoutMetadata(await client.send(new UpdateCommand(request.input)));
    case 'TransactWrite':
      return withoutMetadata(await client.send(new TransactWriteCommand(request.input)));
    case 'BatchGet': {
      const { Responses = {}, UnprocessedKeys } = await client.send(
        new BatchGetCommand(request.input),
      );
      const found = Object.entries(Responses).map(([table, got]) => [table, got.sort(byId)]);
      return { UnprocessedKeys, found: Object.fromEntries(found) };
    }
    case 'Query':
      return allPages((ExclusiveStartKey) =>
        client.send(new QueryCommand({ ...request.input, ExclusiveStartKey })),
      );
    case 'Scan': {
      const pages = await allPages((ExclusiveStartKey) =>
        client.send(new ScanCommand({ ...request.input, ExclusiveStartKey })),
      );
      // A scan's order means nothing, so its pages differ in all but their length.
      const got = pages.map(({ Items = [] }) => Items);
      return { lengths: got.map(({ length }) => length), items: got.flat().sort(byId) };
    }
  }
}

async function allPages<Page extends { LastEvaluatedKey?: Item | undefined; $metadata: object }>(
  ask: (startKey: Item | undefined) => Promise<Page>,
) {
  const pages = [];
  let startKey: Item | undefined;
  do {
    const page = withoutMetadata(await ask(startKey));
    pages.push(page);
    startKey = page.LastEvaluatedKey;
  } while (startKey !== undefined);
  return pages;
}

const withoutMetadata = <Answer extends { $metadata: object }>({
  $metadata: _metadata,
  ...answer
}: Answer) => answer;

/** By the UTF-8 bytes of the keys. */
export const byId = (one: Item, other: Item): number =>
  Buffer.compare(Buffer.from(String(one['id'])), Buffer.from(String(other['id'])));
