/** A front end in each region of a store, with a path of a given length to the other regions. */
import { once } from 'node:events';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { regionOf, type Region } from '../../lib/rules/sites.js';
import { dynamodbClient } from '../../local/clients.js';
import { startDynoxide } from '../../tools/emulators/dynoxide.js';
import { openProxiedPath, type ProxiedPath } from '../../tools/proxied-path.js';
import type { Context } from '../part.js';
import type { BenchStore } from './bench-store.js';
import { startFrontEnd, type FrontEnd } from './front-end.js';

export interface RegionalFrontEnd extends FrontEnd {
  readonly region: Region;
  /** To each other region. */
  readonly paths: ReadonlyMap<Region, ProxiedPath>;
}

/**
 * Starts a front end in each region, with a cache of its own; they end with the part. The paths are
 * open, and as short as the machine makes them.
 */
export async function startFrontEnds(
  context: Context,
  { environment }: BenchStore,
  settings: Readonly<Record<string, string>> = {},
): Promise<RegionalFrontEnd[]> {
  const sites = (environment['REPLICAS'] as string).split(',');
  const endpoints = JSON.parse(environment['DYNAMODB_ENDPOINTS'] as string) as Record<
    string,
    string
  >;
  return Promise.all(
    sites.map(regionOf).map(async (region) => {
      const paths = new Map<Region, ProxiedPath>();
      for (const other of Object.keys(endpoints).filter((name) => name !== region)) {
        const port = Number(new URL(endpoints[other] as string).port);
        const path = await openProxiedPath(() => port);
        context.defer(() => path.close());
        paths.set(other, path);
      }
      const urls = [...paths].map(([other, { url }]) => [other, url] as const);
      const frontEnd = await startFrontEnd(context, {
        ...environment,
        ...settings,
        AWS_REGION: region,
        DYNAMODB_ENDPOINTS: JSON.stringify({ ...endpoints, ...Object.fromEntries(urls) }),
        CACHE_ENDPOINT: await startCache(context, region),
      });
      return { ...frontEnd, region, paths };
    }),
  );
}

/** Puts the regions so far apart, there and back. */
export function separate(frontEnds: readonly RegionalFrontEnd[], roundTripMs: number): void {
  for (const path of frontEnds.flatMap(({ paths }) => [...paths.values()])) {
    path.set(roundTripMs === 0 ? { kind: 'open' } : { kind: 'slow', delayMs: roundTripMs / 2 });
  }
}

/** Lets the other regions take what this front end sends, and never answer it. */
export function hang({ paths }: RegionalFrontEnd): void {
  for (const path of paths.values()) path.set({ kind: 'answers-lost' });
}

/** A cache of books and lists that no other front end has. @returns its endpoint */
async function startCache(context: Context, region: Region): Promise<string> {
  const { endpoint, child } = await startDynoxide();
  const ended = once(child, 'exit');
  context.defer(() => {
    child.kill('SIGKILL');
    return ended;
  });
  const client = dynamodbClient(region, endpoint);
  await client.send(
    new CreateTableCommand({
      TableName: 'bazar-dev-cache',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  client.destroy();
  return endpoint;
}
