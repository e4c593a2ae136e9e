/** The stacks as they are deployed: packages them, and reads the templates as CloudFormation would. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import * as z from 'zod';
import { packageService, type Package, type ServiceFile } from '../../services/service-folder.js';

/** A value in a template: the stacks use these intrinsics and no others. */
const value = z.union([
  z.string(),
  z.strictObject({ Ref: z.string() }),
  z.strictObject({ 'Fn::Sub': z.string() }),
  z.strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) }),
]);
export type Value = z.infer<typeof value>;

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

/** The properties that the rules look at, of whatever type of resource. */
const properties = z
  .object({
    AccessLogSetting: z.object({ DestinationArn: value, Format: z.string() }),
    AlarmActions: z.array(value),
    Architectures: z.array(z.string()),
    AssumeRolePolicyDocument: policyDocument,
    BillingMode: z.string(),
    BisectBatchOnFunctionError: z.boolean(),
    DashboardBody: value,
    DashboardName: value,
    DatapointsToAlarm: z.number(),
    DeletionProtectionEnabled: z.boolean(),
    DeploymentId: value,
    DestinationConfig: z.object({ OnFailure: z.object({ Destination: value }).optional() }),
    Dimensions: z.array(z.object({ Name: z.string(), Value: value })),
    Endpoint: value,
    Environment: z.object({ Variables: z.record(z.string(), value) }),
    EvaluationPeriods: z.number(),
    EventSourceArn: value,
    FilterCriteria: z.object({ Filters: z.array(z.object({ Pattern: z.string() })) }),
    FilterPolicy: z.unknown(),
    FunctionName: value,
    FunctionResponseTypes: z.array(z.string()),
    GlobalSecondaryIndexes: z.array(z.object({ IndexName: z.string() })),
    HttpMethod: z.string(),
    Integration: z.unknown(),
    KmsMasterKeyId: z.string(),
    LogGroupName: z.string(),
    ManagedPolicyArns: z.unknown(),
    MaximumBatchingWindowInSeconds: z.number(),
    MaximumRecordAgeInSeconds: z.number(),
    MaximumRetryAttempts: z.number(),
    MethodSettings: z.array(z.record(z.string(), z.unknown())),
    MetricName: z.string(),
    ParentId: value,
    PathPart: z.string(),
    Period: z.number(),
    PointInTimeRecoverySpecification: z.object({ PointInTimeRecoveryEnabled: z.boolean() }),
    Policies: z.array(z.object({ PolicyDocument: policyDocument })),
    PolicyDocument: policyDocument,
    Protocol: z.string(),
    QueueName: z.string(),
    RawMessageDelivery: z.boolean(),
    RedrivePolicy: z.object({ deadLetterTargetArn: value }),
    ResourceId: value,
    ResponseParameters: z.record(z.string(), z.string()),
    ResponseTemplates: z.record(z.string(), z.string()),
    ResponseType: z.string(),
    RetentionInDays: z.number(),
    Role: value,
    Runtime: z.string(),
    SSESpecification: z.object({ SSEEnabled: z.boolean() }),
    ScalingConfig: z.object({ MaximumConcurrency: z.number() }),
    SqsManagedSseEnabled: z.boolean(),
    StageName: z.string(),
    StatusCode: z.string(),
    TableName: z.string(),
    Tags: z.array(z.object({ Key: z.string(), Value: z.string() })),
    Threshold: z.number(),
    Timeout: z.number(),
    TopicName: z.string(),
    TracingConfig: z.unknown(),
    TracingEnabled: z.boolean(),
    TreatMissingData: z.string(),
    VisibilityTimeout: z.number(),
  })
  .partial();
export type Properties = z.infer<typeof properties>;

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
        DependsOn: z.array(z.string()).optional(),
        Properties: properties,
      }),
    ),
  ),
});

export interface Stack {
  readonly config: ServiceFile;
  readonly region: string;
  readonly template: z.infer<typeof templateSchema>;
  /** The template's text. */
  readonly text: string;
  /** What the command printed. */
  readonly printed: string;
  /** The folder that the package is in. */
  readonly folder: string;
}

export const account = '123456789012';
export const frontEnd = 'serverless.yml';
export const replica = 'serverless-replica.yml';

const workplace = mkdtempSync(path.join(tmpdir(), 'bazar-stacks-'));

afterAll(() => rmSync(workplace, { recursive: true, force: true }));

let packaged = 0;

