import type {
  BatchGetCommandInput,
  GetCommandInput,
  QueryCommandInput,
  ScanCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { Bindings } from './expressions/bindings.js';
import { holds } from './expressions/conditions.js';
import { invalidRequest, throttled } from './errors.js';
import { parseCondition, type Comparator, type Condition } from './expressions/expressions.js';
import { limits, sizeOfItem } from './limits.js';
import { requireOnly, type RequestContext } from './requests.js';
import type { SecondaryIndex } from './secondary-index.js';
import type { Table } from './table.js';
import { UnsupportedRequestError } from './expressions/unsupported.js';
import {
  compare,
  isSortable,
  toStoredAttributes,
  type Attributes,
  type Item,
  type Sortable,
} from './expressions/values.js';

export interface ReadPage {
  readonly Items: Item[];
  readonly Count: number;
  readonly ScannedCount: number;
  readonly LastEvaluatedKey?: Item;
}

export function get(input: GetCommandInput, context: RequestContext): { Item?: Item } {
  requireOnly('GetItem', input, ['TableName', 'Key', 'ConsistentRead']);
  const table = context.table(input.TableName);
  const id = table.idOf(toStoredAttributes(input.Key ?? {}));
  refuseRead(table, context);
  const item = table.getAsOf(id, readTime(table, input.ConsistentRead, context));
  return item === undefined ? {} : { Item: item };
}

/** Items come back in no order, here in the reverse of what was asked. */
export function batchGet(
  input: BatchGetCommandInput,
  context: RequestContext,
): { Responses: Record<string, Item[]>; UnprocessedKeys: Record<string, unknown> } {
  requireOnly('BatchGetItem', input, ['RequestItems']);
  const requests = Object.entries(input.RequestItems ?? {}).map(([name, request]) => {
    requireOnly('BatchGetItem', request, ['Keys', 'ConsistentRead']);
    const keys = (request.Keys ?? []).map(toStoredAttributes);
    if (keys.length === 0) throw invalidRequest(`The list of keys of ${name} is empty`);
    if (new Set(keys.map((key) => JSON.stringify(key))).size < keys.length) {
      throw invalidRequest('Provided list of item keys contains duplicates');
    }
    return { name, keys, isConsistent: request.ConsistentRead };
  });
  const asked = requests.reduce((sum, { keys }) => sum + keys.length, 0);
  if (asked === 0) throw invalidRequest('The batch get request list is empty');
  if (asked > limits.keysOfABatchGet) {
    throw invalidRequest('Too many items requested for the BatchGetItem call');
  }
  const lookUps = requests.map(({ name, keys, isConsistent }) => {
    const table = context.table(name);
    return { table, ids: keys.map((key) => table.idOf(key)), isConsistent };
  });
  for (const { table } of lookUps) refuseRead(table, context);

  const Responses: Record<string, Item[]> = {};
  const UnprocessedKeys: Record<string, unknown> = {};
  let left = 0;
  let bytes = 0;
  for (const { table, ids, isConsistent } of lookUps) {
    const items: Item[] = [];
    const unprocessed: Item[] = [];
    for (const id of ids.toReversed()) {
      const isLeft = context.behaviour.isUnprocessed(table.name, id);
      const item = isLeft ? undefined : table.getAsOf(id, readTime(table, isConsistent, context));
      bytes += item === undefined ? 0 : sizeOfItem(item);
      if (isLeft || bytes > limits.batchGet) unprocessed.push(table.keyOf(id));
      else if (item !== undefined) items.push(item);
    }
    Responses[table.name] = items;
    if (unprocessed.length > 0) {
      UnprocessedKeys[table.name] = {
        Keys: unprocessed,
        ...(isConsistent !== undefined && { ConsistentRead: isConsistent }),
      };
    }
    left += unprocessed.length;
  }
  if (left === asked) throw throttled('ProvisionedThroughputExceeded');
  return { Responses, UnprocessedKeys };
}

/** Of an index, or of a table with a sort key. */
export function query(input: QueryCommandInput, context: RequestContext): ReadPage {
  requireOnly('Query', input, [
    'TableName',
    'IndexName',
    'ConsistentRead',
    'KeyConditionExpression',
    'ExpressionAttributeNames',
    'ExpressionAttributeValues',
    'ExclusiveStartKey',
    'Limit',
    'ScanIndexForward',
  ]);
  const table = context.table(input.TableName);
  if (input.IndexName === undefined) return queryTable(input, table, context);
  const index = table.indexes.get(input.IndexName);
  if (index === undefined) {
    throw invalidRequest(`The table does not have the specified index: ${input.IndexName}`);
  }
  if (input.ConsistentRead === true) {
    throw invalidRequest('Consistent reads are not supported on global secondary indexes');
  }
  const { hash, isWithin } = keyConditionsOf(input, index);
  const start = startOf(input.ExclusiveStartKey, table, index);
  if (start !== undefined && !(start.hash === hash && isWithin(start.range))) {
    throw invalidRequest('The provided starting key is outside query boundaries');
  }
  refuseRead(table, context);
  const isForward = input.ScanIndexForward ?? true;
  const atMs = readTime(table, false, context, index.name);
  return page(input.Limit, context.behaviour.pageSize(table.name, index.name), {
    found: matching(index.entries(hash, { atMs, start, isForward }), isWithin),
    keyOf: (item) => item,
  });
}

function queryTable(input: QueryCommandInput, table: Table, context: RequestContext): ReadPage {
  const { partitions } = table;
  if (partitions === undefined || input.ExclusiveStartKey !== undefined) {
    throw new UnsupportedRequestError(`a Query of the table ${table.name}`);
  }
  const { hash, isWithin } = keyConditionsOf(input, partitions);
  refuseRead(table, context);
  const atMs = readTime(table, input.ConsistentRead, context);
  const isForward = input.ScanIndexForward ?? true;
  const keys = matching(partitions.entries(hash, { atMs, start: undefined, isForward }), isWithin);
  return page(input.Limit, context.behaviour.pageSize(table.name, undefined), {
    found: itemsAt(keys, table, atMs),
    keyOf: (item) => table.keyOf(table.idIn(item)),
  });
}

function* itemsAt(keys: Iterable<Item>, table: Table, atMs: number): Generator<Item> {
  for (const key of keys) {
    const item = table.getAsOf(table.idIn(key), atMs);
    if (item !== undefined) yield item;
  }
}

export function scan(input: ScanCommandInput, context: RequestContext): ReadPage {
  requireOnly('Scan', input, ['TableName', 'ConsistentRead', 'ExclusiveStartKey', 'Limit']);
  const table = context.table(input.TableName);
  const start = input.ExclusiveStartKey;
  const startId = start && table.idOf(toStoredAttributes(start));
  refuseRead(table, context);
  return page(input.Limit, context.behaviour.pageSize(table.name, undefined), {
    found: table.scan(startId, readTime(table, input.ConsistentRead, context)),
    keyOf: (item) => table.keyOf(table.idIn(item)),
  });
}

function refuseRead(table: Table, { behaviour }: RequestContext): void {
  const throttling = behaviour.readRefusal(table.name);
  if (throttling !== undefined) throw throttled(throttling);
}

/** The moment as of which a read is answered. */
function readTime(
  table: Table,
  isConsistent: boolean | undefined,
  { behaviour, longestLagMs, atMs }: RequestContext,
  index?: string,
): number {
  if (isConsistent === true) return atMs;
  const lagMs = behaviour.readLagMs(table.name, index);
  if (!(lagMs >= 0 && lagMs <= longestLagMs)) {
    throw new RangeError(`a read can't be ${lagMs} ms behind; ${longestLagMs} ms at most`);
  }
  return atMs - lagMs;
}

/** As DynamoDB does, a page that is full names its last key, even where nothing follows. */
function page(
  limit: number | undefined,
  pageSize: number,
  { found, keyOf }: { found: Iterable<Item>; keyOf: (item: Item) => Item },
): ReadPage {
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1)) {
    throw invalidRequest('Limit must be a positive whole number');
  }
  const most = Math.max(1, Math.min(limit ?? Infinity, pageSize));
  const items: Item[] = [];
  let bytes = 0;
  let isFull = false;
  for (const item of found) {
    bytes += sizeOfItem(item);
    isFull = items.length > 0 && bytes > limits.page;
    if (isFull) break;
    items.push(item);
    isFull = items.length === most;
    if (isFull) break;
  }
  const last = isFull ? items.at(-1) : undefined;
  return {
    Items: items,
    Count: items.length,
    ScannedCount: items.length,
    ...(last !== undefined && { LastEvaluatedKey: keyOf(last) }),
  };
}

