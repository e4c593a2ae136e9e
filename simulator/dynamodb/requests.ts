/** What is common to requests of all kinds. */
import type { Behaviour } from './behaviour.js';
import { UnsupportedRequestError } from './expressions/unsupported.js';
import type { Table } from './table.js';

/** What a request is carried out on. */
export interface RequestContext {
  /** @throws ResourceNotFoundException */
  readonly table: (name: string | undefined) => Table;
  readonly behaviour: Behaviour;
  readonly longestLagMs: number;
  /** Milliseconds. */
  readonly atMs: number;
}

/** @throws UnsupportedRequestError where a request has a field that its caller does not look at. */
export function requireOnly(command: string, input: object, fields: readonly string[]): void {
  for (const [field, value] of Object.entries(input)) {
    if (value !== undefined && !fields.includes(field)) {
      throw new UnsupportedRequestError(`${field} of ${command}`);
    }
  }
}

/** @throws UnsupportedRequestError where a field has none of these values. */
export function requireOneOf(
  field: string,
  value: string | undefined,
  known: readonly (string | undefined)[],
): void {
  if (value !== undefined && !known.includes(value)) {
    throw new UnsupportedRequestError(`${field} ${value}`);
  }
}
