/** The stacks of a deployment, and what CloudFormation says of them. */
import {
  CloudFormationClient,
  CloudFormationServiceException,
  DescribeStacksCommand,
  type Stack as DescribedStack,
} from '@aws-sdk/client-cloudformation';
import { regionOf, type Region } from '../../lib/rules/sites.js';
import type { Deployment } from '../options.js';
import { connection } from '../target.js';

export interface Stack {
  readonly kind: 'replica' | 'front end';
  /** The service's configuration. */
  readonly file: 'serverless-replica.yml' | 'serverless.yml';
  /** As serverless makes it: service and stage. */
  readonly name: string;
  readonly region: Region;
}

export const replicaStacks = ({ stage, sites }: Deployment): Stack[] =>
  sites.map((site) => ({
    kind: 'replica',
    file: 'serverless-replica.yml',
    name: `bazar-replica-${stage}`,
    region: regionOf(site),
  }));

export const frontEndStacks = ({ stage, fronts }: Pick<Deployment, 'stage' | 'fronts'>): Stack[] =>
  fronts.map((region) => ({
    kind: 'front end',
    file: 'serverless.yml',
    name: `bazar-${stage}`,
    region,
  }));

/** Whether a stack of a list is there: the removed ones may be listed for a while. */
export const isThere = ({ StackStatus }: DescribedStack): boolean =>
  StackStatus !== 'DELETE_COMPLETE';

/** What CloudFormation knows of a stack; undefined where there is none. */
export async function describeStack({ name, region }: Stack): Promise<DescribedStack | undefined> {
  const cloudFormation = new CloudFormationClient(connection(region));
  try {
    const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: name }));
    return Stacks?.find(isThere);
  } catch (error) {
    const isMissing =
      error instanceof CloudFormationServiceException && /does not exist/.test(error.message);
    if (isMissing) return undefined;
    throw error;
  } finally {
    cloudFormation.destroy();
  }
}

/** Waits for all, and fails only then if any did: no work on a stack is left half-way. */
export async function untilAll<Result>(works: readonly Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(works);
  return Promise.all(works);
}
