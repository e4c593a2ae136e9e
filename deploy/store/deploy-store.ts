/** Brings a whole store up, or up to date. */
import { createApiClient } from '../../client/api-client.js';
import { eventually } from '../../tools/eventually.js';
import { CommandError } from '../../tools/terminal/command-error.js';
import { adminToken, findFrontEnds, type DeployedFrontEnd } from './deployment.js';
import { findNewcomers, untilCaughtUp } from './newcomers.js';
import { regionsIn, type Deployment } from '../options.js';
import { ensureSecrets } from '../stacks/secrets.js';
import { runServerless } from '../stacks/serverless.js';
import { frontEndStacks, replicaStacks, untilAll, type Stack } from '../stacks/stacks.js';
import { loadStartingCatalogue } from './first-books.js';
import { checkAccess } from '../target.js';

export interface DeployedStore {
  /** The account's number. */
  readonly account: string;
  readonly frontEnds: readonly DeployedFrontEnd[];
  /** Whether anything was made, changed or loaded. */
  readonly isChanged: boolean;
}

/**
 * Deploys every stack of a store, loads the starting catalogue if there is no other, and waits
 * until each front end is well. Safe to repeat: what is as it should be is left alone.
 *
 * All stacks are deployed side by side. A topic's subscriptions name queues of stacks in other
 * regions, which CloudFormation could not wait for; they need not exist yet, since SNS looks for a
 * queue only when it delivers. What a topic can't deliver meanwhile lies in the subscription's
 * dead-letter queue: a heartbeat, which the next one makes up for, or, in a living store that gets
 * another region, a change, which reconcile joins.
 *
 * A site that joins a living store is empty: the front ends are deployed only when it has joined
 * what the others know.
 *
 * @param tell is given each step, in a line.
 * @throws CommandError, each of one line.
 */
export async function deployStore(
  deployment: Deployment,
  tell: (line: string) => void,
): Promise<DeployedStore> {
  const { stage, fronts } = deployment;
  const account = await checkAccess(regionsIn(deployment));
  const hasNewSecrets = await ensureSecrets(stage, fronts);
  tell(hasNewSecrets ? 'secrets: made what was missing' : 'secrets: there');

  const hasNewStacks = await deployStacks(deployment, tell);

  const frontEnds = await findFrontEnds(stage, fronts);
  await Promise.all(frontEnds.map(untilHealthy));

  const [first] = frontEnds as [DeployedFrontEnd];
  const token = await adminToken(stage, first.region);
  const loaded = await loadStartingCatalogue(first.url, token);
  tell(loaded > 0 ? `catalogue: ${loaded} books loaded, and in every region` : 'catalogue: there');
  return { account, frontEnds, isChanged: hasNewSecrets || hasNewStacks || loaded > 0 };
}

/** @returns whether there was anything to deploy. */
async function deployStacks(
  deployment: Deployment,
  tell: (line: string) => void,
): Promise<boolean> {
  const replicas = replicaStacks(deployment);
  const frontEnds = frontEndStacks(deployment);
  const deployAll = async (stacks: readonly Stack[]): Promise<boolean> => {
    const changes = await untilAll(stacks.map((stack) => deployStack(stack, deployment, tell)));
    return changes.includes(true);
  };
  const newcomers = await findNewcomers(deployment);
  if (newcomers.length === 0) return deployAll([...replicas, ...frontEnds]);

  await deployAll(replicas);
  tell(`${newcomers.join(', ')}: new, waiting until reconcile has filled it`);
  await untilCaughtUp(deployment, newcomers);
  await deployAll(frontEnds);
  return true;
}

async function deployStack(
  stack: Stack,
  deployment: Deployment,
  tell: (line: string) => void,
): Promise<boolean> {
  const startedAtMs = performance.now();
  const output = await runServerless('deploy', stack, deployment);
  const isChanged = !/^No changes to deploy/m.test(output);
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  const what = isChanged ? 'deployed' : 'unchanged';
  tell(`${stack.region}, ${stack.kind}: ${what} (${seconds} s)`);
  return isChanged;
}

const healthTimeoutMs = 120_000;
const checkIntervalMs = 500;

/** A new API may take a while to be known everywhere. */
async function untilHealthy({ region, url }: DeployedFrontEnd): Promise<void> {
  const api = createApiClient({ url });
  const ask = async () => {
    const { status } = await api.sendOnce({ path: '/health' });
    if (status !== 200) throw new Error(String(status));
  };
  const patience = { deadlineMs: healthTimeoutMs, everyMs: checkIntervalMs };
  await eventually(ask, patience).catch(({ message }: Error) => {
    throw new CommandError(`the front end in ${region} is not well: ${url}/health: ${message}`);
  });
}
