/** The tables of a running store, reached without its API. */
import { loadConfig, type Config } from '../../../lib/config.js';
import { buy, type BuyOutcome, type Purchase } from '../../../lib/store/buy.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { storeFile } from '../../../local/files/data-files.js';
import { readJson, type Store } from '../../../local/files/store-file.js';
import { makeFrontEnd } from '../../support/tables/front-ends.js';
import type { RunningStore } from '../../../local/store-process.js';

export function configOf({ dataDir }: Pick<RunningStore, 'dataDir'>): Config {
  const { environment, front } = readStoreFile(dataDir);
  process.env['AWS_ACCESS_KEY_ID'] = 'test';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
  return loadConfig({ ...environment, AWS_REGION: front, PREFIX: 'bazar-dev' });
}

/** A front end of the test's own, over the store's tables. */
export const frontEndOf = (store: Pick<RunningStore, 'dataDir'>): FrontEnd =>
  makeFrontEnd(configOf(store));

/** Buys through a front end of the test's own, with the secret of the store. */
export function buyAt(
  front: FrontEnd,
  { dataDir }: Pick<RunningStore, 'dataDir'>,
  purchase: Purchase,
): Promise<BuyOutcome> {
  const { orderSecret } = readStoreFile(dataDir);
  return buy(front, { orderSecret: () => Promise.resolve(orderSecret) }, purchase);
}

const readStoreFile = (dataDir: string): Store => readJson(storeFile(dataDir)) as Store;
