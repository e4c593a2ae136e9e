import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { BazarError } from '../errors.js';
import type { Secrets } from '../store/front-end.js';

/** How long a secret is kept before it is asked for again: a rotated token works this soon. */
const keptForMs = 5 * 60 * 1000;

/**
 * The secrets of the stage: from the environment where they are set there (a laptop), otherwise
 * from SSM Parameter Store, below `SECRETS_PATH`.
 */
export const deployedSecrets: Secrets = {
  orderSecret: secret('ORDER_SECRET', 'order-secret'),
  adminToken: secret('ADMIN_TOKEN', 'admin-token'),
};

function secret(variable: string, parameter: string): () => Promise<string> {
  let kept: { value: string; until: number } | undefined;
  return async () => {
    const given = process.env[variable];
    if (given !== undefined && given !== '') return given;
    if (kept === undefined || Date.now() > kept.until) {
      kept = { value: await fetchParameter(parameter), until: Date.now() + keptForMs };
    }
    return kept.value;
  };
}

let client: SSMClient | undefined;

async function fetchParameter(name: string): Promise<string> {
  client ??= new SSMClient({});
  const Name = `${process.env['SECRETS_PATH']}/${name}`;
  const { Parameter } = await client.send(new GetParameterCommand({ Name, WithDecryption: true }));
  if (Parameter?.Value === undefined) throw new BazarError(`the parameter ${Name} has no value`);
  return Parameter.Value;
}
