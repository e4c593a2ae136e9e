import { AsyncLocalStorage } from 'node:async_hooks';

/** Milliseconds spent waiting for each place during one request, for its `Server-Timing`. */
export type CallTimings = Map<string, number>;

const current = new AsyncLocalStorage<CallTimings>();

/** Runs `work` and collects how long its calls to each place took. */
export async function withCallTimings<Result>(
  work: (timings: CallTimings) => Promise<Result>,
): Promise<Result> {
  const timings: CallTimings = new Map();
  return current.run(timings, () => work(timings));
}

export function recordCall(where: string, durationMs: number): void {
  const timings = current.getStore();
  timings?.set(where, (timings.get(where) ?? 0) + durationMs);
}
