/**
 * Items as the document client shows them. What is stored is deeply frozen and never changed, only
 * replaced: so versions, stream images and answers share it without a copy.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { UnsupportedRequestError } from './unsupported.js';

export type Value = null | boolean | number | string | readonly Value[] | Attributes;
export type Attributes = { readonly [attribute: string]: Value };
export type Item = Attributes;

const unpairedSurrogate = /\p{Surrogate}/u;

/**
 * A frozen copy of what a caller gave, without undefined properties, as the document client leaves
 * them out.
 *
 * @throws UnsupportedRequestError for what the store never writes: sets, bytes, big integers, dates
 *   and numbers that DynamoDB and JavaScript do not hold alike.
 */
export function toStored(given: unknown): Value {
  switch (typeof given) {
    case 'boolean':
      return given;
    case 'string':
      if (unpairedSurrogate.test(given)) throw new UnsupportedRequestError('half a character');
      return given;
    case 'number':
      if (!Number.isFinite(given) || Math.abs(given) > Number.MAX_SAFE_INTEGER) {
        throw new UnsupportedRequestError(`the number ${given}`);
      }
      // DynamoDB knows no negative zero.
      return given === 0 ? 0 : given;
    case 'object':
      if (given === null) return null;
      if (Array.isArray(given)) {
        return Object.freeze(given.filter((one) => one !== undefined).map(toStored));
      }
      return toStoredAttributes(given);
    case 'bigint':
    case 'function':
    case 'symbol':
    case 'undefined':
      throw new UnsupportedRequestError(`a value of type ${typeof given}`);
  }
}

/** The same for an item, a key or the values of an expression. */
export function toStoredAttributes(given: object): Attributes {
  const kind: unknown = given.constructor?.name ?? 'Object';
  if (kind !== 'Object') throw new UnsupportedRequestError(`a value of class ${String(kind)}`);
  const stored: Record<string, Value> = {};
  for (const [attribute, value] of Object.entries(given) as [string, unknown][]) {
    if (value !== undefined) stored[attribute] = toStored(value);
  }
  return Object.freeze(stored);
}

export const isAttributes = (value: Value | undefined): value is Attributes =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether DynamoDB takes both for equal; the order of attributes is nothing to it. */
export function isSame(one: Value | undefined, other: Value | undefined): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((value, place) => isSame(value, other[place]));
  }
  if (!isAttributes(one) || !isAttributes(other)) return false;
  const attributes = Object.keys(one);
  return (
    attributes.length === Object.keys(other).length &&
    attributes.every(
      (attribute) => Object.hasOwn(other, attribute) && isSame(one[attribute], other[attribute]),
    )
  );
}

/** A value that sorts: a number or a text. */
export type Sortable = number | string;

export const isSortable = (value: Value | undefined): value is Sortable =>
  typeof value === 'number' || typeof value === 'string';

/** The order of two values of one type; texts by their UTF-8 bytes, as DynamoDB sorts them. */
export function compare(one: Sortable, other: Sortable): number {
  if (one === other) return 0;
  if (typeof one === 'string' && typeof other === 'string') {
    return Buffer.compare(Buffer.from(one), Buffer.from(other));
  }
  return one < other ? -1 : 1;
}

const marshalledItems = new WeakMap<Item, Record<string, AttributeValue>>();

/** An item in DynamoDB's own notation, as exceptions and stream records carry it. */
export function marshalled(item: Item): Record<string, AttributeValue> {
  const known = marshalledItems.get(item);
  if (known !== undefined) return known;
  const made = marshall(item);
  marshalledItems.set(item, made);
  return made;
}