function* matching(
  entries: Iterable<{ readonly range: Sortable; readonly projection: Item }>,
  isWithin: (range: Sortable) => boolean,
): Generator<Item> {
  for (const { range, projection } of entries) if (isWithin(range)) yield projection;
}

interface KeyConditions {
  readonly hash: Sortable;
  readonly isWithin: (range: Sortable) => boolean;
}

/** `hash = :value`, perhaps with a comparison of the range key, or with two bounds of it. */
function keyConditionsOf(input: QueryCommandInput, index: SecondaryIndex): KeyConditions {
  const parsed = parseCondition(input.KeyConditionExpression ?? '');
  const bindings = new Bindings(input, [parsed]);
  let hash: Sortable | undefined;
  let range: readonly Bound[] | undefined;
  for (const condition of parsed.tree.kind === 'and' ? parsed.tree.conditions : [parsed.tree]) {
    const bounds = boundsOf(condition).map((bound) => keyCondition(bound, bindings));
    const [first] = bounds as [Bound];
    const { attribute } = first;
    const key = [index.hashKey, index.rangeKey].find((one) => one.attribute === attribute);
    for (const { bound } of bounds) {
      const isTooLong =
        typeof bound === 'string' && Buffer.byteLength(bound) > (key?.mostBytes ?? 0);
      if (typeof bound !== key?.type || bound === '' || isTooLong) {
        throw invalidRequest(`Invalid KeyConditionExpression: the condition on ${attribute}`);
      }
    }
    if (key === index.rangeKey && range === undefined) range = bounds;
    else if (first.comparator === '=' && hash === undefined) hash = first.bound;
    else throw invalidRequest('Query key condition not supported');
  }
  if (hash === undefined) throw invalidRequest('Query condition missed key schema element');
  const [low, high] = range ?? [];
  if (low !== undefined && high !== undefined && compare(low.bound, high.bound) > 0) {
    throw invalidRequest(
      'The BETWEEN operator requires upper bound to be greater than lower bound',
    );
  }
  return {
    hash,
    isWithin: (value) =>
      (range ?? []).every(({ comparator, bound }) => holds(comparator, value, bound)),
  };
}

