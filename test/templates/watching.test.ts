import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { countMetrics, durationMetrics } from '../../lib/telemetry.js';
import {
  attributeOf,
  deadLetterArns,
  each,
  frontEnd,
  functionsOf,
  nameOf,
  onlyOf,
  replica,
  resolve,
  resourcesOf,
  stacksForTests,
  type Properties,
  type Stack,
} from './stacks.js';

const stacks = stacksForTests([frontEnd, 'us-east-1'], [replica, 'us-east-1']);

const alarmsOf = (stack: Stack): Properties[] =>
  resourcesOf(stack, 'AWS::CloudWatch::Alarm').map(([, alarm]) => alarm);

/** `Errors FunctionName=bazar-dev-buy`: a metric and what it is of. */
const metricOf = (stack: Stack, { MetricName: name, Dimensions: dimensions = [] }: Properties) =>
  [name, ...dimensions.map((one) => `${one.Name}=${resolve(stack, one.Value)}`)].join(' ');

const metricLine = z.tuple([z.string(), z.string()]).rest(z.union([z.string(), z.looseObject({})]));
const expressionLine = z.tuple([z.looseObject({ expression: z.string() })]);
type Line = z.infer<typeof metricLine> | z.infer<typeof expressionLine>;

const isMetric = (line: Line): line is z.infer<typeof metricLine> => line.length > 1;

const dashboardSchema = z.object({
  widgets: z.array(
    z.object({
      x: z.number().int(),
      y: z.number().int(),
      width: z.number().int(),
      height: z.number().int(),
      properties: z.object({
        region: z.string(),
        metrics: z.array(z.union([metricLine, expressionLine])),
      }),
    }),
  ),
});

const dashboardOf = (stack: Stack) => {
  const [, { DashboardName: name, DashboardBody: body }] = onlyOf(
    stack,
    'AWS::CloudWatch::Dashboard',
  );
  return {
    name: resolve(stack, name),
    widgets: dashboardSchema.parse(JSON.parse(resolve(stack, body))).widgets,
  };
};

/** The metrics that a stack's dashboard shows, in the form of `metricOf`. */
const shownBy = (stack: Stack): string[] =>
  dashboardOf(stack).widgets.flatMap(({ properties: { metrics } }) =>
    metrics.filter(isMetric).map(([, name, ...rest]) => {
      const texts = rest.filter((part) => typeof part === 'string');
      const dimensions = texts.flatMap((text, index) =>
        index % 2 === 0 ? [`${text}=${texts[index + 1]}`] : [],
      );
      return [name, ...dimensions].join(' ');
    }),
  );

/** What must be watched of a stack, found in its resources. */
const toWatch = (stack: Stack) => {
  const deadLetters = deadLetterArns(stack);
  const queues = resourcesOf(stack, 'AWS::SQS::Queue');
  const isDeadLetters = ([id]: [string, Properties]) =>
    deadLetters.has(attributeOf(stack, id, 'Arn'));
  const named = (found: [string, Properties][]) => found.map(([, { QueueName: name }]) => name);
  const functions = functionsOf(stack).map(([, lambda]) => nameOf(lambda));
  const tables = resourcesOf(stack, 'AWS::DynamoDB::Table').flatMap(([, table]) => [
    `TableName=${table.TableName}`,
    ...(table.GlobalSecondaryIndexes ?? []).map(
      ({ IndexName: index }) => `TableName=${table.TableName} GlobalSecondaryIndexName=${index}`,
    ),
  ]);
  return {
    functions,
    tables,
    deadLetterQueues: named(queues.filter(isDeadLetters)),
    queues: named(queues.filter((queue) => !isDeadLetters(queue))),
  };
};

