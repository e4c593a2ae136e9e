/** Functions of a few lines, made on an emulator. */
import { randomUUID } from 'node:crypto';
import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  CreateFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  type CreateFunctionCommandInput,
} from '@aws-sdk/client-lambda';
import { expect } from '@jest/globals';
import { strToU8, zipSync } from 'fflate';
import { eventually } from '../../../tools/eventually.js';
import type { TestEmulator } from './emulator.js';

type Connection = TestEmulator['connection'];

export interface Outcome {
  /** `Unhandled`, say; undefined where the function did well. */
  readonly functionError: string | undefined;
  readonly payload: unknown;
}

/** A role that lets a function do anything. */
export async function makeRole(connection: Connection): Promise<string> {
  const iam = new IAMClient(connection);
  const RoleName = `role-${randomUUID()}`;
  const trust = { Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const documentOf = (statement: object) =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] });
  const { Role } = await iam.send(
    new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: documentOf(trust) }),
  );
  const PolicyDocument = documentOf({ Action: '*', Resource: '*' });
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'all', PolicyDocument }));
  return Role?.Arn ?? '';
}

/**
 * Makes a function of one module, whose export `handler` it is, and waits until it can be called.
 *
 * @returns its name
 */
export async function makeFunction(
  connection: Connection,
  source: string,
  more: Partial<CreateFunctionCommandInput> = {},
): Promise<string> {
  const lambda = new LambdaClient(connection);
  const FunctionName = `function-${randomUUID()}`;
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: 'nodejs24.x',
      Role: await makeRole(connection),
      Handler: 'index.handler',
      Code: { ZipFile: zipSync({ 'index.mjs': strToU8(source) }) },
      Timeout: 20,
      ...more,
    }),
  );
  await eventually(async () => {
    const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName }));
    expect(Configuration?.State).toBe('Active');
  });
  return FunctionName;
}

export async function invoke(
  connection: Connection,
  FunctionName: string,
  event: unknown = {},
): Promise<Outcome> {
  const lambda = new LambdaClient({ ...connection, maxAttempts: 1 });
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify(event)) }),
  );
  const text = Buffer.from(answer.Payload ?? []).toString();
  return { functionError: answer.FunctionError, payload: JSON.parse(text) as unknown };
}

/** What a function has printed, in order. */
export async function linesLogged(connection: Connection, name: string): Promise<string[]> {
  const lines: string[] = [];
  const pages = paginateFilterLogEvents(
    { client: new CloudWatchLogsClient(connection) },
    { logGroupName: `/aws/lambda/${name}` },
  );
  for await (const { events = [] } of pages) {
    lines.push(...events.map(({ message = '' }) => message.trimEnd()));
  }
  return lines;
}
