import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { unzipSync } from 'fflate';
import {
  account,
  attributeOf,
  byName,
  consumersOf,
  deadLetterArns,
  each,
  frontEnd,
  functionsOf,
  nameOf,
  policiesOf,
  replica,
  resolve,
  resourcesOf,
  stacksForTests,
  zipsOf,
} from './stacks.js';

const queueArn = (region: string, name: string) =>
  `arn:aws:sqs:${region}:${account}:bazar-dev-${name}`;
const topicArn = (region: string) => `arn:aws:sns:${region}:${account}:bazar-dev-changes`;

const stacks = stacksForTests(
  [frontEnd, 'us-east-1'],
  [replica, 'us-east-1'],
  [replica, 'eu-west-1'],
);

describe('the packaged templates', () => {
  it('are made without a warning', () => {
    for (const { printed } of stacks) {
      expect(printed).not.toMatch(/warn|deprecat|error/i);
    }
  });

  it('hold no secret', () => {
    for (const { text } of stacks) {
      const secrets = ['not-for-a-template', 'ADMIN_TOKEN', 'ORDER_SECRET'];
      expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    }
  });

  it('encrypt each queue, topic and table, the queues with what SNS can write to', () => {
    for (const [, [, made]] of each(stacks, (stack) => resourcesOf(stack, 'AWS::SQS::Queue'))) {
      expect(made.SqsManagedSseEnabled).toBe(true);
    }
    for (const [, [, made]] of each(stacks, (stack) => resourcesOf(stack, 'AWS::SNS::Topic'))) {
      expect(made.KmsMasterKeyId).toBeDefined();
    }
    for (const [, [, table]] of each(stacks, (stack) =>
      resourcesOf(stack, 'AWS::DynamoDB::Table'),
    )) {
      expect(table.SSESpecification).toEqual({ SSEEnabled: true });
      expect(table.BillingMode).toBe('PAY_PER_REQUEST');
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
        ['heartbeat', 'index-words', 'publish', 'reconcile', 'replicate'].map((name) => [
          `${name}.zip`,
          [`functions/${name}.mjs`],
        ]),
      ),
    );
  });

  it('come with the pages beside those functions that serve it', () => {
    const [front] = stacks.filter(({ config }) => config === frontEnd).map(zipsOf);
    const withPages = [...(front ?? [])].filter(([, zip]) => 'pages/index.html' in unzipSync(zip));
    expect(withPages.map(([name]) => name).toSorted()).toEqual(['fallback.zip', 'web.zip']);
    for (const [name, zip] of withPages) {
      const [module, ...files] = Object.keys(unzipSync(zip));
      expect(module).toBe(`functions/${name.replace('.zip', '.mjs')}`);
      expect(files).toContain('pages/control.html');
      expect(files).toContainEqual(expect.stringMatching(/^pages\/assets\/[\w-]+\.js$/));
    }
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

  it('give all functions of a service the same environment, on one runtime', () => {
    for (const stack of stacks) {
      const [first, ...others] = functionsOf(stack).map(([, lambda]) => lambda);
      expect(first).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
      for (const other of others) {
        expect(other.Environment).toEqual(first?.Environment);
        expect(other.Runtime).toBe(first?.Runtime);
        expect(other.Architectures).toEqual(first?.Architectures);
      }
    }
  });

  it('tag whatever takes tags with the project and the stage', () => {
    const untagged = new Set([
      'AWS::ApiGateway::Deployment',
      'AWS::ApiGateway::GatewayResponse',
      'AWS::ApiGateway::Method',
      'AWS::ApiGateway::Resource',
      'AWS::Lambda::EventInvokeConfig',
      'AWS::Lambda::Permission',
      'AWS::SNS::Subscription',
      'AWS::SNS::TopicPolicy',
      'AWS::SQS::QueuePolicy',
    ]);
    const tags = [
      { Key: 'project', Value: 'bazar' },
      { Key: 'stage', Value: 'dev' },
    ];
    for (const [, [id, { Type: type, Properties: made }]] of each(stacks, (stack) =>
      Object.entries(stack.template.Resources),
    )) {
      expect([id, made.Tags]).toEqual([id, untagged.has(type) ? undefined : tags]);
    }
  });
});

describe('the packaged queues, topics and streams', () => {
  it('give each queue a dead-letter queue', () => {
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

  it('have each queue consumer report failures by item, and leave it time for retries', () => {
    for (const [stack, mapping] of each(stacks, (one) => consumersOf(one, 'sqs'))) {
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
    for (const [, mapping] of each(stacks, (one) => consumersOf(one, 'dynamodb'))) {
      expect(mapping.BisectBatchOnFunctionError).toBe(true);
      expect(mapping.MaximumRetryAttempts).toBeGreaterThan(0);
      expect(mapping.MaximumRecordAgeInSeconds).toBeGreaterThan(0);
      expect(mapping.DestinationConfig?.OnFailure).toBeDefined();
    }
  });

  it.each([
    ['publish', 'what was decided in its region', { scope: { S: ['local'] } }],
    ['index-words', 'what may change the words of a book', { words: { S: ['changed'] } }],
  ])('have %s called by a stream for %s, and for nothing else', (name, _what, NewImage) => {
    const mappings = each(stacks, (one) => consumersOf(one, 'dynamodb')).filter(
      ([stack, mapping]) => {
        const called = stack.template.Resources[resolve(stack, mapping.FunctionName)]?.Properties;
        return called?.FunctionName === `bazar-replica-dev-${name}`;
      },
    );
    expect(mappings.length).toBeGreaterThan(0);
    for (const [, mapping] of mappings) {
      const patterns = mapping.FilterCriteria?.Filters.map(({ Pattern }) => JSON.parse(Pattern));
      expect(patterns).toEqual([{ dynamodb: { NewImage } }]);
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
    const books = { type: ['books'] };
    expect(subscriptions).toEqual([
      ['us-east-1', queueArn('eu-west-1', 'replicate'), undefined],
      ['us-east-1', queueArn('us-east-1', 'invalidate'), books],
      ['eu-west-1', queueArn('us-east-1', 'replicate'), undefined],
      ['eu-west-1', queueArn('us-east-1', 'invalidate'), books],
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
    for (const [, statements] of each(stacks, (stack) =>
      policiesOf(stack, 'AWS::SNS::TopicPolicy'),
    )) {
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
});
