/** The policies of the store on the emulator, taken away for the time of a test. */
import { GetRolePolicyCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { connection } from '../../../deploy/target.js';
import type { Region } from '../../../lib/rules/sites.js';
import type { DeployedFunction } from './deployed-functions.js';

const policySchema = z.looseObject({
  Statement: z.array(z.looseObject({ Action: z.array(z.string()), Resource: z.array(z.string()) })),
});

/** The one inline policy that every function's role has: resources/roles.cjs. */
const PolicyName = 'own';

/**
 * Does something while a function may not take an action on the resources of this name.
 *
 * @throws Error where its role doesn't allow the action in the first place.
 */
export async function withoutPermission<Result>(
  { Role = '', region }: DeployedFunction,
  action: string,
  resource: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const iam = new IAMClient(connection(region));
  const RoleName = Role.split('/').at(-1);
  const { PolicyDocument = '' } = await iam.send(
    new GetRolePolicyCommand({ RoleName, PolicyName }),
  );
  const whole = decodeURIComponent(PolicyDocument);
  const put = (document: string) =>
    iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: document }));

  const policy = policySchema.parse(JSON.parse(whole));
  const less = policy.Statement.map((statement) =>
    statement.Resource.some((arn) => arn.includes(resource))
      ? { ...statement, Action: statement.Action.filter((allowed) => allowed !== action) }
      : statement,
  );
  const lessText = JSON.stringify({ ...policy, Statement: less });
  if (lessText === JSON.stringify(policy)) throw new Error(`${RoleName} does not allow ${action}`);
  await put(lessText);
  try {
    return await work();
  } finally {
    await put(whole);
  }
}

/** Does something while nobody may send to the queue of this name, in each of the regions. */
export async function withoutSenders<Result>(
  regions: readonly Region[],
  QueueName: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const restore = await Promise.all(regions.map((region) => takeQueuePolicy(region, QueueName)));
  try {
    return await work();
  } finally {
    await Promise.all(restore.map((put) => put()));
  }
}

/** @returns what puts the policy back */
async function takeQueuePolicy(region: Region, QueueName: string): Promise<() => Promise<unknown>> {
  const sqs = new SQSClient(connection(region));
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['Policy'] }),
  );
  const policy = Attributes?.['Policy'];
  if (policy === undefined) throw new Error(`${QueueName} has no policy in ${region}`);
  const put = (Policy: string) =>
    sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
  await put('');
  return () => put(policy);
}
