/** That the alarms of the deployed stacks look at metrics that there are: one is made to ring. */
import {
  CloudWatchClient,
  paginateDescribeAlarms,
  paginateListMetrics,
  type MetricAlarm,
} from '@aws-sdk/client-cloudwatch';
import {
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { expect, test } from '@jest/globals';
import { connection } from '../../../deploy/target.js';
import { emulatedStore } from '../../../localstack/store.js';
import { eventually } from '../../../tools/eventually.js';

const { stage, fronts } = emulatedStore;
const at = connection(fronts[0] ?? '');
const cloudWatch = new CloudWatchClient(at);

/** CloudWatch counts and judges by the minute. */
const minutes = { deadlineMs: 240_000, everyMs: 2000 };

async function alarms(): Promise<MetricAlarm[]> {
  const found: MetricAlarm[] = [];
  for await (const page of paginateDescribeAlarms({ client: cloudWatch }, {})) {
    found.push(...(page.MetricAlarms ?? []));
  }
  return found;
}

/** The one alarm of this metric of this queue. */
async function alarmOf(queue: string, metric: string): Promise<MetricAlarm> {
  const [found, ...others] = (await alarms()).filter(
    ({ MetricName, Dimensions = [] }) =>
      MetricName === metric && Dimensions.some(({ Value }) => Value === queue),
  );
  expect(others).toEqual([]);
  expect(found).toBeDefined();
  return found as MetricAlarm;
}

test('a message among the dead letters rings its alarm, and none other; gone, it is quiet again', async () => {
  const QueueName = `bazar-${stage}-publish-dlq`;
  const sqs = new SQSClient({ ...at, useQueueUrlAsEndpoint: false });
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
  const stateOf = async () =>
    (await alarmOf(QueueName, 'ApproximateNumberOfMessagesVisible')).StateValue;
  expect(await stateOf()).not.toBe('ALARM');

  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a record given up' }));
  await eventually(async () => expect(await stateOf()).toBe('ALARM'), minutes);
  const deadLetters = (await alarms()).filter(
    ({ MetricName, StateValue }) =>
      MetricName === 'ApproximateNumberOfMessagesVisible' && StateValue === 'ALARM',
  );
  expect(deadLetters).toHaveLength(1);

  await eventually(async () => {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    const [message] = Messages;
    expect(message?.Body).toBe('a record given up');
    const { ReceiptHandle } = message ?? {};
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  });
  await eventually(async () => expect(await stateOf()).toBe('OK'), minutes);
});

test('the functions and queues that the alarms look at have metrics of these names', async () => {
  const published = new Set<string>();
  for await (const { Metrics = [] } of paginateListMetrics({ client: cloudWatch }, {})) {
    for (const { Namespace, MetricName } of Metrics) published.add(`${Namespace} ${MetricName}`);
  }
  expect([...published]).toEqual(
    expect.arrayContaining([
      'AWS/Lambda Invocations',
      'AWS/SQS ApproximateNumberOfMessagesVisible',
      'AWS/SQS ApproximateNumberOfMessagesNotVisible',
    ]),
  );
});
