import { AsyncLocalStorage } from 'node:async_hooks';

/** What the calls of one request came to, by the place that they went to. */
export interface CallRecord {
  /** Milliseconds spent waiting for each place, for the request's `Server-Timing`. */
  readonly timings: ReadonlyMap<string, number>;
  /** Why a place did not answer, for the log: the store itself goes on without it. */
  readonly failures: ReadonlyMap<string, unknown>;
}

const current = new AsyncLocalStorage<{
  readonly timings: Map<string, number>;
  readonly failures: Map<string, unknown>;
}>();

/** Runs `work`, and everything that it waits for, with a record of its own. */
export const withCallRecord = <Result>(work: () => Promise<Result>): Promise<Result> =>
  current.run({ timings: new Map(), failures: new Map() }, work);

/** The record of the request that is being handled; empty where none is. */
export const callRecord = (): CallRecord =>
  current.getStore() ?? { timings: new Map(), failures: new Map() };

export function recordCall(where: string, durationMs: number): void {
  const timings = current.getStore()?.timings;
  timings?.set(where, (timings.get(where) ?? 0) + durationMs);
}

export function recordFailure(where: string, error: unknown): void {
  current.getStore()?.failures.set(where, error);
}
