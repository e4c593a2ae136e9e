import * as z from 'zod';
import { BazarError } from './errors.js';
import { regionOf } from './sites.js';

const milliseconds = z.coerce.number().int().positive();

const endpointsByRegion = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: 'custom', message: 'is not JSON' });
      return z.NEVER;
    }
  })
  .pipe(z.record(z.string(), z.url()));

const environmentSchema = z.object({
  AWS_REGION: z.string(),
  /** What the names of all of the stage's tables start with. */
  PREFIX: z.string().min(1),
  /** `region#incarnation`, comma-separated: every replica, in an order that all front ends share. */
  REPLICAS: z
    .string()
    .transform((list) => list.split(',').map((site) => site.trim()))
    .pipe(z.array(z.string().regex(/^[a-z0-9-]+#\d+$/)).min(1))
    .refine((sites) => new Set(sites.map(regionOf)).size === sites.length, 'names a region twice'),
  CURRENCY: z.string().length(3).default('USD'),
  CORS_ORIGINS: z
    .string()
    .default('*')
    .transform((list) => list.split(',').map((origin) => origin.trim())),
  READ_ROUTING: z.enum(['round-robin', 'nearest']).default('round-robin'),
  SALE_ROUTING: z.enum(['spread', 'nearest']).default('spread'),
  FRESH_SECONDS: z
    .string()
    .regex(/^\d+(\.\d+)?$/, 'is no number of seconds')
    .transform(Number)
    .default(30),
  READ_TIMEOUT_MS: milliseconds.default(2_000),
  WRITE_TIMEOUT_MS: milliseconds.default(6_000),
  CHANGES_TOPIC_ARN: z.string().optional(),
  /** Where SSM Parameter Store keeps the secrets, unless the next two hold them. */
  SECRETS_PATH: z.string().optional(),
  ADMIN_TOKEN: z.string().min(1).optional(),
  ORDER_SECRET: z.string().min(1).optional(),
  /** Emulators only: where each replica region's DynamoDB, and the cache table's, is to be found. */
  DYNAMODB_ENDPOINTS: endpointsByRegion.optional(),
  CACHE_ENDPOINT: z.url().optional(),
});

export type Config = z.infer<typeof environmentSchema>;

/** @throws BazarError that names every variable that is missing or wrong. */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  const parsed = environmentSchema.safeParse(environment);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new BazarError(`the environment is not right: ${faults.join('; ')}`);
}
