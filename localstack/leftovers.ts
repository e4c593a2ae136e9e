/** Lists what is left in the emulator, whoever made it; ends with 1 where anything is. */
import { APIGatewayClient, GetRestApisCommand } from '@aws-sdk/client-api-gateway';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, ListRulesCommand } from '@aws-sdk/client-eventbridge';
import { IAMClient, ListRolesCommand } from '@aws-sdk/client-iam';
import {
  LambdaClient,
  ListEventSourceMappingsCommand,
  ListFunctionsCommand,
} from '@aws-sdk/client-lambda';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { ListSubscriptionsCommand, ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DescribeParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { newCommand, runCommand } from '../tools/terminal/command.js';
import { regionsIn } from '../deploy/options.js';
import { parseRegions } from '../tools/terminal/site-options.js';
import { isThere } from '../deploy/stacks/stacks.js';
import { connection } from '../deploy/target.js';
import type { Region } from '../lib/rules/sites.js';
import { emulatedStore, onEmulator } from './store.js';

type Names = readonly (string | undefined)[] | undefined;

/** What a region holds, by kind. */
async function listRegion(region: Region): Promise<Record<string, Names>> {
  const at = connection(region);
  const cloudWatch = new CloudWatchClient(at);
  const lambda = new LambdaClient(at);
  const sns = new SNSClient(at);
  const alarms = await cloudWatch.send(new DescribeAlarmsCommand({}));
  const functions = await lambda.send(new ListFunctionsCommand({}));
  const mappings = await lambda.send(new ListEventSourceMappingsCommand({}));
  const topics = await sns.send(new ListTopicsCommand({}));
  const subscriptions = await sns.send(new ListSubscriptionsCommand({}));
  const stacks = await new CloudFormationClient(at).send(new DescribeStacksCommand({}));
  const tables = await new DynamoDBClient(at).send(new ListTablesCommand({}));
  const queues = await new SQSClient(at).send(new ListQueuesCommand({}));
  const rules = await new EventBridgeClient(at).send(new ListRulesCommand({}));
  const logGroups = await new CloudWatchLogsClient(at).send(new DescribeLogGroupsCommand({}));
  const apis = await new APIGatewayClient(at).send(new GetRestApisCommand({}));
  const parameters = await new SSMClient(at).send(new DescribeParametersCommand({}));
  return {
    stack: stacks.Stacks?.filter(isThere)?.map(({ StackName }) => StackName),
    table: tables.TableNames,
    queue: queues.QueueUrls,
    topic: topics.Topics?.map(({ TopicArn }) => TopicArn),
    subscription: subscriptions.Subscriptions?.map(({ SubscriptionArn }) => SubscriptionArn),
    function: functions.Functions?.map(({ FunctionName }) => FunctionName),
    'event source': mappings.EventSourceMappings?.map(({ EventSourceArn }) => EventSourceArn),
    rule: rules.Rules?.map(({ Name }) => Name),
    API: apis.items?.map(({ name }) => name),
    'log group': logGroups.logGroups?.map(({ logGroupName }) => logGroupName),
    alarm: alarms.MetricAlarms?.map(({ AlarmName }) => AlarmName),
    parameter: parameters.Parameters?.map(({ Name }) => Name),
  };
}

/** What belongs to the account and to no region. */
async function listAccount(region: Region): Promise<Record<string, Names>> {
  const roles = await new IAMClient(connection(region)).send(new ListRolesCommand({}));
  const buckets = await new S3Client(connection(region)).send(new ListBucketsCommand({}));
  return {
    role: roles.Roles?.map(({ RoleName }) => RoleName),
    bucket: buckets.Buckets?.map(({ Name }) => Name),
  };
}

const linesOf = (place: string, lists: Record<string, Names>): string[] =>
  Object.entries(lists).flatMap(([kind, names = []]) =>
    names.map((name) => `${place}: ${kind} ${name}`),
  );

const command = newCommand('leftovers', 'Lists what is left in the emulator.')
  .usage('[options]')
  .option('--regions <list>', 'where to look', parseRegions, regionsIn(emulatedStore))
  .action(
    onEmulator(async ({ regions }: { regions: Region[] }) => {
      const [first = ''] = regions;
      const left = [
        ...linesOf('account', await listAccount(first)),
        ...(await Promise.all(
          regions.map(async (region) => linesOf(region, await listRegion(region))),
        )),
      ].flat();
      console.log(left.length > 0 ? left.join('\n') : `Nothing is left in ${regions.join(', ')}.`);
      process.exitCode = left.length > 0 ? 1 : 0;
    }),
  );

await runCommand(command);
