import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import { chunksOf } from '../concurrency.js';
import { UnavailableError } from '../errors.js';
import type { System } from '../system.js';
import type { TableLink } from './table-link.js';

type Item = Record<string, unknown>;
type Keys = Readonly<Record<string, readonly Item[]>>;

const mostKeysInOneCall = 100;
const mostCallsForLeftovers = 8;

/**
 * Reads items of one or more tables, strongly consistent; the items come back by table, in no
 * order, without those that do not exist. What DynamoDB leaves unprocessed is asked for again.
 *
 * @throws UnavailableError where the place does not answer.
 */
export async function batchGet(
  link: TableLink,
  system: System,
  keys: Keys,
): Promise<Record<string, Item[]>> {
  const found: Record<string, Item[]> = {};
  for (const table of Object.keys(keys)) found[table] = [];
  const read = async (chunk: Keys): Promise<void> => {
    let pending = chunk;
    for (let call = 0; Object.keys(pending).length > 0; call += 1) {
      if (call === mostCallsForLeftovers)
        throw new UnavailableError(link.where, { isUnknown: false });
      if (call > 0) await system.sleep(system.random() * 50 * 2 ** call);
      const answer = await link.read(
        new BatchGetCommand({
          RequestItems: Object.fromEntries(
            Object.entries(pending).map(([table, tableKeys]) => [
              table,
              { Keys: [...tableKeys], ConsistentRead: true },
            ]),
          ),
        }),
      );
      for (const [table, items] of Object.entries(answer.Responses ?? {})) {
        found[table]?.push(...items);
      }
      pending = Object.fromEntries(
        Object.entries(answer.UnprocessedKeys ?? {}).map(([table, { Keys }]) => [
          table,
          Keys ?? [],
        ]),
      );
    }
  };
  await Promise.all(callsFor(keys).map(read));
  return found;
}

function callsFor(keys: Keys): Keys[] {
  // DynamoDB refuses a call that names a key twice.
  const all = Object.entries(keys).flatMap(([table, tableKeys]) =>
    [...new Map(tableKeys.map((key) => [JSON.stringify(key), key])).values()].map((key) => ({
      table,
      key,
    })),
  );
  return chunksOf(all, mostKeysInOneCall).map((chunk) => {
    const ofCall: Record<string, Item[]> = {};
    for (const { table, key } of chunk) (ofCall[table] ??= []).push(key);
    return ofCall;
  });
}