interface Bound {
  readonly attribute: string;
  readonly comparator: Comparator;
  readonly bound: Sortable;
}

/** `a BETWEEN b AND c` is `a >= b AND a <= c`, which a key condition may not say otherwise. */
const boundsOf = (condition: Condition): Condition[] =>
  condition.kind !== 'between'
    ? [condition]
    : [
        { kind: 'compare', comparator: '>=', left: condition.operand, right: condition.low },
        { kind: 'compare', comparator: '<=', left: condition.operand, right: condition.high },
      ];

function keyCondition(condition: Condition, bindings: Bindings): Bound {
  if (
    condition.kind !== 'compare' ||
    condition.comparator === '<>' ||
    condition.left.kind !== 'path' ||
    condition.right.kind !== 'value'
  ) {
    throw invalidRequest('Query key condition not supported');
  }
  const [attribute = '', ...inner] = bindings.attributes(condition.left.path);
  const bound = bindings.value(condition.right.placeholder);
  if (inner.length > 0 || !isSortable(bound)) {
    throw invalidRequest('Query key condition not supported');
  }
  return { attribute, comparator: condition.comparator, bound };
}

function startOf(
  given: Record<string, unknown> | undefined,
  table: Table,
  index: SecondaryIndex,
): { id: string; hash: Sortable; range: Sortable } | undefined {
  if (given === undefined) return undefined;
  const { hashKey, rangeKey } = index;
  const start: Attributes = toStoredAttributes(given);
  const [hash, range] = [start[hashKey.attribute], start[rangeKey.attribute]];
  const isWhole = Object.keys(start).length === 3;
  if (!isWhole || !isSortable(hash) || typeof range !== rangeKey.type || !isSortable(range)) {
    throw invalidRequest('The provided starting key is invalid');
  }
  return { id: table.idIn(start), hash, range };
}
