import * as z from 'zod';

/** What is counted, as items and messages hold it: copies, cents, milliseconds. */
export const count = z.number().int().nonnegative();
