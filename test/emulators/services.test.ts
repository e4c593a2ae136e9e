/** Each emulator starts, has every service that the stacks use, keeps to this machine, and ends. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { APIGatewayClient, CreateRestApiCommand } from '@aws-sdk/client-api-gateway';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
} from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DescribeLogGroupsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams';
import { EventBridgeClient, ListRulesCommand, PutRuleCommand } from '@aws-sdk/client-eventbridge';
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateTopicCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findProcess } from '../../tools/processes/process-table.js';
import { kindNames } from '../../localstack/kinds.js';
import { eventually } from '../../tools/eventually.js';
import { frontEnd, packageStack, replica } from '../templates/stacks.js';
import { createIdTable } from '../support/tables/id-table.js';
import { startEmulator, type TestEmulator } from './support/emulator.js';
import { descendantsOf } from './support/processes.js';
import { invoke, makeFunction, makeRole } from './support/functions.js';

type Connection = TestEmulator['connection'];

/** What is made or sent must be found again. By the name that its types have in CloudFormation. */
const services: Record<string, (connection: Connection) => Promise<unknown>> = {
  ApiGateway: async (at) => {
    const made = new APIGatewayClient(at).send(new CreateRestApiCommand({ name: 'an-api' }));
    expect((await made).id).toMatch(/./);
  },
  CloudFormation: async (at) => {
    const client = new CloudFormationClient(at);
    const resource = { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'of-a-stack' } };
    const TemplateBody = JSON.stringify({ Resources: { Topic: resource } });
    await client.send(new CreateStackCommand({ StackName: 'a-stack', TemplateBody }));
    await eventually(async () => {
      const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: 'a-stack' }));
      expect(Stacks?.[0]?.StackStatus).toBe('CREATE_COMPLETE');
    });
  },
  CloudWatch: async (at) => {
    const client = new CloudWatchClient(at);
    await client.send(
      new PutMetricAlarmCommand({
        AlarmName: 'an-alarm',
        Namespace: 'AWS/SQS',
        MetricName: 'NumberOfMessagesSent',
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 0,
        ComparisonOperator: 'GreaterThanThreshold',
      }),
    );
    const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({}));
    expect(MetricAlarms).toMatchObject([{ AlarmName: 'an-alarm' }]);
  },
  DynamoDB: async (at) => {
    const client = new DynamoDBClient(at);
    const TableName = 'a-table';
    const { TableDescription } = await createIdTable(client, TableName, 'NEW_AND_OLD_IMAGES');
    const Item = { id: { S: 'one' }, count: { N: '1' } };
    await client.send(new PutItemCommand({ TableName, Item }));
    const found = await client.send(
      new GetItemCommand({ TableName, Key: { id: { S: 'one' } }, ConsistentRead: true }),
    );
    expect(found.Item).toEqual(Item);

    const StreamArn = TableDescription?.LatestStreamArn ?? '';
    expect(StreamArn).toMatch(/^arn:aws:dynamodb:us-east-1:000000000000:table\/a-table\/stream\//);
    const streams = new DynamoDBStreamsClient(at);
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
    const ShardId = StreamDescription?.Shards?.[0]?.ShardId;
    const { ShardIterator } = await streams.send(
      new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
    );
    const { Records } = await streams.send(new GetRecordsCommand({ ShardIterator }));
    expect(Records).toMatchObject([{ eventName: 'INSERT', dynamodb: { NewImage: Item } }]);
  },
  Events: async (at) => {
    const client = new EventBridgeClient(at);
    const rule = { Name: 'a-rule', ScheduleExpression: 'rate(1 minute)' };
    await client.send(new PutRuleCommand(rule));
    expect((await client.send(new ListRulesCommand({}))).Rules).toMatchObject([rule]);
  },
  IAM: async (at) => {
    const RoleName = (await makeRole(at)).split('/').at(-1);
    const { Role } = await new IAMClient(at).send(new GetRoleCommand({ RoleName }));
    expect(Role).toMatchObject({ RoleName });
  },
  Lambda: async (at) => {
    const name = await makeFunction(at, 'export const handler = async ({ a, b }) => a + b;');
    expect((await invoke(at, name, { a: 1, b: 2 })).payload).toBe(3);
  },
  Logs: async (at) => {
    const client = new CloudWatchLogsClient(at);
    await client.send(new CreateLogGroupCommand({ logGroupName: '/a/group' }));
    const { logGroups } = await client.send(
      new DescribeLogGroupsCommand({ logGroupNamePrefix: '/a/' }),
    );
    expect(logGroups).toMatchObject([{ logGroupName: '/a/group' }]);
  },
  S3: async (at) => {
    const client = new S3Client({ ...at, forcePathStyle: true });
    const object = { Bucket: 'a-bucket', Key: 'a/key' };
    await client.send(new CreateBucketCommand({ Bucket: object.Bucket }));
    await client.send(new PutObjectCommand({ ...object, Body: 'what it holds' }));
    const { Body } = await client.send(new GetObjectCommand(object));
    expect(await Body?.transformToString()).toBe('what it holds');
  },
  SNS: async (at) => {
    const sns = new SNSClient(at);
    const sqs = new SQSClient(at);
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'a-topic' }));
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'of-a-topic' }));
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
    );
    const Endpoint = Attributes?.['QueueArn'];
    const allow = {
      Effect: 'Allow',
      Principal: { Service: 'sns.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: Endpoint,
    };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [allow] });
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
    await sns.send(
      new SubscribeCommand({
        TopicArn,
        Protocol: 'sqs',
        Endpoint,
        Attributes: { RawMessageDelivery: 'true' },
      }),
    );
    await sns.send(new PublishCommand({ TopicArn, Message: 'news' }));
    await expectMessage(sqs, QueueUrl, 'news');
  },
  SQS: async (at) => {
    const client = new SQSClient(at);
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: 'a-queue' }));
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a message' }));
    await expectMessage(client, QueueUrl, 'a message');
  },
  SSM: async (at) => {
    const client = new SSMClient(at);
    const secret = { Name: '/a/secret', Value: 'not to be told', Type: 'SecureString' as const };
    await client.send(new PutParameterCommand(secret));
    const { Parameter } = await client.send(
      new GetParameterCommand({ Name: secret.Name, WithDecryption: true }),
    );
    expect(Parameter).toMatchObject(secret);
  },
  STS: async (at) => {
    const { Account } = await new STSClient(at).send(new GetCallerIdentityCommand({}));
    expect(Account).toBe('000000000000');
  },
};

