/** Where a deployed stage answers, and with which token. */
import type { Region } from '../../lib/rules/sites.js';
import { CommandError } from '../../tools/terminal/command-error.js';
import { readAdminToken } from '../stacks/secrets.js';
import { describeStack, frontEndStacks, type Stack } from '../stacks/stacks.js';
import { emulatorUrl } from '../target.js';

export interface DeployedFrontEnd {
  readonly region: Region;
  /** Without a slash at its end. */
  readonly url: string;
}

/**
 * The front ends of a stage, in the order of `fronts`.
 *
 * @throws CommandError where one isn't deployed.
 */
export function findFrontEnds(
  stage: string,
  fronts: readonly Region[],
): Promise<DeployedFrontEnd[]> {
  return Promise.all(frontEndStacks({ stage, fronts }).map(findFrontEnd));
}

/** The URL of each front end, in the order of `fronts`; throws as {@link findFrontEnds} does. */
export async function frontEndUrls(stage: string, fronts: readonly Region[]): Promise<string[]> {
  const found = await findFrontEnds(stage, fronts);
  return found.map(({ url }) => url);
}

/**
 * The stage's admin token, from SSM Parameter Store.
 *
 * @throws CommandError where the region has none.
 */
export async function adminToken(stage: string, region: Region): Promise<string> {
  const token = await readAdminToken(stage, region);
  if (token !== undefined) return token;
  throw new CommandError(`stage ${stage} has no admin token in ${region}: is it deployed there?`);
}

async function findFrontEnd(stack: Stack): Promise<DeployedFrontEnd> {
  const { Outputs = [] } = (await describeStack(stack)) ?? {};
  const output = Outputs.find(({ OutputKey }) => OutputKey === 'ServiceEndpoint')?.OutputValue;
  if (output === undefined) {
    throw new CommandError(`${stack.name} is not deployed in ${stack.region}`);
  }
  return { region: stack.region, url: publicUrl(output) };
}

/**
 * Where an API that a stack names answers. An emulator's stacks name AWS's host, or one of their own;
 * LocalStack and MiniStack both answer at this path. An endpoint that is no URL stays as it is.
 */
export function publicUrl(serviceEndpoint: string): string {
  const endpoint = emulatorUrl();
  if (endpoint === undefined || !URL.canParse(serviceEndpoint)) return serviceEndpoint;
  const { hostname, pathname } = new URL(serviceEndpoint);
  const [apiId] = hostname.split('.');
  return `${endpoint}/_aws/execute-api/${apiId}${pathname}`;
}
