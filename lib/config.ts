import * as z from 'zod';
import { BazarError } from './errors.js';
import { isRegion, isSite, regionOf } from './rules/sites.js';

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

const listOf = (text: string): string[] => text.split(',').map((entry) => entry.trim());

const isWithoutRepeats = (entries: readonly string[]): boolean =>
  new Set(entries).size === entries.length;

/** `region#incarnation`, comma-separated: every replica, in an order that all front ends share. */
const replicas = z
  .string()
  .transform(listOf)
  .pipe(z.array(z.string().refine(isSite, 'is no replica site such as us-east-1#1')))
  .refine((sites) => isWithoutRepeats(sites.map(regionOf)), 'names a region twice');

const regions = z
  .string()
  .transform(listOf)
  .pipe(z.array(z.string().refine(isRegion, 'is no region such as us-east-1')))
  .refine(isWithoutRepeats, 'names a region twice');

const currencies = new Set(Intl.supportedValuesOf('currency'));

const currency = z
  .string()
  .toUpperCase()
  .refine((code) => currencies.has(code), 'is no currency of ISO 4217 such as USD');

const anyOrigin = '*';

/** As browsers send it: in lower case, without a slash, and without the port that its scheme implies. */
const origin = z.string().transform((text, context) => {
  if (text === anyOrigin) return text;
  const url = /^https?:\/\/[^\s*\\?#]+$/i.test(text) && URL.canParse(text) && new URL(text);
  if (url && url.href === `${url.origin}/`) return url.origin;
  context.addIssue({ code: 'custom', message: 'is no origin such as https://shop.example' });
  return z.NEVER;
});

const corsOrigins = z
  .string()
  .transform(listOf)
  .pipe(z.array(origin))
  .refine((origins) => origins.length === 1 || !origins.includes(anyOrigin), '* stands alone')
  .refine(isWithoutRepeats, 'names an origin twice');

/** What whoever deploys the store may choose; `resources/config.yml` hands it to the functions. */
const chosen = {
  REPLICAS: replicas,
  CURRENCY: currency.default('USD'),
  CORS_ORIGINS: corsOrigins.default([anyOrigin]),
  READ_ROUTING: z.enum(['round-robin', 'nearest']).default('round-robin'),
  SALE_ROUTING: z.enum(['nearest', 'spread']).default('nearest'),
};

const flag = z.enum(['true', 'false', '1', '0']).optional();

/** README's table of settings, by the names that they have outside of the functions. */
const settingsSchema = z.object({
  BAZAR_REPLICAS: chosen.REPLICAS.optional(),
  BAZAR_FRONTS: regions.optional(),
  BAZAR_READ_ROUTING: chosen.READ_ROUTING,
  BAZAR_SALE_ROUTING: chosen.SALE_ROUTING,
  BAZAR_CORS_ORIGINS: chosen.CORS_ORIGINS,
  BAZAR_CURRENCY: chosen.CURRENCY,
  BAZAR_TRACING: flag,
  BAZAR_ACCESS_LOG: flag,
  BAZAR_ALARM_TOPIC: z
    .string()
    .regex(/^[\w-]{0,256}$/, "is no SNS topic's name")
    .optional(),
  POWERTOOLS_LOG_LEVEL: z
    .string()
    .toUpperCase()
    .pipe(z.enum(['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'SILENT', 'CRITICAL']))
    .optional(),
  POWERTOOLS_METRICS_DISABLED: z.enum(['true', 'false']).optional(),
});

/**
 * What is wrong with the settings of whoever starts, packages or deploys the store, in one line that
 * names each variable; undefined where nothing is.
 */
export function faultOfSettings(environment: NodeJS.ProcessEnv): string | undefined {
  const { error } = settingsSchema.safeParse(environment);
  return error && describeIssues(error);
}

const environmentSchema = z.object({
  AWS_REGION: z.string(),
  /** What the names of all of the stage's tables start with. */
  PREFIX: z.string().min(1),
  ...chosen,
  /** For how long the cache's entries are shown without asking a replica (design C3). */
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
  /** Embedded store only: where its lab answers, which can take a region away (local/lab). */
  LAB_URL: z.url().optional(),
});

export type Config = z.infer<typeof environmentSchema>;

/** @throws BazarError that names every variable that is missing or wrong. */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  const parsed = environmentSchema.safeParse(environment);
  if (parsed.success) return parsed.data;
  throw new BazarError(`the environment is not right: ${describeIssues(parsed.error)}`);
}

const describeIssues = ({ issues }: z.ZodError): string =>
  issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
