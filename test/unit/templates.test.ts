import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { unzipSync } from 'fflate';
import * as z from 'zod';
import { routes } from '../../lib/http/routes.js';

/** A value in a template: the stacks use these intrinsics and no others. */
const value = z.union([
  z.string(),
  z.strictObject({ Ref: z.string() }),
  z.strictObject({ 'Fn::Sub': z.string() }),
  z.strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) }),
]);
type Value = z.infer<typeof value>;

const listOf = <Item extends z.ZodType>(item: Item) =>
  z.union([z.array(item), item.transform((single) => [single])]);

const policyDocument = z.object({
  Statement: z.array(
    z.object({
      Effect: z.enum(['Allow', 'Deny']),
      Action: listOf(z.string()),
      Resource: listOf(value).default([]),
      Principal: z.unknown().optional(),
      Condition: z
        .looseObject({ ArnEquals: z.strictObject({ 'aws:SourceArn': listOf(value) }).optional() })
        .optional(),
    }),
  ),
});

/** The properties that the rules below look at, of whatever type of resource. */
const properties = z
  .object({
    AlarmActions: z.array(value),
    AssumeRolePolicyDocument: policyDocument,
    BillingMode: z.string(),
    BisectBatchOnFunctionError: z.boolean(),
    DeletionProtectionEnabled: z.boolean(),
    DestinationConfig: z.object({ OnFailure: z.object({ Destination: value }).optional() }),
    Dimensions: z.array(z.object({ Name: z.string(), Value: value })),
    Endpoint: value,
    Environment: z.object({ Variables: z.record(z.string(), value) }),
    EventSourceArn: value,
    FilterPolicy: z.unknown(),
    FunctionName: value,
    FunctionResponseTypes: z.array(z.string()),
    GlobalSecondaryIndexes: z.array(z.object({ IndexName: z.string() })),
    HttpMethod: z.string(),
    KmsMasterKeyId: z.string(),
    LogGroupName: z.string(),
    ManagedPolicyArns: z.unknown(),
    MaximumBatchingWindowInSeconds: z.number(),
    MaximumRecordAgeInSeconds: z.number(),
    MaximumRetryAttempts: z.number(),
    MetricName: z.string(),
    ParentId: value,
    PathPart: z.string(),
    PointInTimeRecoverySpecification: z.object({ PointInTimeRecoveryEnabled: z.boolean() }),
    Policies: z.array(z.object({ PolicyDocument: policyDocument })),
    PolicyDocument: policyDocument,
    Protocol: z.string(),
    QueueName: z.string(),
    RawMessageDelivery: z.boolean(),
    RedrivePolicy: z.object({ deadLetterTargetArn: value }),
    ResourceId: value,
    RetentionInDays: z.number(),
    Role: value,
    Runtime: z.string(),
    SSESpecification: z.object({ SSEEnabled: z.boolean() }),
    ScalingConfig: z.object({ MaximumConcurrency: z.number() }),
    SqsManagedSseEnabled: z.boolean(),
    TableName: z.string(),
    Timeout: z.number(),
    TreatMissingData: z.string(),
    TopicName: z.string(),
    TracingConfig: z.unknown(),
    VisibilityTimeout: z.number(),
  })
  .partial();
type Properties = z.infer<typeof properties>;

/** A stack's resources; the bucket that serverless adds for its own use is left out. */
const templateSchema = z.object({
  Resources: z.preprocess(
    (resources: Record<string, { Type: string }>) =>
      Object.fromEntries(
        Object.entries(resources).filter(([, { Type: type }]) => !type.startsWith('AWS::S3::')),
      ),
    z.record(
      z.string(),
      z.object({
        Type: z.string(),
        DeletionPolicy: z.string().optional(),
        Properties: properties,
      }),
    ),
  ),
});

interface Stack {
  readonly config: string;
  readonly region: string;
  readonly template: z.infer<typeof templateSchema>;
  /** What the command printed. */
  readonly printed: string;
  /** The folder that the package is in. */
  readonly folder: string;
}

