/** The store that a test over HTTP works on: an embedded one of its own, or one that is deployed. */
import { afterAll, beforeAll } from '@jest/globals';
import { healthSchema } from '../../../lib/http/schemas.js';
import {
  concurrencyVariable,
  endpointsVariable,
  tokenVariable,
} from '../../../client/deployed-store.js';
import { startStore, type RunningStore, type StoreSetting } from '../../../local/store-process.js';
import { as, clientOf, type Client } from './client.js';

type Address = Pick<RunningStore, 'url' | 'adminToken'>;

export interface StoreUnderTest extends Address {
  /** The replica regions. */
  readonly regions: readonly string[];
  /** How many requests at once the tests may send. */
  readonly concurrency: number;
  /** An id of which the store has no book, and gets none unless the test creates it. */
  freshId(): number;
  stop(): Promise<unknown>;
}

/**
 * A store and a client of it, for the tests of a file. It starts before the first of them and is stopped
 * behind the last; until then there is nothing in either.
 */
export function storeForTests<Store extends Address & { stop(): Promise<unknown> }>(
  start: () => Promise<Store>,
): { readonly store: Store; readonly client: Client } {
  const store = {} as Store;
  const client = {} as Client;
  beforeAll(async () => {
    Object.assign(store, await start());
    Object.assign(client, clientOf(store));
  });
  afterAll(() => store.stop());
  return { store, client };
}

/** A customer of each front end of the deployed store; none where tests start stores of their own. */
export const deployedClients = (): Client[] => deployedStores().map(clientOf);

const deployedStores = () =>
  (process.env[endpointsVariable] ?? '')
    .split(' ')
    .filter((url) => url !== '')
    .map((url) => ({
      url,
      adminToken: process.env[tokenVariable] ?? '',
      stop: () => Promise.resolve(),
    }));

/**
 * The deployed store, at its first front end, if there is one; otherwise a new embedded store.
 *
 * @param setting of the embedded store.
 */
export async function storeUnderTest(setting?: StoreSetting): Promise<StoreUnderTest> {
  const [deployed] = deployedStores();
  const store = deployed ?? (await startStore(setting));
  const { regions } = as(healthSchema, await clientOf(store).send('/health'));
  return {
    url: store.url,
    adminToken: store.adminToken,
    regions: regions.map(({ region }) => region),
    concurrency: Number(process.env[concurrencyVariable] ?? 1000),
    freshId: freshIds(),
    stop: () => store.stop(),
  };
}

/** Deployed stores live on: each run begins somewhere else, far above what people number by hand. */
export function freshIds(): () => number {
  let last = 10 ** 9 + Math.floor(Math.random() * 10 ** 8) * 10 ** 4;
  return () => (last += 1);
}
