import { setTimeout as sleep } from 'node:timers/promises';

/** Wakes those who wait for something to happen, and misses nothing that does while they are busy. */
export interface Bell {
  /** How often it rang so far. */
  readonly rings: number;
  ring(): void;
  /** Resolves as soon as it has rung more often than that, or the time has passed; rejects when the signal aborts. */
  after(rings: number, timeoutMs: number, signal: AbortSignal): Promise<void>;
}

export function createBell(): Bell {
  const waiting = new Set<() => void>();
  let rings = 0;
  return {
    get rings() {
      return rings;
    },
    ring() {
      rings += 1;
      for (const wake of waiting) wake();
    },
    async after(known, timeoutMs, signal) {
      const ending = new AbortController();
      const wake = () => ending.abort();
      if (rings > known || signal.aborted) wake();
      waiting.add(wake);
      signal.addEventListener('abort', wake);
      await sleep(timeoutMs, undefined, { signal: ending.signal }).catch(() => {});
      signal.removeEventListener('abort', wake);
      waiting.delete(wake);
      signal.throwIfAborted();
    },
  };
}
