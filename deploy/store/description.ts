import { randomUUID } from 'node:crypto';
import type { DeployedStore } from './deploy-store.js';
import type { Deployment } from '../options.js';
import { secretName } from '../stacks/secrets.js';

/** What is printed when a store is deployed: where it answers, what to try, where the token is. */
export function describeStore(
  { stage, sites, fronts }: Deployment,
  { account, frontEnds, isChanged }: DeployedStore,
): string {
  const [url = ''] = frontEnds.map((front) => front.url);
  const urls = frontEnds.map((front) => `  ${front.region.padEnd(15)} ${front.url}`);
  return `
Bazar's stage ${stage} is ${isChanged ? 'deployed' : 'as it was: nothing to change'} (account ${account}; replicas ${sites.join(', ')})

${urls.join('\n')}

Try:
  curl '${url}/search/distributed%20systems'
  curl -X POST ${url}/buy/2 -H 'Idempotency-Key: ${randomUUID()}'

The admin token lies in SSM Parameter Store, as ${secretName(stage, 'admin-token')}:
  TOKEN=$(npx tsx deploy/admin-token.ts --stage ${stage} --front ${fronts[0]})`;
}
