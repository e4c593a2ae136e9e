/** The secrets of a stage, in SSM Parameter Store of each region with a front end. */
import { randomBytes } from 'node:crypto';
import {
  DeleteParametersCommand,
  GetParameterCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { CommandError } from '../../tools/terminal/command-error.js';
import type { Region } from '../../lib/rules/sites.js';
import { connection } from '../target.js';

type Secret = 'admin-token' | 'order-secret';

/** As `secretsPath` in resources/config.yml. */
export const secretName = (stage: string, secret: Secret): string => `/bazar/${stage}/${secret}`;

/**
 * Makes each secret that is missing. One that some region has is copied from there; otherwise it
 * is drawn at random. A token that an operator has put there first is left alone.
 *
 * @returns whether any was missing.
 * @throws CommandError where two regions have different order secrets: one key would be two orders.
 */
export async function ensureSecrets(stage: string, fronts: readonly Region[]): Promise<boolean> {
  let isChanged = false;
  for (const secret of ['order-secret', 'admin-token'] as const) {
    const known = await Promise.all(fronts.map((region) => readSecret(stage, secret, region)));
    const values = new Set(known.filter((value) => value !== undefined));
    if (secret === 'order-secret' && values.size > 1) {
      throw new CommandError(
        `${secretName(stage, secret)} differs between ${fronts.join(' and ')}: put the one that orders were made with into each`,
      );
    }
    const [value = randomBytes(32).toString('base64url')] = values;
    // One after another, in one order for all: of two deployments at once, one ends at the first.
    for (const [index, region] of fronts.entries()) {
      if (known[index] !== undefined) continue;
      await createSecret(stage, secret, region, value);
      isChanged = true;
    }
  }
  return isChanged;
}

/** The token that admin calls carry, as one region has it; undefined where it has none. */
export const readAdminToken = (stage: string, region: Region): Promise<string | undefined> =>
  readSecret(stage, 'admin-token', region);

/** @returns whether there was any. */
export function deleteSecrets(stage: string, region: Region): Promise<boolean> {
  const Names = [secretName(stage, 'admin-token'), secretName(stage, 'order-secret')];
  return withClient(region, async (ssm) => {
    const { DeletedParameters = [] } = await ssm.send(new DeleteParametersCommand({ Names }));
    return DeletedParameters.length > 0;
  });
}

function readSecret(stage: string, secret: Secret, region: Region): Promise<string | undefined> {
  const Name = secretName(stage, secret);
  return withClient(region, async (ssm) => {
    try {
      const found = await ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
      return found.Parameter?.Value;
    } catch (error) {
      if (error instanceof ParameterNotFound) return undefined;
      throw error;
    }
  });
}

async function createSecret(
  stage: string,
  secret: Secret,
  region: Region,
  value: string,
): Promise<void> {
  const parameter = {
    Name: secretName(stage, secret),
    Value: value,
    Type: 'SecureString' as const,
    Tags: [
      { Key: 'project', Value: 'bazar' },
      { Key: 'stage', Value: stage },
    ],
  };
  try {
    await withClient(region, (ssm) => ssm.send(new PutParameterCommand(parameter)));
  } catch (error) {
    if (!(error instanceof ParameterAlreadyExists)) throw error;
    throw new CommandError(`stage ${stage} is being deployed by someone else: run it again`);
  }
}

async function withClient<Result>(
  region: Region,
  use: (ssm: SSMClient) => Promise<Result>,
): Promise<Result> {
  const ssm = new SSMClient(connection(region));
  try {
    return await use(ssm);
  } finally {
    ssm.destroy();
  }
}
