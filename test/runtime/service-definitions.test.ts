import { describe, expect, test } from '@jest/globals';
import { assignmentsOf } from '../../services/event-sources.js';
import { createResolver } from '../../services/intrinsics.js';
import type { Service } from '../../services/service-config.js';

function serviceWith(changes: {
  events?: Record<string, unknown>[];
  resources?: Service['resources']['Resources'];
}): Service {
  return {
    service: 'bazar-replica',
    provider: {
      region: 'eu-west-1',
      stage: 'dev',
      timeout: 6,
      memorySize: 512,
      environment: {},
    },
    functions: {
      publish: {
        name: 'bazar-replica-dev-publish',
        handler: 'functions/publish.handler',
        environment: {},
        events: changes.events ?? [],
      },
    },
    resources: {
      Resources: {
        OrdersTable: { Type: 'AWS::DynamoDB::Table', Properties: { TableName: 'orders-1' } },
        ChangesTopic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'changes' } },
        PublishQueue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'publish-dlq' } },
        ...changes.resources,
      },
    },
  };
}

describe('intrinsic functions', () => {
  const { resolve, streamTable } = createResolver(serviceWith({}));

  test.each([
    [{ Ref: 'AWS::Region' }, 'eu-west-1'],
    [{ Ref: 'OrdersTable' }, 'orders-1'],
    [{ Ref: 'ChangesTopic' }, 'arn:aws:sns:eu-west-1:000000000000:changes'],
    [{ 'Fn::GetAtt': ['PublishQueue', 'Arn'] }, 'arn:aws:sqs:eu-west-1:000000000000:publish-dlq'],
    [{ 'Fn::GetAtt': 'PublishQueue.Arn' }, 'arn:aws:sqs:eu-west-1:000000000000:publish-dlq'],
    [
      {
        'Fn::Sub':
          'arn:${AWS::Partition}:sqs:us-east-1:${AWS::AccountId}:${PublishQueue.QueueName}',
      },
      'arn:aws:sqs:us-east-1:000000000000:publish-dlq',
    ],
    [{ 'Fn::Sub': ['${One} and ${!Two}', { One: { Ref: 'OrdersTable' } }] }, 'orders-1 and ${Two}'],
    [{ 'Fn::Join': [':', ['a', { Ref: 'OrdersTable' }, 3]] }, 'a:orders-1:3'],
    [
      { deep: [{ arn: { 'Fn::GetAtt': ['OrdersTable', 'Arn'] } }] },
      { deep: [{ arn: 'arn:aws:dynamodb:eu-west-1:000000000000:table/orders-1' }] },
    ],
  ])('%j is %j', (value, resolved) => {
    expect(resolve(value)).toEqual(resolved);
  });

  test('a stream is known by its table', () => {
    expect(streamTable({ 'Fn::GetAtt': ['OrdersTable', 'StreamArn'] })).toBe('orders-1');
  });

  test.each([
    [{ 'Fn::ImportValue': 'other' }, /cannot carry out Fn::ImportValue/],
    [{ Ref: 'Nothing' }, /has no resource called Nothing/],
    [{ 'Fn::GetAtt': ['OrdersTable', 'Colour'] }, /does not know OrdersTable\.Colour/],
  ])('%j is refused', (value, reason) => {
    expect(() => resolve(value)).toThrow(reason);
  });
});

describe('event sources', () => {
  const assign = (event: Record<string, unknown>) => {
    const service = serviceWith({ events: [event] });
    return assignmentsOf(service, createResolver(service))[0]?.sources;
  };
  const arn = { 'Fn::GetAtt': ['PublishQueue', 'Arn'] };

  test('a schedule is a rate', () => {
    expect(assign({ schedule: 'rate(5 minutes)' })).toEqual([
      { kind: 'schedule', intervalMs: 300_000 },
    ]);
  });

  test.each([
    [
      { sqs: { arn, batchSize: 10, filterPatterns: [] } },
      /publish by this sqs event: .*filterPatt/,
    ],
    [
      {
        stream: {
          type: 'dynamodb',
          arn: { 'Fn::GetAtt': ['OrdersTable', 'StreamArn'] },
          filterPatterns: [{ dynamodb: { NewImage: { stock: { N: [{ numeric: ['>', 0] }] } } } }],
        },
      },
      /publish by this stream event: filterPatterns/,
    ],
    [{ sqs: { arn, batchSize: 1000 } }, /publish by this sqs event: batchSize/],
    [{ schedule: 'cron(0 12 * * ? *)' }, /publish by this schedule event/],
  ])('a setting that would have no effect here is refused: %j', (event, reason) => {
    expect(() => assign(event)).toThrow(reason);
  });
});
