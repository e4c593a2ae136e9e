import { beforeAll, describe, expect, it } from '@jest/globals';
import { services } from '../../services/service-folder.js';
import * as z from 'zod';
import {
  account,
  consumersOf,
  each,
  frontEnd,
  functionsOf,
  onlyOf,
  packageStack,
  policiesOf,
  replica,
  resolve,
  resourcesOf,
  type Stack,
} from './stacks.js';

const stacksOf = (stage: string): Promise<Stack[]> =>
  Promise.all(services.map((service) => packageStack(service, 'us-east-1', undefined, stage)));

describe('the stage', () => {
  let dev: Stack[] = [];
  let prod: Stack[] = [];

  beforeAll(async () => {
    [dev, prod] = await Promise.all([stacksOf('dev'), stacksOf('prod')]);
  });

  it('gives every name its own form', () => {
    const namesIn = (stacks: readonly Stack[]): string[] =>
      stacks.flatMap((stack) =>
        Object.values(stack.template.Resources).flatMap(({ Properties: made }) =>
          [
            made.DashboardName,
            // Of an event source mapping, this is a reference and no name.
            typeof made.FunctionName === 'string' ? made.FunctionName : undefined,
            made.LogGroupName,
            made.QueueName,
            made.TableName,
            made.TopicName,
          ].flatMap((name) => (name === undefined ? [] : [resolve(stack, name)])),
        ),
      );
    const names = namesIn(dev);
    expect(namesIn(prod)).toEqual(names.map((name) => name.replace('-dev', '-prod')));
    for (const name of names) expect(name).toContain('-dev');
  });

  it('of a dev kind leaves tables unprotected', () => {
    for (const [stack, [id, table]] of each(dev, (one) =>
      resourcesOf(one, 'AWS::DynamoDB::Table'),
    )) {
      expect(table.DeletionProtectionEnabled).toBe(false);
      expect(stack.template.Resources[id]?.DeletionPolicy).toBe('Delete');
    }
  });

  it('prod protects tables, and keeps all but the cache, which is filled again', () => {
    const removals = each(prod, (one) => resourcesOf(one, 'AWS::DynamoDB::Table')).map(
      ([stack, [id, table]]) => {
        expect(table.DeletionProtectionEnabled).toBe(true);
        expect(table.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled).toBe(true);
        return [table.TableName, stack.template.Resources[id]?.DeletionPolicy];
      },
    );
    expect(Object.fromEntries(removals)).toEqual({
      'bazar-prod-cache': 'Delete',
      'bazar-prod-catalog-1': 'Retain',
      'bazar-prod-orders-1': 'Retain',
      'bazar-prod-words-1': 'Retain',
    });
  });

  it('prod keeps logs longer, and lets more requests in', () => {
    for (const [, [, group]] of each(prod, (one) => resourcesOf(one, 'AWS::Logs::LogGroup'))) {
      expect(group.RetentionInDays).toBe(90);
    }
    for (const [, [, stage]] of each(prod, (one) => resourcesOf(one, 'AWS::ApiGateway::Stage'))) {
      expect(stage.MethodSettings).toEqual([
        expect.objectContaining({ ThrottlingRateLimit: 2000, ThrottlingBurstLimit: 4000 }),
      ]);
    }
  });

  it('prod is packaged without a warning', () => {
    for (const { printed } of prod) expect(printed).not.toMatch(/warn|deprecat|error/i);
  });
});

describe('what the settings change', () => {
  it('links any number of replicas and front ends, each in its incarnation', async () => {
    const settings = {
      BAZAR_REPLICAS: 'us-east-1#1,eu-west-1#2,ap-south-1#1',
      BAZAR_FRONTS: 'us-east-1,sa-east-1',
    };
    const stack = await packageStack(replica, 'eu-west-1', settings);
    const tables = resourcesOf(stack, 'AWS::DynamoDB::Table').map(([, table]) => table.TableName);
    expect(new Set(tables)).toEqual(
      new Set(['bazar-dev-catalog-2', 'bazar-dev-orders-2', 'bazar-dev-words-2']),
    );
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

  it('refuses a replica in a region that is not in the list', async () => {
    await expect(packageStack(replica, 'ap-south-1')).rejects.toThrow(
      /not among the replica sites/,
    );
  });

  it.each([frontEnd, replica] as const)(
    'refuses to package what %s would refuse to run with',
    async (service) => {
      await expect(
        packageStack(service, 'us-east-1', {
          BAZAR_CORS_ORIGINS: 'shop.example',
          BAZAR_CURRENCY: '€',
        }),
      ).rejects.toThrow(/BAZAR_CORS_ORIGINS.*BAZAR_CURRENCY/);
    },
  );

  it('lets an emulator be spoken to in plain text, and give up a record within a minute', async () => {
    const settings = { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' };
    const stack = await packageStack(replica, 'us-east-1', settings);
    const effects = ['AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy'].flatMap((type) =>
      policiesOf(stack, type).map((statements) => statements.map(({ Effect: effect }) => effect)),
    );
    expect(effects).toEqual([['Allow'], ['Allow'], ['Allow']]);
    const ages = consumersOf(stack, 'dynamodb').map((one) => one.MaximumRecordAgeInSeconds);
    expect(ages).toEqual([60, 60, 60]);
  });

  it('traces, logs requests, and tells of alarms where that is asked for', async () => {
    const settings = {
      BAZAR_TRACING: 'true',
      BAZAR_ACCESS_LOG: 'true',
      BAZAR_ALARM_TOPIC: 'on-call',
    };
    const stack = await packageStack(frontEnd, 'us-east-1', settings);
    for (const [, lambda] of functionsOf(stack)) {
      expect(lambda.TracingConfig).toEqual({ Mode: 'Active' });
    }
    for (const [, alarm] of resourcesOf(stack, 'AWS::CloudWatch::Alarm')) {
      expect(alarm.AlarmActions?.map((action) => resolve(stack, action))).toEqual([
        `arn:aws:sns:us-east-1:${account}:on-call`,
      ]);
    }
    const [, stage] = onlyOf(stack, 'AWS::ApiGateway::Stage');
    expect(stage.TracingEnabled).toBe(true);
    const group = stack.template.Resources[resolve(stack, stage.AccessLogSetting?.DestinationArn)];
    expect(group?.Properties.RetentionInDays).toBe(14);
    // No header, query or path as it was sent: they may hold what is nobody else's business.
    const format: unknown = JSON.parse(stage.AccessLogSetting?.Format ?? '');
    for (const variable of Object.values(z.record(z.string(), z.string()).parse(format))) {
      expect(variable).toMatch(/^\$context\.[A-Za-z.]+$/);
      expect(variable).not.toMatch(/\.path$|header|query|authorizer/i);
    }
  });
});
