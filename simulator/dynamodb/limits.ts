/**
 * What DynamoDB takes at most, in bytes where nothing else is said: Amazon DynamoDB Developer Guide,
 * "Quotas in Amazon DynamoDB" and "DynamoDB item sizes and formats". Its KB is 1,024 bytes.
 */
import { isAttributes, type Value } from './expressions/values.js';

const kb = 1024;
const mb = 1024 * kb;

export const limits = {
  item: 400 * kb,
  partitionKey: 2048,
  sortKey: 1024,
  expression: 4 * kb,
  /** Of a Query or a Scan, before anything is left out of it. */
  page: mb,
  batchGet: 16 * mb,
  transaction: 4 * mb,
  keysOfABatchGet: 100,
  actionsOfATransaction: 100,
} as const;

/** An attribute counts with its name; a list or a map 3 bytes, and 1 for each element. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return sizeOfNumber(value);
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + 1 + sizeOf(one), 3);
  if (isAttributes(value)) return 3 + Object.keys(value).length + sizeOfItem(value);
  return 1;
}

export const sizeOfItem = (item: { readonly [attribute: string]: Value }): number =>
  Object.entries(item).reduce(
    (sum, [attribute, value]) => sum + Buffer.byteLength(attribute) + sizeOf(value),
    0,
  );

/** About 1 byte for each two significant digits, and 1. */
const sizeOfNumber = (value: number): number => Math.ceil(significantDigits(value).length / 2) + 1;

const significantDigits = (value: number): string =>
  String(Math.abs(value))
    .replace(/e.*$/, '')
    .replace('.', '')
    .replace(/^0+/, '')
    .replace(/0+$/, '');
