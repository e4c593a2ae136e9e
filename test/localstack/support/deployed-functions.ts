/** The functions of the store on the emulator: what they are made of, and what they log. */
import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import {
  LambdaClient,
  paginateListFunctions,
  type FunctionConfiguration,
} from '@aws-sdk/client-lambda';
import { regionsIn } from '../../../deploy/options.js';
import { connection, emulatorUrl } from '../../../deploy/target.js';
import type { Region } from '../../../lib/rules/sites.js';
import { emulatedStore } from '../../../localstack/store.js';

if (emulatorUrl() === undefined) {
  throw new Error('these tests change permissions: on an emulator, which AWS_ENDPOINT_URL names');
}

export const regions: readonly Region[] = regionsIn(emulatedStore);

export interface DeployedFunction extends FunctionConfiguration {
  readonly region: Region;
}

export async function listFunctions(region: Region): Promise<DeployedFunction[]> {
  const functions: DeployedFunction[] = [];
  for await (const page of paginateListFunctions({ client: lambdaIn(region) }, {})) {
    functions.push(...(page.Functions ?? []).map((found) => ({ ...found, region })));
  }
  return functions;
}

/** The function of this name: `buy`, say. @throws Error where it isn't deployed */
export async function findFunction(region: Region, name: string): Promise<DeployedFunction> {
  const functions = await listFunctions(region);
  const found = functions.find(({ FunctionName }) => FunctionName?.endsWith(`-${name}`));
  if (found === undefined) throw new Error(`${name} is not deployed in ${region}`);
  return found;
}

/** Every line that a function logged from then on. */
export async function logOf(
  { FunctionName, region }: DeployedFunction,
  sinceMs = 0,
): Promise<string[]> {
  const lines: string[] = [];
  const logs = paginateFilterLogEvents(
    { client: new CloudWatchLogsClient(connection(region)) },
    { logGroupName: `/aws/lambda/${FunctionName}`, startTime: sinceMs },
  );
  for await (const page of logs) {
    lines.push(...(page.events ?? []).map(({ message = '' }) => message));
  }
  return lines;
}

const lambdaIn = (region: Region): LambdaClient => new LambdaClient(connection(region));
