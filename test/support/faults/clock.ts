import { realSystem, type System } from '../../../lib/system.js';

export interface Clock {
  readonly system: System;
  /** Lets this much time pass. */
  readonly advance: (durationMs: number) => void;
}

/**
 * A clock that the test moves; it starts now, or as far from now as is said. `random` decides which
 * replica a round-robin read asks first: 0 the first of the configuration, 0.99 the last.
 */
export function makeClock({
  startMs = Date.now(),
  random = Math.random,
}: { startMs?: number; random?: () => number } = {}): Clock {
  let nowMs = startMs;
  return {
    system: { ...realSystem, now: () => nowMs, random },
    advance: (durationMs) => {
      nowMs += durationMs;
    },
  };
}
