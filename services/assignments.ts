import * as z from 'zod';
import { filterPattern } from './stream-filter.js';

const streamSource = z.object({
  kind: z.literal('stream'),
  table: z.string(),
  startingPosition: z.enum(['TRIM_HORIZON', 'LATEST']),
  filterPatterns: z.array(filterPattern),
  batchSize: z.number(),
  bisect: z.boolean(),
  /** Undefined: until it succeeds. */
  maximumRetries: z.number().optional(),
  /** Undefined: however old. */
  maximumAgeMs: z.number().optional(),
  /** The ARN of the queue that is told of records that were given up. */
  onFailure: z.string().optional(),
});

const queueSource = z.object({
  kind: z.literal('queue'),
  /** The queue's ARN. */
  queue: z.string(),
  batchSize: z.number(),
  reportsItemFailures: z.boolean(),
  concurrency: z.number(),
});

const scheduleSource = z.object({ kind: z.literal('schedule'), intervalMs: z.number() });

const assignment = z.object({
  functionName: z.string(),
  /** As deployed. */
  qualifiedName: z.string(),
  /** The module's path in the project without its ending, such as `functions/publish`. */
  module: z.string(),
  exportName: z.string(),
  timeoutMs: z.number(),
  memorySizeMb: z.number(),
  sources: z.array(z.discriminatedUnion('kind', [streamSource, queueSource, scheduleSource])),
});

/** What a worker process is told to do, in the environment variable BAZAR_WORK. */
export const workSchema = z.object({
  region: z.string(),
  checkpointFile: z.string(),
  /** The endpoint of DynamoDB in the region, for the streams. */
  dynamodb: z.string(),
  /** The file of that database. */
  databaseFile: z.string(),
  messaging: z.string(),
  assignments: z.array(assignment),
});

export type Work = z.infer<typeof workSchema>;
export type Assignment = z.infer<typeof assignment>;
export type StreamSource = z.infer<typeof streamSource>;
export type QueueSource = z.infer<typeof queueSource>;
export type ScheduleSource = z.infer<typeof scheduleSource>;
