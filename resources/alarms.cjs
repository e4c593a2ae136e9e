// The alarms of both stacks. Handlers of the API answer 500 or 503 where others throw, so the API's
// own count of 5xx stands for them; a function that nobody waits for is watched by itself.

const { arn, logicalId, otherReplicas, ownRegion, readTopology } = require('./sites.cjs');

const alarm = (alarmTopic, properties) => {
  const actions = alarmTopic ? [arn('sns', ownRegion, alarmTopic)] : [];
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
      AlarmActions: actions,
      OKActions: actions,
      ...properties,
    },
  };
};

const dimensions = (values) => Object.entries(values).map(([Name, Value]) => ({ Name, Value }));

const deadLetters = (queue) => [
  `${queue}Alarm`,
  {
    AlarmDescription: `${queue} holds messages that were given up`,
    Namespace: 'AWS/SQS',
    MetricName: 'ApproximateNumberOfMessagesVisible',
    Dimensions: dimensions({ QueueName: { 'Fn::GetAtt': [queue, 'QueueName'] } }),
    Statistic: 'Maximum',
  },
];

const functionAlarm = (name, metric, description) => [
  `${name[0].toUpperCase()}${name.slice(1)}${metric}Alarm`,
  {
    AlarmDescription: `${name} ${description}`,
    Namespace: 'AWS/Lambda',
    MetricName: metric,
    Dimensions: dimensions({ FunctionName: `\${self:service}-\${sls:stage}-${name}` }),
    Statistic: 'Sum',
    // One failure is retried; three minutes of them are not an accident.
    EvaluationPeriods: 3,
  },
];

const errors = (name) => functionAlarm(name, 'Errors', 'fails');
const throttles = (name) => functionAlarm(name, 'Throttles', 'is kept from running');

const tableThrottles = (table) => [
  `${table}ThrottlesAlarm`,
  {
    AlarmDescription: `${table} refuses writes: too many on one item, or on all`,
    Namespace: 'AWS/DynamoDB',
    MetricName: 'WriteThrottleEvents',
    Dimensions: dimensions({ TableName: { Ref: table } }),
    Statistic: 'Sum',
    EvaluationPeriods: 3,
  },
];

const apiFailures = [
  'ApiFailuresAlarm',
  {
    AlarmDescription: 'More than one request in twenty is answered 5xx',
    Namespace: 'AWS/ApiGateway',
    MetricName: '5XXError',
    Dimensions: dimensions({ ApiName: '${self:service}-${sls:stage}', Stage: '${sls:stage}' }),
    Statistic: 'Average',
    Threshold: 0.05,
    EvaluationPeriods: 3,
  },
];

const metricOf = (name, more = {}) => ({
  Namespace: '${self:custom.config.environment.POWERTOOLS_METRICS_NAMESPACE}',
  MetricName: name,
  Dimensions: dimensions({
    service: '${self:custom.config.environment.POWERTOOLS_SERVICE_NAME}',
    ...more,
  }),
});

/** The age of another region's heartbeat when it arrives; that none arrives is the alarm too. */
const replicationLag = (origin) => [
  `ReplicationLagFrom${logicalId(origin)}Alarm`,
  {
    AlarmDescription: `What changed in ${origin} is not known here for minutes`,
    ...metricOf('ReplicationLag', { origin }),
    Statistic: 'Maximum',
    Threshold: 180_000,
    EvaluationPeriods: 3,
    TreatMissingData: 'breaching',
  },
];

const disputes = [
  'OrderDisputedAlarm',
  {
    AlarmDescription: 'One key was used for two orders in two regions: both stand',
    ...metricOf('OrderDisputed'),
    Statistic: 'Sum',
  },
];

/** A record that `publish` cannot get through holds up those behind it. */
const streamAge = [
  'PublishIteratorAgeAlarm',
  {
    AlarmDescription: 'publish is minutes behind the tables',
    Namespace: 'AWS/Lambda',
    MetricName: 'IteratorAge',
    Dimensions: dimensions({ FunctionName: '${self:service}-${sls:stage}-publish' }),
    Statistic: 'Maximum',
    Threshold: 180_000,
    EvaluationPeriods: 3,
  },
];

const alarmsOf = (alarmsIn) => async (serverless) => {
  const [topology, alarmTopic] = await Promise.all([
    readTopology(serverless),
    serverless.resolveVariable('self:custom.config.alarmTopic'),
  ]);
  return {
    Resources: Object.fromEntries(
      alarmsIn(topology).map(([name, properties]) => [name, alarm(alarmTopic, properties)]),
    ),
  };
};

module.exports = {
  frontEnd: alarmsOf(() => [
    apiFailures,
    deadLetters('InvalidateDeadLetterQueue'),
    errors('invalidate'),
    throttles('invalidate'),
    tableThrottles('CacheTable'),
  ]),
  replica: alarmsOf((topology) => [
    ...otherReplicas(topology).map(({ region }) => replicationLag(region)),
    disputes,
    streamAge,
    deadLetters('ReplicateDeadLetterQueue'),
    deadLetters('SubscriptionDeadLetterQueue'),
    deadLetters('PublishDeadLetterQueue'),
    ...['publish', 'replicate', 'reconcile', 'heartbeat'].flatMap((name) => [
      errors(name),
      throttles(name),
    ]),
    tableThrottles('CatalogTable'),
    tableThrottles('OrdersTable'),
  ]),
};