describe('the packaged alarms', () => {
  it('watch every function, queue, dead-letter queue, table and index', () => {
    for (const stack of stacks) {
      const { functions, tables, deadLetterQueues, queues } = toWatch(stack);
      const watched = alarmsOf(stack).map((alarm) => metricOf(stack, alarm));
      expect(watched).toEqual(
        expect.arrayContaining([
          ...['Errors', 'Throttles'].flatMap((metric) =>
            functions.map((name) => `${metric} FunctionName=${name}`),
          ),
          ...['ReadThrottleEvents', 'WriteThrottleEvents'].flatMap((metric) =>
            tables.map((table) => `${metric} ${table}`),
          ),
          ...deadLetterQueues.map((name) => `ApproximateNumberOfMessagesVisible QueueName=${name}`),
          ...queues.map((name) => `ApproximateAgeOfOldestMessage QueueName=${name}`),
        ]),
      );
    }
  });

  it('ring at the first message that was given up', () => {
    for (const [, alarm] of each(stacks, (stack) =>
      alarmsOf(stack).filter(
        ({ MetricName: metric }) => metric === 'ApproximateNumberOfMessagesVisible',
      ),
    )) {
      expect(alarm).toMatchObject({ Threshold: 0, EvaluationPeriods: 1, Period: 60 });
    }
  });

  it('tell when a region is not heard of in time', () => {
    const lags = stacks.flatMap((stack) =>
      alarmsOf(stack)
        .filter((alarm) => alarm.MetricName === 'ReplicationLag')
        // No heartbeat at all is the worst lag.
        .map((alarm) => [metricOf(stack, alarm), alarm.TreatMissingData]),
    );
    expect(lags).toEqual([
      ['ReplicationLag service=bazar-replica-dev origin=eu-west-1', 'breaching'],
    ]);
  });

  it('tell of failing requests and of records that hold up a stream', () => {
    const watched = stacks.flatMap((stack) => alarmsOf(stack).map((one) => metricOf(stack, one)));
    expect(watched).toEqual(
      expect.arrayContaining([
        '5XXError ApiName=bazar-dev Stage=dev',
        'IteratorAge FunctionName=bazar-replica-dev-publish',
        'OrderDisputed service=bazar-replica-dev',
        'ItemLeft service=bazar-dev',
        'ItemLeft service=bazar-replica-dev',
        'CacheRefused service=bazar-dev',
      ]),
    );
  });

  it('ring at the first answer of 500, and where those of 503 go on', () => {
    const settings = (metric: string) =>
      stacks
        .flatMap(alarmsOf)
        .filter(({ MetricName: name }) => name === metric)
        .map(({ Threshold, Period, EvaluationPeriods, DatapointsToAlarm, TreatMissingData }) => ({
          Threshold,
          Period,
          EvaluationPeriods,
          DatapointsToAlarm,
          TreatMissingData,
        }));
    const perMinute = { Threshold: 0, Period: 60, TreatMissingData: 'notBreaching' };
    expect(settings('InternalError')).toEqual([{ ...perMinute, EvaluationPeriods: 1 }]);
    expect(settings('Unavailable')).toEqual([
      { ...perMinute, EvaluationPeriods: 10, DatapointsToAlarm: 5 },
    ]);
  });
});

describe('the packaged dashboards', () => {
  it('have a name for each region, for dashboards belong to the whole account', () => {
    expect(stacks.map((stack) => dashboardOf(stack).name)).toEqual([
      'bazar-dev-us-east-1',
      'bazar-replica-dev-us-east-1',
    ]);
  });

  it('show all that alarms watch', () => {
    for (const stack of stacks) {
      const watched = alarmsOf(stack).map((alarm) => metricOf(stack, alarm));
      expect(shownBy(stack)).toEqual(expect.arrayContaining(watched));
    }
  });

  it('show every metric of the store, and no other: so alarms, too, have no other', () => {
    const shown = stacks
      .flatMap((stack) => dashboardOf(stack).widgets)
      .flatMap(({ properties }) => properties.metrics.filter(isMetric))
      .filter(([namespace]) => namespace === 'Bazar')
      .map(([, name]) => name);
    expect(new Set(shown)).toEqual(new Set([...countMetrics, ...durationMetrics]));
  });

  it('show traffic, latency and the load of functions, tables and queues', () => {
    for (const stack of stacks) {
      const { functions, tables, queues } = toWatch(stack);
      const api = ['Count', '4XXError', 'Latency'].map(
        (metric) => `${metric} ApiName=bazar-dev Stage=dev`,
      );
      expect(shownBy(stack)).toEqual(
        expect.arrayContaining([
          ...(stack.config === frontEnd ? api : []),
          ...functions.map((name) => `Duration FunctionName=${name}`),
          ...['ConsumedReadCapacityUnits', 'ConsumedWriteCapacityUnits'].flatMap((metric) =>
            tables.map((table) => `${metric} ${table}`),
          ),
          ...queues.map((name) => `ApproximateNumberOfMessagesVisible QueueName=${name}`),
        ]),
      );
    }
  });

  it('know the hits of the cache, which count nothing, from the calls that counted nothing else', () => {
    const [front] = stacks;
    const expressions = dashboardOf(front as Stack).widgets.flatMap(({ properties: { metrics } }) =>
      metrics.flatMap((line) => (isMetric(line) ? [] : [line[0].expression])),
    );
    expect(expressions).toEqual([
      '100 * (SUM(METRICS("calls")) - SUM(FILL(METRICS("use"), 0))) / SUM(METRICS("calls"))',
    ]);
    expect(shownBy(front as Stack)).toEqual(
      expect.arrayContaining([
        'Invocations FunctionName=bazar-dev-info',
        'CacheMiss service=bazar-dev',
        'CacheStale service=bazar-dev',
        'CacheBypass service=bazar-dev',
      ]),
    );
  });

  it('lay their graphs side by side on the 24 columns that there are, of their own region', () => {
    for (const [stack, { x, y, width, height, properties }] of each(
      stacks,
      (one) => dashboardOf(one).widgets,
    )) {
      expect(x + width).toBeLessThanOrEqual(24);
      expect([x % width, y % height]).toEqual([0, 0]);
      expect(properties.region).toBe(stack.region);
      expect(properties.metrics).not.toHaveLength(0);
    }
  });
});
