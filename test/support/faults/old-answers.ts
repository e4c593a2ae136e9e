/**
 * Answers from before, as DynamoDB may give them and no emulator does: to reads that do not ask for
 * consistency, and to every query of an index.
 */
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { DocumentClient } from '../../../lib/dynamodb/table-link.js';
import type { Call, Interceptor } from './barrier.js';

type Item = Record<string, unknown>;
type Keys = { readonly Keys: readonly Item[]; readonly ConsistentRead?: boolean };

export interface OldAnswers {
  readonly interceptor: Interceptor;
  /** From now on, what is read of the table without consistency is what it holds now. */
  freeze(table: string, client: DocumentClient): Promise<void>;
  /** What is read is what is there again. */
  thaw(): void;
}

const rangeKeys: Readonly<Record<string, string>> = {
  'by-topic': 'bookId',
  'by-isbn': 'bookId',
  listing: 'shelfKey',
  changes: 'changedAt',
  recent: 'placed',
  'by-book': 'placed',
};

export function oldAnswers(): OldAnswers {
  const snapshots = new Map<string, readonly Item[]>();
  return {
    freeze: async (table, client) => {
      const { Items = [] } = await client.send(
        new ScanCommand({ TableName: table, ConsistentRead: true }),
      );
      snapshots.set(table, Items);
    },
    thaw: () => snapshots.clear(),
    interceptor: async (call, proceed) => answerFrom(snapshots, call) ?? proceed(),
  };
}

function answerFrom(
  snapshots: ReadonlyMap<string, readonly Item[]>,
  { command, input }: Call,
): unknown {
  const items = snapshots.get(String(input['TableName']));
  if (command === 'Query') return items && query(items, input);
  if (command === 'Get') {
    if (items === undefined || input['ConsistentRead'] === true) return undefined;
    return { Item: find(items, input['Key'] as Item) };
  }
  if (command !== 'BatchGet') return undefined;
  const requests = Object.entries(input['RequestItems'] as Record<string, Keys>);
  const isOld = requests.every(
    ([table, { ConsistentRead }]) => ConsistentRead !== true && snapshots.has(table),
  );
  if (!isOld) return undefined;
  return {
    Responses: Object.fromEntries(
      requests.map(([table, { Keys }]) => [
        table,
        Keys.flatMap((key) => find(snapshots.get(table) ?? [], key) ?? []),
      ]),
    ),
  };
}

const find = (items: readonly Item[], { id }: Item): Item | undefined =>
  items.find((item) => item['id'] === id);

/** A query of an index by `hash = :a`, perhaps with `range >= :b` or another comparison. */
function query(
  items: readonly Item[],
  input: Call['input'],
): { Items: Item[]; LastEvaluatedKey?: Item } {
  const rangeKey = rangeKeys[String(input['IndexName'])] as string;
  const values = input['ExpressionAttributeValues'] as Item;
  const [, hashKey, hash, , operator, bound] =
    /^(\w+) = (:\w+)(?: AND (\w+) ([<>]=?) (:\w+))?$/.exec(
      String(input['KeyConditionExpression']),
    ) ?? [];
  const isWithin = (place: unknown): boolean => {
    if (operator === undefined) return true;
    const order = compare(place, values[bound as string]);
    return order === 0 ? operator.endsWith('=') : operator.startsWith(order > 0 ? '>' : '<');
  };
  const found = items
    .filter(
      (item) => item[hashKey as string] === values[hash as string] && isWithin(item[rangeKey]),
    )
    .sort((one, other) => compare(one[rangeKey], other[rangeKey]))
    .map((item) => ({
      id: item['id'],
      [hashKey as string]: item[hashKey as string],
      [rangeKey]: item[rangeKey],
    }));
  if (input['ScanIndexForward'] === false) found.reverse();
  const limit = (input['Limit'] as number | undefined) ?? Infinity;
  const last = found[limit - 1];
  return { Items: found.slice(0, limit), ...(last !== undefined && { LastEvaluatedKey: last }) };
}

function compare(one: unknown, other: unknown): number {
  if (typeof one === 'number') return Math.sign(one - (other as number));
  return Buffer.compare(Buffer.from(String(one)), Buffer.from(String(other)));
}
