// The alarms of both stacks: whatever loses or delays something without anyone being told.

const { arn, logicalId, otherReplicas, ownRegion, readTopology } = require('./sites.cjs');
const {
  deadLetterQueues,
  forEachIndex,
  ofApi,
  ofFunction,
  ofQueue,
  ofStore,
  ofTable,
  readFunctions,
  streamReaders,
  tables,
} = require('./metrics.cjs');

const alarm = (alarmTopic, { metric, ...properties }) => {
  const actions = alarmTopic ? [arn('sns', ownRegion, alarmTopic)] : [];
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      Namespace: metric.namespace,
      MetricName: metric.name,
      Dimensions: Object.entries(metric.dimensions).map(([Name, value]) => ({
        Name,
        Value: isOfTemplate(value) ? { 'Fn::Sub': value } : value,
      })),
      Statistic: 'Sum',
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

/** Whether a value names a resource: those of serverless say where they come from, as `self:`. */
const isOfTemplate = (value) => /\$\{[A-Za-z.]+\}/.test(value);

const deadLetters = (queue) => [
  `${queue}Alarm`,
  {
    AlarmDescription: `${queue} holds messages that were given up`,
    metric: ofQueue(queue, 'ApproximateNumberOfMessagesVisible'),
    Statistic: 'Maximum',
  },
];

const queueAge = (queue) => [
  `${queue}AgeAlarm`,
  {
    AlarmDescription: `${queue} is minutes behind`,
    metric: ofQueue(queue, 'ApproximateAgeOfOldestMessage'),
    Statistic: 'Maximum',
    Threshold: 180,
    EvaluationPeriods: 3,
  },
];

const ofFunctions = (metricName, describe, properties) => (name) => [
  `${logicalId(name)}${metricName}Alarm`,
  {
    AlarmDescription: describe(name),
    metric: ofFunction(name, metricName),
    ...properties,
  },
];

/** Handlers of the API answer also when something is amiss, so one error is a crash or a timeout. */
const apiErrors = ofFunctions('Errors', (name) => `${name} crashes or runs out of time`);

/** What nobody waits for is tried again: three minutes of errors are not an accident. */
const errors = ofFunctions('Errors', (name) => `${name} fails`, { EvaluationPeriods: 3 });

const throttles = ofFunctions('Throttles', (name) => `${name} is kept from running`, {
  EvaluationPeriods: 3,
});

/** A record that a reader of a stream cannot get through holds up those behind it. */
const streamAge = ofFunctions('IteratorAge', (name) => `${name} is minutes behind the tables`, {
  Statistic: 'Maximum',
  Threshold: 180_000,
  EvaluationPeriods: 3,
});

const tableThrottles = (stackTables) =>
  forEachIndex(stackTables, ({ table, index, kind, name }) => [
    `${table}${index ? logicalId(index) : ''}${kind}ThrottlesAlarm`,
    {
      AlarmDescription: `${name} refuses ${kind.toLowerCase()}s`,
      metric: ofTable(table, `${kind}ThrottleEvents`, index),
      EvaluationPeriods: 3,
    },
  ]);

const apiFailures = [
  'ApiFailuresAlarm',
  {
    AlarmDescription: 'More than one request in twenty is answered 5xx',
    metric: ofApi('5XXError'),
    Statistic: 'Average',
    Threshold: 0.05,
    EvaluationPeriods: 3,
  },
];

/** An answer of 500 is a defect of ours or a lacking permission: the first is one too many. */
const internalErrors = [
  'InternalErrorsAlarm',
  {
    AlarmDescription: 'A request was answered 500',
    metric: ofStore('InternalError'),
  },
];

/**
 * While a region is away, 503 is the right answer to whoever wants what only that region has: few of
 * all requests, so no share of them tells, nor a number, for traffic differs. What tells an outage
 * from a hiccup, which ends within a minute or two, is that it goes on.
 */
const unavailable = [
  'UnavailableAlarm',
  {
    AlarmDescription: 'Requests were answered 503 in five of ten minutes',
    metric: ofStore('Unavailable'),
    EvaluationPeriods: 10,
    DatapointsToAlarm: 5,
  },
];

/** The age of another region's heartbeat when it arrives; that none arrives is the alarm too. */
const replicationLag = ({ region: origin }) => [
  `ReplicationLagFrom${logicalId(origin)}Alarm`,
  {
    AlarmDescription: `What changed in ${origin} is not known here for minutes`,
    metric: ofStore('ReplicationLag', { origin }),
    Statistic: 'Maximum',
    Threshold: 180_000,
    EvaluationPeriods: 3,
    TreatMissingData: 'breaching',
  },
];

/** Of what the store counts: the first is one too many. */
const counted = (metricName, description) => [
  `${metricName}Alarm`,
  { AlarmDescription: description, metric: ofStore(metricName) },
];

const disputes = counted(
  'OrderDisputed',
  'One key was used for two orders in two regions: both stand',
);

/** What can't be read or joined holds up nothing else, so nothing else shows it. */
const itemsLeft = counted(
  'ItemLeft',
  'Books or orders were passed over that can not be read or joined: see the log',
);

/** Nobody's read or purchase fails for it, so nothing else tells. */
const cacheRefusals = counted(
  'CacheRefused',
  'The cache table refuses what it is asked: reads go on without it',
);

const frontEndAlarms = (functions) => [
  apiFailures,
  internalErrors,
  unavailable,
  cacheRefusals,
  ...functions.map((name) => (name === 'invalidate' ? errors(name) : apiErrors(name))),
  ...functions.map(throttles),
  itemsLeft,
  queueAge('InvalidateQueue'),
  ...deadLetterQueues.frontEnd.map(deadLetters),
  ...tableThrottles(tables.frontEnd),
];

const replicaAlarms = (functions, topology) => [
  ...otherReplicas(topology).map(replicationLag),
  disputes,
  itemsLeft,
  ...streamReaders.map(streamAge),
  ...functions.flatMap((name) => [errors(name), throttles(name)]),
  queueAge('ReplicateQueue'),
  ...deadLetterQueues.replica.map(deadLetters),
  ...tableThrottles(tables.replica),
];

const alarmsOf = (stack, alarmsIn) => async (serverless) => {
  const [topology, functions, alarmTopic] = await Promise.all([
    readTopology(serverless),
    readFunctions(serverless, stack),
    serverless.resolveVariable('self:custom.config.alarmTopic'),
  ]);
  return {
    Resources: Object.fromEntries(
      alarmsIn(functions, topology).map(([name, properties]) => [
        name,
        alarm(alarmTopic, properties),
      ]),
    ),
  };
};

module.exports = {
  frontEnd: alarmsOf('front-end', frontEndAlarms),
  replica: alarmsOf('replica', replicaAlarms),
};
