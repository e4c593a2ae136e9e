/** Stands in for `node:timers` in bundled libraries: the global timers, which are virtual. */
export const setTimeout = (callback: () => void, delayMs: number): NodeJS.Timeout =>
  globalThis.setTimeout(callback, delayMs);