const root = path.resolve(import.meta.dirname, '../..');
const account = '123456789012';
const queueArn = (region: string, name: string) =>
  `arn:aws:sqs:${region}:${account}:bazar-dev-${name}`;
const topicArn = (region: string) => `arn:aws:sns:${region}:${account}:bazar-dev-changes`;
const frontEnd = 'serverless.yml';
const replica = 'serverless-replica.yml';
const templateName = 'cloudformation-template-update-stack.json';

/** A folder of its own, so that a package made here disturbs none that is made elsewhere. */
const workplace = mkdtempSync(path.join(tmpdir(), 'bazar-templates-'));

beforeAll(() => {
  const parts = [frontEnd, replica, 'package.json', 'resources', 'plugins', 'functions', 'lib'];
  for (const part of [...parts, 'local'].filter((name) => existsSync(path.join(root, name)))) {
    cpSync(path.join(root, part), path.join(workplace, part), { recursive: true });
  }
  symlinkSync(path.join(root, 'node_modules'), path.join(workplace, 'node_modules'));
});

afterAll(() => rmSync(workplace, { recursive: true, force: true }));

let outputs = 0;

const packageStack = (
  config: string,
  region: string,
  settings: Readonly<Record<string, string>> = {},
  stage = 'dev',
): Stack => {
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(NODE_OPTIONS$|AWS_|BAZAR_)/.test(name)),
  );
  outputs += 1;
  const folder = path.join(workplace, `output-${outputs}`);
  const cli = path.join(root, 'node_modules/serverless/bin/serverless.js');
  const options = ['--config', config, '--region', region, '--stage', stage, '--package', folder];
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'package', ...options], {
    cwd: workplace,
    env: { ...environment, ...settings },
    encoding: 'utf8',
  });
  const printed = stdout + stderr;
  if (status !== 0) throw new Error(printed);
  const packaged = readFileSync(path.join(folder, templateName), 'utf8');
  const template = templateSchema.parse(JSON.parse(packaged));
  return { config, region, printed, template, folder };
};

const zipsOf = ({ folder }: Stack): Map<string, Buffer> => {
  const names = readdirSync(folder).filter((name) => name.endsWith('.zip'));
  return new Map(names.map((name) => [name, readFileSync(path.join(folder, name))]));
};

const resourcesOf = (stack: Stack, type: string): [string, Properties][] =>
  Object.entries(stack.template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, resource]) => [id, resource.Properties]);

const byName = (left = '', right = ''): number => left.localeCompare(right);

const attributeOf = (stack: Stack, id: string, attribute: string): string => {
  const resource = stack.template.Resources[id];
  const made = resource?.Properties ?? {};
  const arn = (service: string, name = '') =>
    `arn:aws:${service}:${stack.region}:${account}:${name}`;
  switch (`${resource?.Type} ${attribute}`) {
    case 'AWS::SQS::Queue Arn':
      return arn('sqs', made.QueueName);
    case 'AWS::SQS::Queue QueueName':
      return made.QueueName ?? '';
    case 'AWS::SNS::Topic Ref':
      return arn('sns', made.TopicName);
    case 'AWS::DynamoDB::Table StreamArn':
      return arn('dynamodb', `table/${made.TableName}/stream/latest`);
    case 'AWS::DynamoDB::Table Ref':
      return made.TableName ?? '';
    case 'AWS::Lambda::Function Arn':
    case 'AWS::IAM::Role Arn':
      return id;
    default:
      throw new Error(`The template asks for ${attribute} of ${id}`);
  }
};

/** What CloudFormation would make of a value; a role or function is known by its logical id. */
const resolve = (stack: Stack, unresolved: Value = ''): string => {
  if (typeof unresolved === 'string') return unresolved;
  if ('Ref' in unresolved) return attributeOf(stack, unresolved.Ref, 'Ref');
  if ('Fn::GetAtt' in unresolved) return attributeOf(stack, ...unresolved['Fn::GetAtt']);
  const pseudo = new Map([
    ['AWS::Partition', 'aws'],
    ['AWS::Region', stack.region],
    ['AWS::AccountId', account],
  ]);
  return unresolved['Fn::Sub'].replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => {
    const [id = '', attribute = 'Ref'] = name.split('.');
    return pseudo.get(name) ?? attributeOf(stack, id, attribute);
  });
};

