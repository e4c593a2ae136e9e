/** The secrets lie in SSM Parameter Store, and nowhere else that an operator may look. */
import { CloudFormationClient, GetTemplateCommand } from '@aws-sdk/client-cloudformation';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { frontEndUrls } from '../../deploy/store/deployment.js';
import { secretName } from '../../deploy/stacks/secrets.js';
import { frontEndStacks, replicaStacks } from '../../deploy/stacks/stacks.js';
import { connection } from '../../deploy/target.js';
import { emulatedStore } from '../../localstack/store.js';
import { asProblem, clientOf, freshKey } from '../http/support/client.js';
import { freshIds } from '../http/support/store-under-test.js';
import { eventually } from '../../tools/eventually.js';
import { findFunction, listFunctions, logOf, regions } from './support/deployed-functions.js';

const { stage, fronts } = emulatedStore;
const [front = ''] = fronts;

let secrets: string[];

beforeAll(async () => {
  const ssm = new SSMClient(connection(front));
  const values = (['admin-token', 'order-secret'] as const).map(async (secret) => {
    const Name = secretName(stage, secret);
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
    expect(Parameter).toMatchObject({
      Type: 'SecureString',
      Value: expect.stringMatching(/.{16}/),
    });
    return Parameter?.Value as string;
  });
  secrets = await Promise.all(values);
});

const expectNoSecret = (text: string) => {
  for (const secret of secrets) expect(text).not.toContain(secret);
};

describe.each(regions)('no secret is seen in %s', (region) => {
  test('in what its functions are made of, their environment included', async () => {
    const functions = await listFunctions(region);
    expect(functions.length).toBeGreaterThan(4);
    for (const { Environment, ...rest } of functions) {
      expect(Environment?.Variables).toMatchObject({ STAGE: stage });
      expectNoSecret(JSON.stringify({ Environment, rest }));
    }
  });

  test("in its stacks' templates", async () => {
    const cloudFormation = new CloudFormationClient(connection(region));
    const stacks = [...replicaStacks(emulatedStore), ...frontEndStacks(emulatedStore)];
    for (const stack of stacks.filter((candidate) => candidate.region === region)) {
      const template = await cloudFormation.send(
        new GetTemplateCommand({ StackName: stack.name, TemplateStage: 'Processed' }),
      );
      expect(template.TemplateBody).toContain('AWS::DynamoDB::Table');
      expectNoSecret(template.TemplateBody ?? '');
    }
  });

  test('in what its functions have logged', async () => {
    for (const deployed of await listFunctions(region)) {
      expectNoSecret((await logOf(deployed)).join('\n'));
    }
  });
});

test('no secret is logged of a request that carries it, not even where it is refused or fails', async () => {
  const [url = ''] = await frontEndUrls(stage, fronts);
  const [adminToken = ''] = secrets;
  const client = clientOf({ url, adminToken });
  const sinceMs = Date.now();

  asProblem(await client.admin('/books', { method: 'POST', body: '{' }), 400, 'bad-input');
  asProblem(await client.buy(freshIds()(), {}, freshKey()), 404, 'unknown-book');

  const createBook = await findFunction(front, 'create-book');
  await eventually(async () => {
    const lines = await logOf(createBook, sinceMs);
    expect(lines).not.toEqual([]);
    expectNoSecret(lines.join('\n'));
  });
});
