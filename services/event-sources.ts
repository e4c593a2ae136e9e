import * as z from 'zod';
import type { Assignment } from './assignments.js';
import { CommandError } from '../tools/terminal/command-error.js';
import type { Resolver } from './intrinsics.js';
import type { FunctionConfig, Service } from './service-config.js';
import { filterPattern } from './stream-filter.js';

/** Lambda starts with five batches of a queue at a time; more would not make one machine faster. */
const mostConcurrentBatches = 5;

// Strict: a setting that this runtime would ignore must not pass unseen.
const streamEvent = z.strictObject({
  type: z.literal('dynamodb'),
  arn: z.unknown(),
  filterPatterns: z.array(filterPattern).default([]),
  batchSize: z.number().max(1000).default(100),
  startingPosition: z.enum(['TRIM_HORIZON', 'LATEST']).default('TRIM_HORIZON'),
  bisectBatchOnFunctionError: z.boolean().default(false),
  maximumRetryAttempts: z.number().default(-1),
  maximumRecordAgeInSeconds: z.number().default(-1),
  destinations: z
    .strictObject({ onFailure: z.object({ type: z.literal('sqs'), arn: z.unknown() }) })
    .optional(),
});

const queueEvent = z.strictObject({
  arn: z.unknown(),
  batchSize: z.number().max(10).default(10),
  functionResponseType: z.literal('ReportBatchItemFailures').optional(),
  maximumConcurrency: z.number().optional(),
});

const scheduleEvent = z.string().regex(/^rate\(\d+ (minute|hour|day)s?\)$/);

/** The functions of a service that events call, with the settings of their event sources. */
export function assignmentsOf(service: Service, resolver: Resolver): Assignment[] {
  return Object.entries(service.functions)
    .map(([name, config]) => assignmentOf(service, resolver, name, config))
    .filter(({ sources }) => sources.length > 0);
}

function assignmentOf(
  { provider }: Service,
  resolver: Resolver,
  functionName: string,
  config: FunctionConfig,
): Assignment {
  const [, module, exportName] = /^(.+)\.(\w+)$/.exec(config.handler) ?? [];
  if (module === undefined || exportName === undefined) {
    throw new CommandError(`the function ${functionName} has no handler such as file.export`);
  }
  return {
    functionName,
    qualifiedName: config.name,
    module,
    exportName,
    timeoutMs: (config.timeout ?? provider.timeout) * 1000,
    memorySizeMb: config.memorySize ?? provider.memorySize,
    sources: config.events.flatMap((event) => sourceOf(functionName, event, resolver)),
  };
}

function sourceOf(
  functionName: string,
  event: Readonly<Record<string, unknown>>,
  resolver: Resolver,
): Assignment['sources'] {
  const [kind = '', settings] = Object.entries(event)[0] ?? [];
  const parse = <Output>(schema: z.ZodType<Output>): Output => {
    const parsed = schema.safeParse(settings);
    if (parsed.success) return parsed.data;
    throw new CommandError(
      `the embedded store cannot feed ${functionName} by this ${kind} event: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim()).join('; ')}`,
    );
  };
  switch (kind) {
    case 'stream': {
      const stream = parse(streamEvent);
      return [
        {
          kind: 'stream',
          table: resolver.streamTable(stream.arn),
          startingPosition: stream.startingPosition,
          filterPatterns: stream.filterPatterns,
          batchSize: stream.batchSize,
          bisect: stream.bisectBatchOnFunctionError,
          maximumRetries: unlessUnlimited(stream.maximumRetryAttempts),
          maximumAgeMs: unlessUnlimited(stream.maximumRecordAgeInSeconds * 1000),
          onFailure: stream.destinations && resolver.text(stream.destinations.onFailure.arn),
        },
      ];
    }
    case 'sqs': {
      const queue = parse(queueEvent);
      return [
        {
          kind: 'queue',
          queue: resolver.text(queue.arn),
          batchSize: queue.batchSize,
          reportsItemFailures: queue.functionResponseType !== undefined,
          concurrency: Math.min(mostConcurrentBatches, queue.maximumConcurrency ?? Infinity),
        },
      ];
    }
    case 'schedule': {
      const rate = parse(scheduleEvent);
      return [{ kind: 'schedule', intervalMs: intervalOf(rate) }];
    }
    default:
      // The API's own events are made by local/gateway.
      return [];
  }
}

const unlessUnlimited = (limit: number): number | undefined => (limit < 0 ? undefined : limit);

function intervalOf(rate: string): number {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)/.exec(rate) ?? [];
  const minutes = { minute: 1, hour: 60, day: 1440 }[unit as 'minute' | 'hour' | 'day'];
  return Number(count) * minutes * 60_000;
}