/** The path of a resource of the API, from its own part and its parents'. */
const pathOf = (stack: Stack, resourceId: Value = ''): string => {
  const id = typeof resourceId === 'object' && 'Ref' in resourceId ? resourceId.Ref : '';
  const resource = stack.template.Resources[id]?.Properties;
  if (!resource) return '/';
  return path.posix.join(pathOf(stack, resource.ParentId), resource.PathPart ?? '');
};

const nameOf = ({ FunctionName: name }: Properties): string =>
  typeof name === 'string' ? name : '';

const statementsOf = (role: Properties) =>
  (role.Policies ?? []).flatMap((policy) => policy.PolicyDocument.Statement);

const roleOf = (stack: Stack, lambda: Properties): Properties => {
  const role = stack.template.Resources[resolve(stack, lambda.Role)];
  if (!role) throw new Error(`${nameOf(lambda)} has no role of its stack`);
  return role.Properties;
};

const functionsOf = (stack: Stack): [string, Properties][] =>
  resourcesOf(stack, 'AWS::Lambda::Function');

const consumersOf = (stack: Stack, service: 'sqs' | 'dynamodb'): Properties[] =>
  resourcesOf(stack, 'AWS::Lambda::EventSourceMapping')
    .map(([, mapping]) => mapping)
    .filter((mapping) => resolve(stack, mapping.EventSourceArn).startsWith(`arn:aws:${service}:`));

const policiesOf = (stack: Stack, type: string) =>
  resourcesOf(stack, type).map(([, policy]) => policy.PolicyDocument?.Statement ?? []);

const deadLetterArns = (stack: Stack): Set<string> =>
  new Set([
    ...['AWS::SQS::Queue', 'AWS::SNS::Subscription'].flatMap((type) =>
      resourcesOf(stack, type).flatMap(([, { RedrivePolicy: redrive }]) =>
        redrive ? [resolve(stack, redrive.deadLetterTargetArn)] : [],
      ),
    ),
    ...consumersOf(stack, 'dynamodb').flatMap(({ DestinationConfig: destinations }) =>
      destinations?.OnFailure ? [resolve(stack, destinations.OnFailure.Destination)] : [],
    ),
  ]);

