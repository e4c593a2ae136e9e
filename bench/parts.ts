import { coldStart } from './cold-start.js';
import { limit } from './limit.js';
import type { Part } from './part.js';

/** In the order in which they run. */
export const parts: readonly Part[] = [limit, coldStart];
