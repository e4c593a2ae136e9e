/**
 * Real tables in emulators of one's own: a dynoxide for each replica region and one for the cache, with
 * the tables that `resources/` says.
 */
import type { ChildProcess } from 'node:child_process';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { loadConfig, type Config } from '../lib/config.js';
import type { Region } from '../lib/rules/sites.js';
import { startDynoxide } from '../tools/emulators/dynoxide.js';
import { provisionTables } from './provision-tables.js';
import { resolveService } from './service-config.js';

/** A replica region, or `cache`. */
type Place = string;

export interface Emulators {
  readonly config: Config;
  /** The emulator of a replica region, or of the cache, to be stopped or killed. */
  process(place: Place): ChildProcess;
  stop(): void;
}

/**
 * Starts emulators for these replica regions, and makes their tables.
 *
 * @param fileOf where an emulator keeps its database; in memory unless given.
 */
export async function startEmulators(
  regions: readonly Region[] = ['us-east-1', 'eu-west-1'],
  environment: Readonly<Record<string, string>> = {},
  fileOf?: (place: Place) => string,
): Promise<Emulators> {
  const sites = regions.map((region) => `${region}#1`);
  const places = [...regions, 'cache'];
  const started = new Map(
    await Promise.all(
      places.map(async (place) => [place, await startDynoxide(fileOf?.(place))] as const),
    ),
  );
  const endpointOf = (place: string) => started.get(place)?.endpoint ?? '';
  process.env['AWS_ACCESS_KEY_ID'] = 'test';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
  const variables = { ...process.env, BAZAR_REPLICAS: sites.join(',') };
  const front = regions[0] as Region;
  await Promise.all([
    ...regions.map(async (region) =>
      provisionTables(
        new DynamoDBClient({ region, endpoint: endpointOf(region) }),
        await resolveService('serverless-replica.yml', region, variables),
      ),
    ),
    resolveService('serverless.yml', front, variables).then((service) =>
      provisionTables(
        new DynamoDBClient({ region: front, endpoint: endpointOf('cache') }),
        service,
      ),
    ),
  ]);
  const config = loadConfig({
    AWS_REGION: front,
    PREFIX: 'bazar-dev',
    REPLICAS: sites.join(','),
    DYNAMODB_ENDPOINTS: JSON.stringify(
      Object.fromEntries(regions.map((region) => [region, endpointOf(region)])),
    ),
    CACHE_ENDPOINT: endpointOf('cache'),
    ...environment,
  });
  return {
    config,
    process: (place) => started.get(place)?.child as ChildProcess,
    stop: () => {
      for (const { child } of started.values()) child.kill('SIGKILL');
    },
  };
}
