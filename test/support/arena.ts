/** A store of its own, in a temporary folder, with a proxy before each of its databases. */
import { rm } from 'node:fs/promises';
import { frontDatabase, storeFile } from '../../local/data-files.js';
import { databasePart } from '../../local/environment.js';
import { readJson, type Store } from '../../local/store-file.js';
import { readTopology, regionsOf } from '../../local/topology.js';
import { makeDataDir, startStore, type RunningStore } from './store.js';
import type { Region } from '../../lib/sites.js';
import { openProxiedPath, type ProxiedPath } from './proxied-path.js';

export interface Arena {
  readonly store: RunningStore;
  readonly front: Region;
  /** From the API's process to each region's database. */
  readonly paths: ReadonlyMap<Region, ProxiedPath>;
  /** From the API's process to the cache. */
  readonly cachePath: ProxiedPath;
  /** Ends all processes, and deletes the folder. */
  close(): Promise<void>;
}

/** Rejects with what the store printed where it doesn't start; nothing is left then. */
export async function openArena(): Promise<Arena> {
  const topology = readTopology(undefined);
  const dataDir = await makeDataDir();
  const paths = new Map<Region, ProxiedPath>();
  const pathTo = (database: string) =>
    openProxiedPath(() => portIn(dataDir, databasePart(database)));
  const cachePath = await pathTo(frontDatabase);
  const clear = async () => {
    for (const path of [cachePath, ...paths.values()]) await path.close();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    for (const region of regionsOf(topology)) paths.set(region, await pathTo(region));
    const endpoints = {
      cache: cachePath.url,
      ...Object.fromEntries([...paths].map(([region, { url }]) => [region, url])),
    };
    const env = { BAZAR_API_ENDPOINTS: JSON.stringify(endpoints) };
    const store = await startStore({ dataDir, env });
    const close = async () => {
      await store.stop();
      await clear();
    };
    return { store, front: topology.front, paths, cachePath, close };
  } catch (error) {
    await clear();
    throw error;
  }
}

/** The store chooses its ports when it starts, and keeps them. */
const portIn = (dataDir: string, part: string): number | undefined =>
  (readJson(storeFile(dataDir)) as Store | undefined)?.ports[part];
