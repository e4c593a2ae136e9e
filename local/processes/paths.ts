/** The ways between the parts of a store, each through a proxy, so that a region can be cut off or slowed down (design O6). */
import { openProxiedPath, type Passage, type ProxiedPath } from '../../tools/proxied-path.js';
import type { Region } from '../../lib/rules/sites.js';
import { databasePart, messagingPart } from './environment.js';

export type Network = 'open' | 'slow' | 'cut';

/** What each answer and each request takes longer on its way to or from a region that is slow. */
export const slowDelayMs = 250;

export interface Paths {
  /** By region: where the API finds the database. */
  readonly fromFrontEnd: Readonly<Record<Region, string>>;
  /** Where a region's own functions find the other regions' databases, and the messaging. */
  from(region: Region): {
    readonly databases: Readonly<Record<Region, string>>;
    readonly messaging: string;
  };
  /** Of all ways that lead into a region or out of it. */
  set(region: Region, network: Network): void;
  close(): Promise<void>;
}

interface Way {
  /** The regions between whose places it leads. */
  readonly regions: readonly Region[];
  readonly path: ProxiedPath;
}

/**
 * Opens a way from the front end to each region, from each region to each other one, and from each
 * region to the messaging.
 *
 * @param portOf of a part of the store.
 */
export async function openPaths(
  regions: readonly Region[],
  portOf: (part: string) => number | undefined,
): Promise<Paths> {
  const networks = new Map<Region, Network>();
  const ways: Way[] = [];
  const open = async (to: string, ...touched: readonly Region[]): Promise<string> => {
    const path = await openProxiedPath(() => portOf(to));
    ways.push({ regions: touched, path });
    return path.url;
  };
  const byRegion = async <Value>(
    keys: readonly Region[],
    make: (region: Region) => Promise<Value>,
  ): Promise<Record<Region, Value>> =>
    Object.fromEntries(
      await Promise.all(keys.map(async (region) => [region, await make(region)] as const)),
    );

  const fromFrontEnd = await byRegion(regions, (region) => open(databasePart(region), region));
  const fromRegion = await byRegion(regions, async (region) => ({
    databases: await byRegion(
      regions.filter((other) => other !== region),
      (other) => open(databasePart(other), region, other),
    ),
    messaging: await open(messagingPart, region),
  }));

  return {
    fromFrontEnd,
    from: (region) => fromRegion[region] ?? { databases: {}, messaging: '' },
    set(region, network) {
      networks.set(region, network);
      for (const { regions: touched, path } of ways) {
        if (touched.includes(region)) path.set(passageOf(touched.map((one) => networks.get(one))));
      }
    },
    async close() {
      await Promise.all(ways.map(({ path }) => path.close()));
    },
  };
}

/** A way is as bad as the worse of its ends. */
function passageOf(ends: readonly (Network | undefined)[]): Passage {
  if (ends.includes('cut')) return { kind: 'cut' };
  return ends.includes('slow') ? { kind: 'slow', delayMs: slowDelayMs } : { kind: 'open' };
}
