import { coldStart } from './cold-start.js';
import { contention } from './contention.js';
import { database } from './database-growth.js';
import { distance } from './distance.js';
import { filling } from './filling.js';
import { growth } from './growth.js';
import { idle } from './idle.js';
import { limit } from './limit.js';
import type { Part } from './part.js';
import { routing } from './routing.js';

/** In the order in which they run. */
export const parts: readonly Part[] = [
  limit,
  growth,
  database,
  contention,
  distance,
  routing,
  filling,
  idle,
  coldStart,
];
