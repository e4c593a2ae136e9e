/** What the store tells those who run it; the Lambda layer turns it into logs and metrics. */
export interface Telemetry {
  count(metric: Metric, value?: number): void;
  duration(metric: DurationMetric, durationMs: number, region: string): void;
  warn(message: string, details: Record<string, unknown>): void;
}

export type Metric =
  | 'CacheHit'
  | 'CacheMiss'
  | 'CacheStale'
  | 'CacheBypass'
  | 'SoldOut'
  | 'CrossRegionBuy'
  | 'DuplicateSettled'
  | 'OrderDisputed'
  | 'Repaired';

export type DurationMetric = 'ReplicationLag';

export const silentTelemetry: Telemetry = {
  count: () => undefined,
  duration: () => undefined,
  warn: () => undefined,
};
