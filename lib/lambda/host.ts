import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Telemetry } from '../telemetry.js';

/** Where a handler's logs and metrics go. */
export interface Host {
  readonly telemetry: Telemetry;
  logError(message: string, error: unknown): void;
  /** Hands over what was counted; called at the end of every invocation. */
  flushTelemetry(): void;
}

/** Logs and metrics by Powertools for AWS Lambda, made at first use: only then is the environment surely there. */
export function powertoolsHost(): Host {
  let made: { logger: Logger; metrics: Metrics } | undefined;
  const tools = () => (made ??= { logger: new Logger(), metrics: new Metrics() });
  return {
    telemetry: {
      count: (metric, value = 1) => tools().metrics.addMetric(metric, MetricUnit.Count, value),
      duration: (metric, durationMs, region) => {
        const single = tools().metrics.singleMetric();
        single.addDimension('origin', region);
        single.addMetric(metric, MetricUnit.Milliseconds, durationMs);
      },
      warn: (message, details) => tools().logger.warn(message, details),
    },
    logError: (message, error) =>
      tools().logger.error(message, error instanceof Error ? error : new Error(String(error))),
    flushTelemetry: () => {
      // Powertools warns of an invocation that counted nothing, which most do.
      if (tools().metrics.hasStoredMetrics()) tools().metrics.publishStoredMetrics();
    },
  };
}
