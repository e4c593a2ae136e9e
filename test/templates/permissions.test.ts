import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { frontEndQueues, replicaQueues } from '../../lib/store/status.js';
import {
  account,
  attributeOf,
  byName,
  each,
  frontEnd,
  functionsOf,
  nameOf,
  replica,
  resolve,
  resourcesOf,
  roleOf,
  stacksForTests,
  statementsOf,
  type Stack,
} from './stacks.js';

const stacks = stacksForTests(
  [frontEnd, 'us-east-1'],
  [replica, 'us-east-1'],
  // With the permissions that are there only where it is traced.
  [replica, 'eu-west-1', { BAZAR_TRACING: 'true' }],
);

/** The only asterisks that a permission may hold, each with its reason. */
const wildcards = (region: string, functionName: string) => [
  {
    reason: 'Lambda makes up the names of log streams; the group is the function’s own',
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resource: `arn:aws:logs:${region}:${account}:log-group:/aws/lambda/${functionName}:log-stream:*`,
  },
  {
    reason: 'X-Ray has no resources that a policy could name',
    actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
    resource: '*',
  },
];

interface Permission {
  readonly functionName: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

const permissionsOf = (stack: Stack): Permission[] =>
  functionsOf(stack).flatMap(([, lambda]) =>
    statementsOf(roleOf(stack, lambda)).map(({ Action: actions, Resource: resources }) => ({
      functionName: nameOf(lambda),
      actions,
      resources: resources.map((resource) => resolve(stack, resource)),
    })),
  );

/** Permissions as a text: function, then what it may do on which resource of which region. */
function describePermissions(permissions: readonly Permission[]): string {
  const functionNames = [...new Set(permissions.map(({ functionName }) => functionName))];
  const linesOf = ({ actions, resources }: Permission): string[] => {
    const regions = new Map<string, string[]>();
    for (const arn of resources) {
      const [, , , region = '', , ...name] = arn.split(':');
      regions.set(name.join(':'), [...(regions.get(name.join(':')) ?? []), region]);
    }
    return [...regions].map(
      ([name, places]) => `  ${name}  (${places.join(', ')})\n    ${actions.join(' ')}\n`,
    );
  };
  return functionNames
    .map((name) => {
      const own = permissions.filter(({ functionName }) => functionName === name);
      return `${name}\n${own.flatMap(linesOf).join('')}`;
    })
    .join('\n');
}

describe('the packaged permissions', () => {
  it('give each function a role of its own', () => {
    for (const stack of stacks) {
      const roles = functionsOf(stack).map(([, lambda]) => resolve(stack, lambda.Role));
      expect(new Set(roles).size).toBe(roles.length);
      const made = resourcesOf(stack, 'AWS::IAM::Role').map(([id]) => id);
      expect(roles.toSorted(byName)).toEqual(made.toSorted(byName));
    }
  });

  it('let only Lambda take a role, and attach no managed policy (G8)', () => {
    for (const [, [, role]] of each(stacks, (stack) => resourcesOf(stack, 'AWS::IAM::Role'))) {
      expect(role.AssumeRolePolicyDocument?.Statement).toEqual([
        expect.objectContaining({ Principal: { Service: 'lambda.amazonaws.com' } }),
      ]);
      expect(role.ManagedPolicyArns).toBeUndefined();
    }
  });

  it('are those of the list, function by function (G8)', () => {
    const ofOneRegion = stacks.filter(({ region }) => region === 'us-east-1');
    const list = readFileSync(new URL('permissions.txt', import.meta.url), 'utf8');
    expect(describePermissions(ofOneRegion.flatMap(permissionsOf))).toBe(list);
  });

  it('name every action and every resource, but where that is impossible (G8)', () => {
    for (const [stack, { functionName, actions, resources }] of each(stacks, permissionsOf)) {
      for (const action of actions) expect(action).toMatch(/^[a-z0-9]+:[A-Za-z]+$/);
      expect(resources).not.toHaveLength(0);
      const allowed = wildcards(stack.region, functionName)
        .filter((exception) => actions.every((action) => exception.actions.includes(action)))
        .map(({ resource }) => resource);
      for (const arn of resources.filter((one) => !allowed.includes(one))) {
        expect(arn).toMatch(/^arn:aws:[a-z0-9]+:[a-z0-9-]+:\d+:[^*?]+$/);
      }
    }
  });

  it('let the status ask every queue that there is (design O2)', () => {
    const [front, ofRegion] = stacks.map((stack) =>
      resourcesOf(stack, 'AWS::SQS::Queue').map(([, { QueueName: name }]) =>
        String(name).replace('bazar-dev-', ''),
      ),
    );
    expect(front?.toSorted(byName)).toEqual(frontEndQueues.toSorted(byName));
    expect(ofRegion?.toSorted(byName)).toEqual(replicaQueues.toSorted(byName));
  });

  it('allow nothing on what no stack makes (G8)', () => {
    const made = new Set(
      stacks.flatMap((stack) => [
        ...resourcesOf(stack, 'AWS::DynamoDB::Table').flatMap(([id, table]) => {
          const arn = `arn:aws:dynamodb:${stack.region}:${account}:table/${table.TableName}`;
          const indexes = table.GlobalSecondaryIndexes ?? [];
          return [
            arn,
            ...indexes.map((index) => `${arn}/index/${index.IndexName}`),
            attributeOf(stack, id, 'StreamArn'),
          ];
        }),
        ...resourcesOf(stack, 'AWS::SQS::Queue').map(([id]) => attributeOf(stack, id, 'Arn')),
        ...resourcesOf(stack, 'AWS::SNS::Topic').map(([id]) => attributeOf(stack, id, 'Ref')),
      ]),
    );
    const secrets = ['admin-token', 'order-secret'].map(
      (name) => `arn:aws:ssm:us-east-1:${account}:parameter/bazar/dev/${name}`,
    );
    for (const [stack, { functionName, resources }] of each(stacks, permissionsOf)) {
      const exceptions = wildcards(stack.region, functionName).map(({ resource }) => resource);
      for (const arn of resources) expect([...made, ...secrets, ...exceptions]).toContain(arn);
    }
  });
});
