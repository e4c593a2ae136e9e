/** What the log keeps of a key that a creation, a restock or a write-off was done with, for good. */
import { Expression, isNotThere } from '../dynamodb/expression.js';
import type { TransactItem } from '../dynamodb/transact.js';
import { recordIdOf, type UsedKey } from '../rules/keys.js';

export const keyRecordKey = (keyId: string) => ({ id: recordIdOf(keyId) });

/** The part of a transaction that records a key, on the condition that it was not used before. */
export const keyRecordWrite = (
  table: string,
  { id, bodyHash }: UsedKey,
  nowMs: number,
  reason?: string,
): TransactItem => ({
  Put: {
    TableName: table,
    Item: {
      ...keyRecordKey(id),
      bodyHash,
      recordedAt: nowMs,
      ...(reason !== undefined && { reason }),
    },
    ...new Expression().require(isNotThere('id')).toCondition(),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  },
});

/** Of what the key of a record was used for; undefined of none. */
export const bodyHashIn = (
  record: Readonly<Record<string, unknown>> | undefined,
): string | undefined => record && String(record['bodyHash']);
