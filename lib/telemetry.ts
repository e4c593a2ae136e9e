/** What the store tells those who run it; the Lambda layer turns it into logs and metrics. */
export interface Telemetry {
  count(metric: Metric, value?: number): void;
  duration(metric: DurationMetric, durationMs: number, region: string): void;
  /** What whoever runs the store may want to look up. */
  info(message: string, details: Record<string, unknown>): void;
  warn(message: string, details: Record<string, unknown>): void;
}

/** What is counted. The dashboards show each of these, and of the durations below. */
export const countMetrics = [
  'CacheMiss',
  'CacheStale',
  'CacheBypass',
  /** The cache's table refused a request, which the reader or buyer was not made to pay for. */
  'CacheRefused',
  'SoldOut',
  'CrossRegionBuy',
  'DuplicateSettled',
  'ItemLeft',
  'OrderDisputed',
  'Repaired',
  /** Answers with a status of 500, and those with another from 501 on. */
  'InternalError',
  'Unavailable',
] as const;

export type Metric = (typeof countMetrics)[number];

export const durationMetrics = ['ReplicationLag'] as const;

export type DurationMetric = (typeof durationMetrics)[number];

/**
 * Tells of an item that was passed over, for it holds up no other: each has a log line with its id and
 * the cause, and counts in the metric that has an alarm (design R6).
 */
export function reportLeft(
  telemetry: Telemetry,
  message: string,
  details: { readonly id: string; readonly error: unknown } & Readonly<Record<string, unknown>>,
): void {
  telemetry.count('ItemLeft');
  telemetry.warn(message, details);
}

/**
 * Tells what came of joining an order of another region. Of a dispute a person decides, so it has a log
 * line with its id, and counts in a metric that has an alarm (design K4).
 *
 * @param settlement.withdrawn how many sales of this region no longer stand.
 */
export function reportSettlement(
  telemetry: Telemetry,
  orderId: string,
  { withdrawn, isDispute }: { readonly withdrawn: number; readonly isDispute: boolean },
): void {
  if (withdrawn > 0) telemetry.count('DuplicateSettled', withdrawn);
  if (!isDispute) return;
  telemetry.count('OrderDisputed');
  telemetry.warn('one key was used for two orders in two regions', { orderId });
}

export const silentTelemetry: Telemetry = {
  count: () => undefined,
  duration: () => undefined,
  info: () => undefined,
  warn: () => undefined,
};
