import { randomUUID } from 'node:crypto';
import type { Store } from './files/store-file.js';
import { regionsOf } from '../services/topology.js';

/** What is printed when the store is ready. */
export function greeting(store: Store, folder: string, startTimeMs: number): string {
  const url = `http://localhost:${store.port}`;
  return `
The shop is open at ${url} (after ${(startTimeMs / 1000).toFixed(1)} s)

  regions      ${regionsOf(store).join(', ')}; front end in ${store.front}
  admin token  ${store.adminToken}
  data         ${folder}
  control room ${url}/control, with the lab at ${store.environment['LAB_URL']}

Try:
  curl '${url}/search/distributed%20systems'
  curl ${url}/info/2
  curl -X POST ${url}/buy/2 -H 'Idempotency-Key: ${randomUUID()}'

Ctrl-C ends it.`;
}
