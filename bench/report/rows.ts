import type { Row } from '../part.js';
import type { Measurement } from '../support/load.js';

/** What was measured, behind what says of what. */
export const rowOf = (
  subject: Row,
  { clients, p50Ms, p99Ms, perSecond, errors }: Measurement,
): Row => ({
  ...subject,
  clients,
  'p50 ms': rounded(p50Ms),
  'p99 ms': rounded(p99Ms),
  'per s': rounded(perSecond),
  errors,
});

/** To three figures. */
export const rounded = (value: number): number => Number(value.toPrecision(3));
