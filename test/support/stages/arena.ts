/** A store of its own, in a temporary folder, with a proxy before each of its databases. */
import { rm } from 'node:fs/promises';
import { frontDatabase, storeFile } from '../../../local/files/data-files.js';
import { databasePart } from '../../../local/processes/environment.js';
import { readJson, type Store } from '../../../local/files/store-file.js';
import { readTopology, regionsOf } from '../../../services/topology.js';
import { makeDataDir, startStore, type RunningStore } from '../../../local/store-process.js';
import type { Region } from '../../../lib/rules/sites.js';
import { openProxiedPath, type ProxiedPath } from '../../../tools/proxied-path.js';

export interface Arena {
  readonly store: RunningStore;
  readonly front: Region;
  readonly regions: readonly Region[];
  /** From the API's process to each database: a region's, and the front end's own with its cache. */
  readonly paths: ReadonlyMap<string, ProxiedPath>;
  /** Ends all processes, and deletes the folder. */
  close(): Promise<void>;
}

/** Rejects with what the store printed where it doesn't start; nothing is left then. */
export async function openArena(): Promise<Arena> {
  const topology = readTopology(undefined);
  const dataDir = await makeDataDir();
  const regions = regionsOf(topology);
  const paths = new Map<string, ProxiedPath>();
  const clear = async () => {
    for (const path of paths.values()) await path.close();
    await rm(dataDir, { recursive: true, force: true });
  };
  const pathTo = async (database: string): Promise<string> => {
    const path = await openProxiedPath(() => portIn(dataDir, databasePart(database)));
    paths.set(database, path);
    return path.url;
  };
  try {
    const endpoints: Record<Region, string> = {};
    for (const region of regions) endpoints[region] = await pathTo(region);
    const env = {
      BAZAR_API_ENDPOINTS: JSON.stringify(endpoints),
      BAZAR_API_CACHE_ENDPOINT: await pathTo(frontDatabase),
    };
    const store = await startStore({ dataDir, env });
    const close = async () => {
      await store.stop();
      await clear();
    };
    return { store, front: topology.front, regions, paths, close };
  } catch (error) {
    await clear();
    throw error;
  }
}

/** The store chooses its ports when it starts, and keeps them. */
const portIn = (dataDir: string, part: string): number | undefined =>
  (readJson(storeFile(dataDir)) as Store | undefined)?.ports[part];
