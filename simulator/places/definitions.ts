/** What is deployed, as far as a simulated world is made of it. */
import * as z from 'zod';
import { assignmentsOf } from '../../services/event-sources.js';
import { createResolver, propertiesOf } from '../../services/intrinsics.js';
import { tablesOf } from '../../services/provision-tables.js';
import { resolveService, type Service } from '../../services/service-config.js';
import type { FilterPattern } from '../../services/stream-filter.js';
import type { TableProperties } from '../dynamodb/definition.js';

type Filter = Readonly<Record<string, readonly string[]>>;

export interface QueueDefinition {
  /** Which messages of a topic come into it: an SNS filter policy over their attributes. */
  readonly filter: Filter;
  readonly visibilityTimeoutMs: number;
  readonly mostReceives: number;
}

/** That a function reads a table's stream. */
export interface StreamDefinition {
  readonly reader: 'publish' | 'index-words';
  readonly table: 'catalog' | 'orders';
  /** Which records it is given. */
  readonly filter: readonly FilterPattern[];
}

export interface Definitions {
  readonly tables: Readonly<Record<'catalog' | 'orders' | 'words' | 'cache', TableProperties>>;
  readonly queues: Readonly<Record<'replicate' | 'invalidate', QueueDefinition>>;
  readonly streams: readonly StreamDefinition[];
  /** How long each function may take, by its name. */
  readonly timeoutsMs: Readonly<Record<string, number>>;
}

const queueSchema = z.object({
  QueueName: z.string(),
  VisibilityTimeout: z.number(),
  RedrivePolicy: z.object({ maxReceiveCount: z.number() }),
});

const subscriptionSchema = z.object({
  Endpoint: z.string(),
  FilterPolicy: z.record(z.string(), z.array(z.string())).default({}),
});

/** Reads both services as they would be deployed. */
export async function readDefinitions(): Promise<Definitions> {
  const environment = {
    ...process.env,
    BAZAR_REPLICAS: 'us-east-1#1,eu-west-1#1',
    BAZAR_FRONTS: 'us-east-1',
  };
  const [replica, front] = await Promise.all([
    resolveService('serverless-replica.yml', 'us-east-1', environment),
    resolveService('serverless.yml', 'us-east-1', environment),
  ]);
  const tables = [...tablesOf(replica), ...tablesOf(front)];
  const table = (name: string) =>
    one(tables, ({ TableName }) => TableName.split('-').includes(name), `a ${name} table`);
  return {
    tables: {
      catalog: table('catalog'),
      orders: table('orders'),
      words: table('words'),
      cache: table('cache'),
    },
    queues: {
      replicate: queueOf('replicate', replica, replica),
      invalidate: queueOf('invalidate', front, replica),
    },
    streams: streamsOf(replica),
    timeoutsMs: Object.fromEntries(
      [replica, front].flatMap(({ functions, provider }) =>
        Object.entries(functions).map(([name, { timeout }]) => [
          name,
          1000 * (timeout ?? provider.timeout),
        ]),
      ),
    ),
  };
}

const streamSchema = z.object({
  reader: z.enum(['publish', 'index-words']),
  table: z.enum(['catalog', 'orders']),
});

const streamsOf = (service: Service): StreamDefinition[] =>
  assignmentsOf(service, createResolver(service)).flatMap(({ functionName: reader, sources }) =>
    sources
      .filter((source) => source.kind === 'stream')
      .map(({ table, filterPatterns: filter }) => ({
        ...streamSchema.parse({ reader, table: table.split('-').at(-2) }),
        filter,
      })),
  );

function queueOf(name: string, service: Service, topics: Service): QueueDefinition {
  const queues = propertiesOf(service, 'AWS::SQS::Queue')
    .map((properties) => queueSchema.safeParse(properties))
    .flatMap(({ data }) => data ?? []);
  const queue = one(queues, ({ QueueName }) => QueueName.endsWith(`-${name}`), `a ${name} queue`);
  const subscriptions = propertiesOf(topics, 'AWS::SNS::Subscription').map((properties) =>
    subscriptionSchema.parse(properties),
  );
  const subscription = one(
    subscriptions,
    ({ Endpoint }) => Endpoint.endsWith(`-${name}`),
    `a subscription of ${name}`,
  );
  return {
    filter: subscription.FilterPolicy,
    visibilityTimeoutMs: 1000 * queue.VisibilityTimeout,
    mostReceives: queue.RedrivePolicy.maxReceiveCount,
  };
}

function one<Item>(items: readonly Item[], isWanted: (item: Item) => boolean, what: string): Item {
  const found = items.find(isWanted);
  if (found === undefined) throw new TypeError(`the services do not define ${what}`);
  return found;
}