/** A stack; where it is one that `package-stacks.mjs` has packaged, that one. */
export async function packageStack(
  config: ServiceFile,
  region: string,
  settings?: Readonly<Record<string, string>>,
  stage = 'dev',
): Promise<Stack> {
  packaged += 1;
  const isUsual = settings === undefined && stage === 'dev';
  const { template, folder, printed } =
    (isUsual ? packagedBefore(config, region) : undefined) ??
    (await packageService(
      { service: config, region, stage, ...(settings && { settings }) },
      path.join(workplace, String(packaged)),
    ));
  const text = readFileSync(template, 'utf8');
  return {
    config,
    region,
    text,
    printed,
    template: templateSchema.parse(JSON.parse(text)),
    folder,
  };
}

function packagedBefore(config: ServiceFile, region: string): Package | undefined {
  const file = path.join(process.env['BAZAR_TEST_STACKS'] ?? '', `${config}-${region}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Package) : undefined;
}

/** Stacks that are packaged before the first test of a file; until then there are none. */
export function stacksForTests(...wanted: readonly Parameters<typeof packageStack>[]): Stack[] {
  const stacks: Stack[] = [];
  beforeAll(async () => {
    stacks.push(...(await Promise.all(wanted.map((one) => packageStack(...one)))));
  });
  return stacks;
}

/** What `pick` finds in any of the stacks, and in which: something, or the rule holds of nothing. */
export function each<T>(stacks: readonly Stack[], pick: (stack: Stack) => T[]): [Stack, T][] {
  const picked = stacks.flatMap((stack) => pick(stack).map((one): [Stack, T] => [stack, one]));
  expect(picked).not.toHaveLength(0);
  return picked;
}

/** The archives of the functions, by file name. */
export function zipsOf({ folder }: Stack): Map<string, Buffer> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.zip'));
  return new Map(names.map((name) => [name, readFileSync(path.join(folder, name))]));
}

export const resourcesOf = (stack: Stack, type: string): [string, Properties][] =>
  Object.entries(stack.template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, resource]) => [id, resource.Properties]);

/** The one resource of a type that a stack has. */
export function onlyOf(stack: Stack, type: string): [string, Properties] {
  const [found, ...others] = resourcesOf(stack, type);
  if (found === undefined || others.length > 0) throw new Error(`There is not one ${type}`);
  return found;
}

export const byName = (left = '', right = ''): number => left.localeCompare(right);

export function attributeOf(stack: Stack, id: string, attribute: string): string {
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
    case 'AWS::SNS::Topic TopicName':
      return made.TopicName ?? '';
    case 'AWS::DynamoDB::Table StreamArn':
      return arn('dynamodb', `table/${made.TableName}/stream/latest`);
    case 'AWS::DynamoDB::Table Ref':
      return made.TableName ?? '';
    case 'AWS::Lambda::Function Arn':
    case 'AWS::IAM::Role Arn':
    case 'AWS::Logs::LogGroup Arn':
      return id;
    default:
      throw new Error(`The template asks for ${attribute} of ${id}`);
  }
}

/** What CloudFormation would make of a value; a role, function or log group is known by its id. */
export function resolve(stack: Stack, unresolved: Value = ''): string {
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
}

export const functionsOf = (stack: Stack): [string, Properties][] =>
  resourcesOf(stack, 'AWS::Lambda::Function');

export const nameOf = ({ FunctionName: name }: Properties): string =>
  typeof name === 'string' ? name : '';

export const statementsOf = (role: Properties) =>
  (role.Policies ?? []).flatMap((policy) => policy.PolicyDocument.Statement);

export function roleOf(stack: Stack, lambda: Properties): Properties {
  const role = stack.template.Resources[resolve(stack, lambda.Role)];
  if (!role) throw new Error(`${nameOf(lambda)} has no role of its stack`);
  return role.Properties;
}

export const consumersOf = (stack: Stack, service: 'sqs' | 'dynamodb'): Properties[] =>
  resourcesOf(stack, 'AWS::Lambda::EventSourceMapping')
    .map(([, mapping]) => mapping)
    .filter((mapping) => resolve(stack, mapping.EventSourceArn).startsWith(`arn:aws:${service}:`));

export const policiesOf = (stack: Stack, type: string) =>
  resourcesOf(stack, type).map(([, policy]) => policy.PolicyDocument?.Statement ?? []);

/** What a queue, a subscription or a stream consumer gives up goes to one of these. */
export const deadLetterArns = (stack: Stack): Set<string> =>
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
