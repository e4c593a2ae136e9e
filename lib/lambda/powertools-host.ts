import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { once } from '../concurrency.js';
import { UnavailableError } from '../errors.js';
import type { Host } from '../host.js';
import { Problem } from '../http/problem.js';

/** Logs and metrics by Powertools for AWS Lambda, made at first use: only then is the environment surely there. */
export function powertoolsHost(): Host {
  const tools = once(() => ({
    logger: new Logger({ persistentKeys: { region: process.env['AWS_REGION'] } }),
    metrics: new Metrics(),
  }));
  return {
    telemetry: {
      count: (metric, value = 1) => tools().metrics.addMetric(metric, MetricUnit.Count, value),
      duration: (metric, durationMs, region) => {
        const single = tools().metrics.singleMetric();
        single.addDimension('origin', region);
        single.addMetric(metric, MetricUnit.Milliseconds, durationMs);
      },
      info: (message, details) => tools().logger.info(message, details),
      warn: (message, details) => tools().logger.warn(message, details),
    },
    logError: (message, error, details = {}) =>
      tools().logger.error(message, {
        ...details,
        ...(error != null && { error: describeError(error) }),
      }),
    async invocation(context, work) {
      const { logger, metrics } = tools();
      logger.addContext(context);
      try {
        return await work();
      } finally {
        // Most invocations count nothing: Powertools would warn of each of them.
        if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
      }
    },
  };
}

/**
 * What a line says of an error and of what caused it. Of their other members it holds none: they may
 * be items with the ids of orders, or requests with their headers.
 */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack, cause } = error;
  // What is foreseen, and may happen to every request for as long as a region is down, needs none.
  const hasStack = !(error instanceof UnavailableError || error instanceof Problem);
  return {
    name,
    message,
    ...(hasStack && { stack }),
    ...(cause !== undefined && { cause: describeError(cause) }),
    ...(error instanceof AggregateError && { errors: error.errors.map(describeError) }),
  };
}
