import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { MiddlewareObj } from '@middy/core';
import { UnavailableError } from '../errors.js';
import { Problem } from '../http/problem.js';
import type { Telemetry } from '../telemetry.js';

/** Where a handler's logs and metrics go. */
export interface Host {
  readonly telemetry: Telemetry;
  logError(message: string, error: unknown, details?: Readonly<Record<string, unknown>>): void;
  /** What every invocation goes through, so that its lines name it and its metrics are handed over. */
  middleware(): MiddlewareObj[];
}

/** Logs and metrics by Powertools for AWS Lambda, made at first use: only then is the environment surely there. */
export function powertoolsHost(): Host {
  let made: { logger: Logger; metrics: Metrics } | undefined;
  const tools = () =>
    (made ??= {
      logger: new Logger({ persistentKeys: { region: process.env['AWS_REGION'] } }),
      metrics: new Metrics(),
    });
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
    logError: (message, error, details = {}) =>
      tools().logger.error(message, {
        ...details,
        ...(error != null && { error: describeError(error) }),
      }),
    middleware: () => [injectLambdaContext(tools().logger), publishMetrics(tools().metrics)],
  };
}

/** Most invocations count nothing: Powertools' own middleware would warn of each of them. */
function publishMetrics(metrics: Metrics): MiddlewareObj {
  const publish = () => {
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  };
  return { after: publish, onError: publish };
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