const expectMessage = (sqs: SQSClient, QueueUrl: string | undefined, body: string): Promise<void> =>
  eventually(async () => {
    const { Messages } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }),
    );
    expect(Messages).toMatchObject([{ Body: body }]);
  });

test('every service of which the stacks have a resource is called', async () => {
  const stacks = await Promise.all([
    packageStack(frontEnd, 'us-east-1'),
    packageStack(replica, 'us-east-1'),
  ]);
  const types = stacks.flatMap(({ text }) => text.match(/(?<="Type":\s*"AWS::)\w+(?=::)/g) ?? []);
  expect(types).toContain('Lambda');
  expect(Object.keys(services)).toEqual(expect.arrayContaining([...new Set(types)]));
});

describe.each(kindNames)('%s', (kind) => {
  let emulator: TestEmulator;

  beforeAll(async () => {
    emulator = await startEmulator(kind);
  });

  afterAll(() => emulator.stop());

  test.each(Object.keys(services))('%s', async (service) => {
    await services[service]?.(emulator.connection);
  });

  test('listens on the loopback address only, as does all that it starts', () => {
    const addresses = processesOf(emulator).flatMap(listeningAddresses);
    expect(addresses.length).toBeGreaterThan(0);
    expect(addresses.filter((address) => address !== loopback)).toEqual([]);
  });

  test('has neither looked up a name nor called anyone outside', () => {
    expect(
      emulator
        .log()
        .split('\n')
        .filter((line) => line.startsWith('refused: ')),
    ).toEqual([]);
  });

  test('ends with all that it started, and leaves nothing on disk', async () => {
    const processes = processesOf(emulator);
    expect(processes.length).toBeGreaterThan(1);
    await emulator.stop();
    await eventually(() => expect(processes.filter((pid) => findProcess(pid))).toEqual([]));
    expect(existsSync(emulator.process.tempDir)).toBe(false);
  });
});

/** As /proc/net/tcp has 127.0.0.1. */
const loopback = '0100007F';

const processesOf = ({ process: { pid } }: TestEmulator): number[] => [pid, ...descendantsOf(pid)];

/** The addresses at which a process listens, as /proc/net/tcp has them. */
function listeningAddresses(pid: number): string[] {
  const sockets = readdirSync(`/proc/${pid}/fd`).map((name) => linkOf(`/proc/${pid}/fd/${name}`));
  return ['tcp', 'tcp6']
    .flatMap((protocol) =>
      readFileSync(`/proc/net/${protocol}`, 'utf8').trim().split('\n').slice(1),
    )
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, , , state, , , , , , inode]) => state === '0A' && sockets.includes(`socket:[${inode}]`),
    )
    .map(([, local = '']) => local.split(':')[0] ?? '');
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
