/** What is common to requests of all kinds. */
import { UnsupportedRequestError } from './expressions/unsupported.js';

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
