import type { Stamp } from './stamp.js';

/** Of two, the one with the later stamp is the newer (a last-writer-wins register). */
export interface Register<Value> {
  readonly value: Value;
  readonly stamp: Stamp;
}

export const isRegister = (value: unknown): value is Register<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  'value' in value &&
  'stamp' in value &&
  typeof value.stamp === 'string';

/** Whether something is a register, and later than what is known in its place. */
export const isNewerRegister = (value: unknown, known: unknown): boolean =>
  isRegister(value) && (!isRegister(known) || value.stamp > known.stamp);
