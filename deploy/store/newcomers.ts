/** Sites that join a living store: no front end is told of one before it knows what the others do. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';
import { CommandError } from '../../tools/terminal/command-error.js';
import { hasCaughtUp } from '../../lib/replication/reconcile.js';
import { ifAvailable } from '../../lib/store/front-end.js';
import type { Region, Site } from '../../lib/rules/sites.js';
import type { Deployment } from '../options.js';
import { replicasOf } from './replicas.js';
import { connection } from '../target.js';

const catchUpTimeoutMs = 60 * 60_000;
const checkIntervalMs = 2000;

/**
 * The sites that some front end, which serves already, does not know. An answer from what is
 * deployed, so that a deployment that was interrupted goes on where it was.
 */
export async function findNewcomers({ stage, sites, fronts }: Deployment): Promise<Site[]> {
  const known = await Promise.all(fronts.map((region) => sitesKnownIn(region, stage)));
  return sites.filter((site) => known.some((list) => list !== undefined && !list.includes(site)));
}

/** What the front end of a region was deployed with; undefined where there is none. */
async function sitesKnownIn(region: Region, stage: string): Promise<Site[] | undefined> {
  const lambda = new LambdaClient(connection(region));
  const query = new GetFunctionConfigurationCommand({ FunctionName: `bazar-${stage}-health` });
  try {
    const { Environment } = await lambda.send(query);
    return Environment?.Variables?.['REPLICAS']?.split(',');
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  } finally {
    lambda.destroy();
  }
}

/**
 * Waits until reconcile, which runs every minute, has taken each other site's books and orders up
 * into each newcomer.
 *
 * @throws CommandError where that takes longer than an hour.
 */
export async function untilCaughtUp(
  { stage, sites }: Deployment,
  newcomers: readonly Site[],
): Promise<void> {
  const replicas = replicasOf(stage, sites);
  const pairs = replicas
    .filter(({ site }) => newcomers.includes(site))
    .flatMap((own) => replicas.filter((other) => other !== own).map((other) => ({ own, other })));
  const deadline = Date.now() + catchUpTimeoutMs;
  for (;;) {
    const isReady = await Promise.all(
      pairs.map(({ own, other }) => ifAvailable(hasCaughtUp(own, other))),
    );
    if (isReady.every(Boolean)) return;
    if (Date.now() > deadline) {
      const late = pairs.filter((_, index) => !isReady[index]).map(({ own }) => own.site);
      throw new CommandError(
        `${[...new Set(late)].join(', ')} has not joined what the others know: run it again to wait on, or see the log of reconcile there`,
      );
    }
    await sleep(checkIntervalMs);
  }
}
