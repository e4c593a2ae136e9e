import type { System } from '../../../lib/system.js';

export interface FakeSystem extends System {
  /** How long was slept each time; nobody waits, but the clock goes on. */
  readonly slept: number[];
  nowMs: number;
}

/** A machine whose clock moves only when somebody sleeps, and whose dice always show `random`. */
export function fakeSystem({ random = 0.5, nowMs = 1_800_000_000_000 } = {}): FakeSystem {
  let uuids = 0;
  const system: FakeSystem = {
    slept: [],
    nowMs,
    now: () => system.nowMs,
    random: () => random,
    uuid: () => `uuid-${(uuids += 1)}`,
    sleep: (durationMs) => {
      system.slept.push(durationMs);
      system.nowMs += durationMs;
      return Promise.resolve();
    },
  };
  return system;
}
