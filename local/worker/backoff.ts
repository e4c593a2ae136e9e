import { setTimeout as sleep } from 'node:timers/promises';

const baseMs = 50;
const mostMs = 2000;

/**
 * Waits longer after each failure in a row: at random, up to a bound that doubles. Rejects when
 * the signal aborts.
 */
export async function backOff(failures: number, signal: AbortSignal): Promise<void> {
  const boundMs = Math.min(mostMs, baseMs * 2 ** Math.min(failures, 10));
  await sleep(boundMs * (0.5 + Math.random() / 2), undefined, { signal });
}
