import { createHistogram } from 'node:perf_hooks';

/** Milliseconds; undefined where nothing was recorded. */
export interface LatencySummary {
  readonly p50: number | undefined;
  readonly p90: number | undefined;
  readonly p99: number | undefined;
  readonly max: number | undefined;
}

export interface LatencyRecorder {
  record(durationMs: number): void;
  summary(): LatencySummary;
}

/** Records durations in constant memory; percentiles are right to three figures. */
export function latencyRecorder(): LatencyRecorder {
  const histogram = createHistogram({ figures: 3 });
  const percentileMs = (percentile: number) =>
    histogram.count === 0 ? undefined : histogram.percentile(percentile) / 1000;
  return {
    // The histogram counts whole numbers from 1 on, hence microseconds.
    record: (durationMs) => histogram.record(Math.max(1, Math.round(durationMs * 1000))),
    summary: () => ({
      p50: percentileMs(50),
      p90: percentileMs(90),
      p99: percentileMs(99),
      max: percentileMs(100),
    }),
  };
}
