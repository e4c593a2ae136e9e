/** Front ends in the test's own process, over real tables, with whatever is faulty passed in. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BookCache } from '../../../lib/cache/book-cache.js';
import { PageCache } from '../../../lib/cache/page-cache.js';
import { TableLink } from '../../../lib/dynamodb/table-link.js';
import type { Config } from '../../../lib/config.js';
import { clientsOf } from '../../../lib/lambda/clients.js';
import type { RegionHost } from '../../../lib/lambda/region.js';
import type { Host } from '../../../lib/host.js';
import { Replica } from '../../../lib/tables/replica.js';
import { regionOf, type Region } from '../../../lib/rules/sites.js';
import type { FrontEnd, Routing, Secrets } from '../../../lib/store/front-end.js';
import { realSystem, type System } from '../../../lib/system.js';
import { silentTelemetry, type Telemetry } from '../../../lib/telemetry.js';
import { provisionTables } from '../../../services/provision-tables.js';
import { resolveService } from '../../../services/service-config.js';
import { intercept, type Interceptor, type Place } from '../faults/barrier.js';
import { createIdTable } from './id-table.js';

export interface FrontEndOptions {
  readonly system?: System;
  readonly telemetry?: Telemetry;
  readonly routing?: Partial<Routing>;
  readonly region?: Region;
  readonly freshForMs?: number;
  /** Another table than the stage's own makes this a front end of its own. */
  readonly cacheTable?: string;
  /** What stands between the front end and every place; the first is the one nearest to the front end. */
  readonly faults?: readonly Interceptor[];
}

export const testSecrets: Secrets = {
  orderSecret: () => Promise.resolve('a secret of the tests'),
  adminToken: () => Promise.resolve('secret-token'),
};

/** What a busy machine does not reach, for tests in which no call is to time out. */
export const patience = { READ_TIMEOUT_MS: '20000', WRITE_TIMEOUT_MS: '30000' } as const;

export function makeFrontEnd(config: Config, options: FrontEndOptions = {}): FrontEnd {
  const system = options.system ?? realSystem;
  const faulty = intercept(...(options.faults ?? []));
  const link = (place: Place, region: Region, endpoint: string | undefined) =>
    new TableLink(place, faulty(place, clientsOf(config, region, endpoint)), system);
  const cacheLink = link('cache', config.AWS_REGION, config.CACHE_ENDPOINT);
  const cacheTable = options.cacheTable ?? `${config.PREFIX}-cache`;
  return {
    system,
    telemetry: options.telemetry ?? silentTelemetry,
    replicas: config.REPLICAS.map((site) => {
      const region = regionOf(site);
      return new Replica(
        site,
        config.PREFIX,
        link(region, region, config.DYNAMODB_ENDPOINTS?.[region]),
        system,
      );
    }),
    region: options.region ?? config.AWS_REGION,
    books: new BookCache(cacheTable, cacheLink, system),
    pages: new PageCache(cacheTable, cacheLink, system),
    routing: { reads: config.READ_ROUTING, sales: config.SALE_ROUTING, ...options.routing },
    currency: config.CURRENCY,
    freshForMs: options.freshForMs ?? config.FRESH_SECONDS * 1000,
  };
}

/** A front end of its own: its cache knows nothing yet. */
export const makeFreshFrontEnd = async (
  config: Config,
  options: FrontEndOptions = {},
): Promise<FrontEnd> =>
  makeFrontEnd(config, { ...options, cacheTable: await makeCacheTable(config) });

/** Makes a cache table: whoever uses it is a front end of its own. */
export async function makeCacheTable(config: Config): Promise<string> {
  cacheTables += 1;
  const name = `${config.PREFIX}-cache-${cacheTables}`;
  const { AWS_REGION: region, CACHE_ENDPOINT: endpoint } = config;
  const client = new DynamoDBClient({ region, ...(endpoint !== undefined && { endpoint }) });
  await createIdTable(client, name);
  client.destroy();
  return name;
}

let cacheTables = 0;

/** Where logs and metrics go in a test that looks at neither. */
export const quietHost: Host = {
  telemetry: silentTelemetry,
  logError: () => undefined,
  invocation: (_context, work) => work(),
};

/** The same regions, one of them with new and empty tables, as its next incarnation. */
export async function renew(config: Config, region: Region): Promise<Config> {
  const renewed = {
    ...config,
    REPLICAS: config.REPLICAS.map((site) => (regionOf(site) === region ? `${region}#2` : site)),
  };
  await provisionTables(
    new DynamoDBClient({ region, endpoint: config.DYNAMODB_ENDPOINTS?.[region] as string }),
    await resolveService('serverless-replica.yml', region, {
      ...process.env,
      BAZAR_REPLICAS: renewed.REPLICAS.join(','),
    }),
  );
  return renewed;
}

/** What the event-driven functions of one of these regions stand on. */
export const hostIn = (region: Region, replicas: readonly Replica[]): RegionHost => ({
  ...quietHost,
  system: realSystem,
  own: () => replicas.find((replica) => replica.region === region) as Replica,
  others: () => replicas.filter((replica) => replica.region !== region),
});
