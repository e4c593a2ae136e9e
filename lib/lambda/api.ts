/** The front end as it is deployed: made from the environment at the first request, then kept. */
import { BookCache } from '../cache/book-cache.js';
import { PageCache } from '../cache/page-cache.js';
import { once } from '../concurrency.js';
import { loadConfig, type Config } from '../config.js';
import type { Api } from '../http/handler.js';
import type { FrontEnd } from '../store/front-end.js';
import { realSystem } from '../system.js';
import type { Telemetry } from '../telemetry.js';
import { deployedApiHost } from './api-host.js';
import { connectCache, connectReplicas } from './clients.js';

export function createFrontEnd(config: Config, telemetry: Telemetry): FrontEnd {
  const cache = connectCache(config, realSystem);
  const cacheTable = `${config.PREFIX}-cache`;
  return {
    system: realSystem,
    telemetry,
    replicas: connectReplicas(config, realSystem),
    region: config.AWS_REGION,
    books: new BookCache(cacheTable, cache, realSystem),
    pages: new PageCache(cacheTable, cache, realSystem),
    routing: { reads: config.READ_ROUTING, sales: config.SALE_ROUTING },
    currency: config.CURRENCY,
    freshForMs: config.FRESH_SECONDS * 1000,
  };
}

export const deployedApi: Api = {
  ...deployedApiHost,
  front: once(() => createFrontEnd(loadConfig(process.env), deployedApiHost.telemetry)),
};
