import { latencyRecorder } from '../../tools/latency.js';

const warmUpCount = 32;
export const clientCounts = [1, 16] as const;

export interface Load {
  readonly clients: number;
  /** Of all clients together. */
  readonly count: number;
  readonly signal?: AbortSignal;
}

export interface Measurement {
  readonly clients: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly perSecond: number;
  /** Calls that came to something else than they should. */
  readonly errors: number;
}

/**
 * Makes that many calls, shared by clients that each wait for one answer before the next call.
 *
 * @param call says whether the answer was as it should be; what it throws counts as an error.
 */
export async function measure(
  { clients, count, signal }: Load,
  call: (index: number) => Promise<boolean>,
): Promise<Measurement> {
  const latency = latencyRecorder();
  let errors = 0;
  let next = 0;
  const client = async () => {
    while (next < count) {
      signal?.throwIfAborted();
      const index = next;
      next += 1;
      const startedAtMs = performance.now();
      const isRight = await call(index).catch(() => false);
      latency.record(performance.now() - startedAtMs);
      if (!isRight) errors += 1;
    }
  };
  const startedAtMs = performance.now();
  await Promise.all(Array.from({ length: clients }, client));
  const durationMs = performance.now() - startedAtMs;
  const { p50 = 0, p99 = 0 } = latency.summary();
  return { clients, p50Ms: p50, p99Ms: p99, perSecond: (1000 * count) / durationMs, errors };
}

/** The same, once other calls have filled caches and opened connections. */
export async function measureWarm(
  load: Load,
  call: (index: number) => Promise<boolean>,
): Promise<Measurement> {
  await measure({ ...load, count: warmUpCount }, call);
  return measure(load, call);
}
