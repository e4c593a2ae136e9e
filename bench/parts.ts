import { coldStart } from './parts/cold-start.js';
import { contention } from './parts/contention.js';
import { database } from './parts/database-growth.js';
import { distance } from './parts/distance.js';
import { filling } from './parts/filling.js';
import { growth } from './parts/growth.js';
import { idle } from './parts/idle.js';
import { limit } from './parts/limit.js';
import type { Part } from './part.js';
import { routing } from './parts/routing.js';
import { words } from './parts/words.js';

/** In the order in which they run. */
export const parts: readonly Part[] = [
  limit,
  growth,
  words,
  database,
  contention,
  distance,
  routing,
  filling,
  idle,
  coldStart,
];