describe('the packaged templates', () => {
  let stacks: Stack[] = [];

  beforeAll(() => {
    stacks = [
      packageStack(frontEnd, 'us-east-1', { ADMIN_TOKEN: 'not-for-a-template' }),
      packageStack(replica, 'us-east-1', { ORDER_SECRET: 'not-for-a-template' }),
      packageStack(replica, 'eu-west-1'),
    ];
  });

  const each = <T>(pick: (stack: Stack) => T[]): [Stack, T][] => {
    const picked = stacks.flatMap((stack) => pick(stack).map((one): [Stack, T] => [stack, one]));
    expect(picked).not.toHaveLength(0);
    return picked;
  };

  const front = (): Stack => {
    const stack = stacks.find(({ config }) => config === frontEnd);
    if (!stack) throw new Error('There is no front end');
    return stack;
  };

  it('are made without a warning', () => {
    for (const { printed } of stacks) {
      expect(printed).not.toMatch(/warn|deprecat|error/i);
    }
  });

  it('hold no secret', () => {
    for (const { folder } of stacks) {
      const packaged = readFileSync(path.join(folder, templateName), 'utf8');
      const secrets = ['not-for-a-template', 'ADMIN_TOKEN', 'ORDER_SECRET'];
      expect(secrets.filter((secret) => packaged.includes(secret))).toEqual([]);
    }
  });

  it('give each function a role of its own', () => {
    for (const stack of stacks) {
      const roles = functionsOf(stack).map(([, lambda]) => resolve(stack, lambda.Role));
      expect(new Set(roles).size).toBe(roles.length);
      const made = resourcesOf(stack, 'AWS::IAM::Role').map(([id]) => id);
      expect(roles.toSorted(byName)).toEqual(made.toSorted(byName));
    }
  });

  it('let only Lambda take a role, and attach no managed policy (G8)', () => {
    for (const [, [, role]] of each((stack) => resourcesOf(stack, 'AWS::IAM::Role'))) {
      expect(role.AssumeRolePolicyDocument?.Statement).toEqual([
        expect.objectContaining({ Principal: { Service: 'lambda.amazonaws.com' } }),
      ]);
      expect(role.ManagedPolicyArns).toBeUndefined();
    }
  });

  it('name every action and every resource that a function may use (G8)', () => {
    for (const [stack, [, lambda]] of each(functionsOf)) {
      const logGroup = `log-group:/aws/lambda/${nameOf(lambda)}`;
      for (const { Action: actions, Resource: resources } of statementsOf(roleOf(stack, lambda))) {
        for (const action of actions) expect(action).toMatch(/^[a-z0-9]+:[A-Za-z]+$/);
        const arns = resources.map((resource) => resolve(stack, resource));
        expect(arns).not.toHaveLength(0);
        for (const arn of arns) {
          // Lambda makes up the names of log streams.
          const named = arn.replace(new RegExp(`:${logGroup}:log-stream:\\*$`), ':own-logs');
          expect(named).toMatch(/^arn:aws:[a-z0-9]+:[a-z0-9-]+:\d+:[^*]+$/);
        }
      }
    }
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
    for (const [stack, [, lambda]] of each(functionsOf)) {
      const allowed = statementsOf(roleOf(stack, lambda))
        .flatMap((statement) => statement.Resource)
        .map((resource) => resolve(stack, resource))
        .filter((arn) => !arn.startsWith('arn:aws:logs:'));
      for (const arn of allowed) expect([...made, ...secrets]).toContain(arn);
    }
  });

  it('let a function of the API change only what its operation changes (G8)', () => {
    const stack = front();
    const writers = (table: string): string[] =>
      functionsOf(stack)
        .filter(([, lambda]) =>
          statementsOf(roleOf(stack, lambda)).some(
            ({ Action: actions, Resource: resources }) =>
              actions.some((action) => /:(Put|Update|Delete)Item$/.test(action)) &&
              resources.some((arn) => resolve(stack, arn).includes(`bazar-dev-${table}`)),
          ),
        )
        .map(([, lambda]) => nameOf(lambda).replace('bazar-dev-', ''))
        .toSorted(byName);
    expect(writers('catalog')).toEqual([
      'buy',
      'cancel-order',
      'create-book',
      'restock-book',
      'update-book',
    ]);
    expect(writers('orders')).toEqual(expect.not.arrayContaining(['search', 'info', 'get-order']));
  });

  it('give each queue a dead-letter queue, and each of those an alarm', () => {
    for (const stack of stacks) {
      const deadLetters = deadLetterArns(stack);
      const watched = resourcesOf(stack, 'AWS::CloudWatch::Alarm')
        .filter(([, alarm]) => alarm.MetricName === 'ApproximateNumberOfMessagesVisible')
        .map(([, alarm]) => resolve(stack, alarm.Dimensions?.[0]?.Value));
      for (const [id, made] of resourcesOf(stack, 'AWS::SQS::Queue')) {
        if (deadLetters.has(attributeOf(stack, id, 'Arn'))) {
          expect(watched).toContain(made.QueueName);
        } else {
          expect(made.RedrivePolicy).toBeDefined();
        }
      }
    }
  });

  it('encrypt each queue, topic and table, the queues with what SNS can write to', () => {
    for (const [, [, made]] of each((stack) => resourcesOf(stack, 'AWS::SQS::Queue'))) {
      expect(made.SqsManagedSseEnabled).toBe(true);
    }
    for (const [, [, made]] of each((stack) => resourcesOf(stack, 'AWS::SNS::Topic'))) {
      expect(made.KmsMasterKeyId).toBeDefined();
    }
    for (const [, [, table]] of each((stack) => resourcesOf(stack, 'AWS::DynamoDB::Table'))) {
      expect(table.SSESpecification).toEqual({ SSEEnabled: true });
      expect(table.BillingMode).toBe('PAY_PER_REQUEST');
    }
  });

  it('have each queue consumer report failures by item, and leave it time for retries', () => {
    for (const [stack, mapping] of each((one) => consumersOf(one, 'sqs'))) {
      expect(mapping.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
      expect(mapping.ScalingConfig?.MaximumConcurrency).toBeGreaterThanOrEqual(2);
      const lambda = stack.template.Resources[resolve(stack, mapping.FunctionName)]?.Properties;
      const consumed = resourcesOf(stack, 'AWS::SQS::Queue').find(
        ([id]) => attributeOf(stack, id, 'Arn') === resolve(stack, mapping.EventSourceArn),
      )?.[1];
      expect(consumed?.VisibilityTimeout).toBeGreaterThanOrEqual(
        6 * Number(lambda?.Timeout) + (mapping.MaximumBatchingWindowInSeconds ?? 0),
      );
    }
  });

  it('have each stream consumer bisect, give up in bounded time, and say what it gave up', () => {
    for (const [, mapping] of each((one) => consumersOf(one, 'dynamodb'))) {
      expect(mapping.BisectBatchOnFunctionError).toBe(true);
      expect(mapping.MaximumRetryAttempts).toBeGreaterThan(0);
      expect(mapping.MaximumRecordAgeInSeconds).toBeGreaterThan(0);
      expect(mapping.DestinationConfig?.OnFailure).toBeDefined();
    }
  });

  it('subscribe to each topic the queues of the other regions and of the front ends', () => {
    const subscriptions = stacks.flatMap((stack) =>
      resourcesOf(stack, 'AWS::SNS::Subscription').map(([, subscription]) => {
        expect(subscription.Protocol).toBe('sqs');
        expect(subscription.RawMessageDelivery).toBe(true);
        expect(subscription.RedrivePolicy).toBeDefined();
        return [stack.region, resolve(stack, subscription.Endpoint), subscription.FilterPolicy];
      }),
    );
    const local = { scope: ['local'] };
    const book = { type: ['book'] };
    expect(subscriptions).toEqual([
      ['us-east-1', queueArn('eu-west-1', 'replicate'), local],
      ['us-east-1', queueArn('us-east-1', 'invalidate'), book],
      ['eu-west-1', queueArn('us-east-1', 'replicate'), local],
      ['eu-west-1', queueArn('us-east-1', 'invalidate'), book],
    ]);
  });

  it('let SNS write to a queue for the topics that are subscribed to it, and no others', () => {
    const senders = stacks.flatMap((stack) =>
      policiesOf(stack, 'AWS::SQS::QueuePolicy').flatMap((statements) =>
        statements.flatMap(({ Effect: effect, Condition: condition, ...granted }) => {
          if (effect === 'Deny') return [];
          expect(granted.Principal).toEqual({ Service: 'sns.amazonaws.com' });
          expect(granted.Action).toEqual(['sqs:SendMessage']);
          const topics = condition?.ArnEquals?.['aws:SourceArn'] ?? [];
          const names = topics.map((topic) => resolve(stack, topic)).toSorted(byName);
          return granted.Resource.map((queue) => [resolve(stack, queue), names]);
        }),
      ),
    );
    const deadLetters = 'changes-subscription-dlq';
    expect(Object.fromEntries(senders)).toEqual({
      [queueArn('us-east-1', 'invalidate')]: [topicArn('eu-west-1'), topicArn('us-east-1')],
      [queueArn('us-east-1', 'replicate')]: [topicArn('eu-west-1')],
      [queueArn('eu-west-1', 'replicate')]: [topicArn('us-east-1')],
      [queueArn('us-east-1', deadLetters)]: [topicArn('us-east-1')],
      [queueArn('eu-west-1', deadLetters)]: [topicArn('eu-west-1')],
    });
  });

  it('let only publish write to a topic', () => {
    for (const [, statements] of each((stack) => policiesOf(stack, 'AWS::SNS::TopicPolicy'))) {
      expect(statements.filter(({ Effect: effect }) => effect === 'Allow')).toEqual([
        expect.objectContaining({
          Principal: { AWS: { 'Fn::GetAtt': ['PublishRole', 'Arn'] } },
          Action: ['sns:Publish'],
        }),
      ]);
    }
  });

  it('refuse plain text at each queue and topic', () => {
    for (const stack of stacks) {
      const refused = ['AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy']
        .flatMap((type) => policiesOf(stack, type).flat())
        .filter(({ Effect: effect }) => effect === 'Deny')
        .flatMap(({ Condition: condition, Resource: resources }) => {
          expect(condition).toEqual({ Bool: { 'aws:SecureTransport': 'false' } });
          return resources.map((resource) => resolve(stack, resource));
        });
      const made = [
        ...resourcesOf(stack, 'AWS::SQS::Queue').map(([id]) => attributeOf(stack, id, 'Arn')),
        ...resourcesOf(stack, 'AWS::SNS::Topic').map(([id]) => attributeOf(stack, id, 'Ref')),
      ];
      expect(refused.toSorted(byName)).toEqual(made.toSorted(byName));
    }
  });

  it('come with one module for each function, the same bytes whatever the region', () => {
    const [us, eu] = stacks.filter(({ config }) => config === replica).map(zipsOf);
    const hashes = (zips = new Map<string, Buffer>()) =>
      Object.fromEntries(
        [...zips].map(([name, zip]) => [name, createHash('sha256').update(zip).digest('hex')]),
      );
    expect(hashes(us)).toEqual(hashes(eu));
    const modules = [...(us ?? [])].map(([name, zip]) => [name, Object.keys(unzipSync(zip))]);
    expect(Object.fromEntries(modules)).toEqual(
      Object.fromEntries(
        ['heartbeat', 'publish', 'reconcile', 'replicate'].map((name) => [
          `${name}.zip`,
          [`functions/${name}.mjs`],
        ]),
      ),
    );
  });

  it('leave tables unprotected in a stage for trying things out', () => {
    for (const [stack, [id, table]] of each((one) => resourcesOf(one, 'AWS::DynamoDB::Table'))) {
      expect(table.DeletionProtectionEnabled).toBe(false);
      expect(stack.template.Resources[id]?.DeletionPolicy).toBe('Delete');
    }
  });

  it('serve each route of the API, and answer every other method on its path', () => {
    const stack = front();
    const served = resourcesOf(stack, 'AWS::ApiGateway::Method').map(
      ([, method]) => `${method.HttpMethod} ${pathOf(stack, method.ResourceId)}`,
    );
    const wanted = Object.values(routes).flatMap(({ method, paths }) =>
      paths.flatMap((template) => [`${method} ${template}`, `ANY ${template}`]),
    );
    const unknown = ['ANY /', 'ANY /{proxy+}'];
    expect(new Set(served)).toEqual(new Set([...wanted, ...unknown]));
  });

  it('keep the logs of each function for a bounded time', () => {
    for (const stack of stacks) {
      const groups = resourcesOf(stack, 'AWS::Logs::LogGroup');
      expect(groups.map(([, group]) => group.LogGroupName).toSorted(byName)).toEqual(
        functionsOf(stack)
          .map(([, lambda]) => `/aws/lambda/${nameOf(lambda)}`)
          .toSorted(byName),
      );
      for (const [, group] of groups) expect(group.RetentionInDays).toBeGreaterThan(0);
    }
  });

  it('watch every function that nobody waits for', () => {
    for (const [stack, [id, lambda]] of each((one) =>
      functionsOf(one).filter(([, { Timeout: timeoutSeconds }]) => timeoutSeconds !== 29),
    )) {
      const metrics = resourcesOf(stack, 'AWS::CloudWatch::Alarm')
        .filter(([, alarm]) =>
          alarm.Dimensions?.some(({ Value: named }) => named === lambda.FunctionName),
        )
        .map(([, alarm]) => alarm.MetricName);
      expect({ [id]: metrics }).toEqual({
        [id]: expect.arrayContaining(['Errors', 'Throttles']),
      });
    }
  });

  it('tell when a region is not heard of in time', () => {
    for (const stack of stacks.filter(({ config }) => config === replica)) {
      const others = ['us-east-1', 'eu-west-1'].filter((region) => region !== stack.region);
      const lags = resourcesOf(stack, 'AWS::CloudWatch::Alarm')
        .map(([, alarm]) => alarm)
        .filter((alarm) => alarm.MetricName === 'ReplicationLag');
      expect(lags.map((alarm) => alarm.Dimensions)).toEqual(
        others.map((region) => [
          { Name: 'service', Value: 'bazar-replica-dev' },
          { Name: 'origin', Value: region },
        ]),
      );
      // No heartbeat at all is the worst lag.
      for (const alarm of lags) expect(alarm.TreatMissingData).toBe('breaching');
    }
  });

  it('give all functions of a service the same environment, on one runtime', () => {
    for (const stack of stacks) {
      const [first, ...others] = functionsOf(stack).map(([, lambda]) => lambda);
      expect(first?.Runtime).toBe('nodejs24.x');
      for (const other of others) {
        expect(other.Environment).toEqual(first?.Environment);
        expect(other.Runtime).toBe(first?.Runtime);
      }
    }
  });
});

describe('what the settings change', () => {
  it('protects tables in prod', () => {
    const stack = packageStack(replica, 'us-east-1', {}, 'prod');
    for (const [id, table] of resourcesOf(stack, 'AWS::DynamoDB::Table')) {
      expect(table.DeletionProtectionEnabled).toBe(true);
      expect(table.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled).toBe(true);
      expect(stack.template.Resources[id]?.DeletionPolicy).toBe('Retain');
    }
  });

  it('links any number of replicas and front ends, each in its incarnation', () => {
    const settings = {
      BAZAR_REPLICAS: 'us-east-1#1,eu-west-1#2,ap-south-1#1',
      BAZAR_FRONTS: 'us-east-1,sa-east-1',
    };
    const stack = packageStack(replica, 'eu-west-1', settings);
    const tables = resourcesOf(stack, 'AWS::DynamoDB::Table').map(([, table]) => table.TableName);
    expect(tables).toEqual(['bazar-dev-catalog-2', 'bazar-dev-orders-2']);
    const endpoints = resourcesOf(stack, 'AWS::SNS::Subscription').map(([, subscription]) =>
      resolve(stack, subscription.Endpoint).split(':').slice(3).join(' '),
    );
    expect(endpoints).toEqual([
      `us-east-1 ${account} bazar-dev-replicate`,
      `ap-south-1 ${account} bazar-dev-replicate`,
      `us-east-1 ${account} bazar-dev-invalidate`,
      `sa-east-1 ${account} bazar-dev-invalidate`,
    ]);
  });

  it('refuses a replica in a region that is not in the list', () => {
    expect(() => packageStack(replica, 'ap-south-1')).toThrow(/not among the replica sites/);
  });

  it('lets an emulator be spoken to in plain text', () => {
    const settings = { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' };
    const stack = packageStack(replica, 'us-east-1', settings);
    const effects = ['AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy'].flatMap((type) =>
      policiesOf(stack, type).map((statements) => statements.map(({ Effect: effect }) => effect)),
    );
    expect(effects).toEqual([['Allow'], ['Allow'], ['Allow']]);
  });

  it('traces and tells of alarms where that is asked for', () => {
    const settings = { BAZAR_TRACING: 'true', BAZAR_ALARM_TOPIC: 'on-call' };
    const stack = packageStack(frontEnd, 'us-east-1', settings);
    for (const [, lambda] of functionsOf(stack)) {
      expect(lambda.TracingConfig).toEqual({ Mode: 'Active' });
      const wide = statementsOf(roleOf(stack, lambda)).filter(({ Resource: on }) =>
        on.includes('*'),
      );
      expect(wide.flatMap(({ Action: actions }) => actions)).toEqual([
        'xray:PutTraceSegments',
        'xray:PutTelemetryRecords',
      ]);
    }
    for (const [, alarm] of resourcesOf(stack, 'AWS::CloudWatch::Alarm')) {
      expect(alarm.AlarmActions?.map((action) => resolve(stack, action))).toEqual([
        `arn:aws:sns:us-east-1:${account}:on-call`,
      ]);
    }
  });
});
