// The metrics that alarms and dashboards look at, each said once. Values in `${…}` are carried out
// by serverless, or else by CloudFormation (`Fn::Sub`).

const metric = (namespace, name, dimensions) => ({ namespace, name, dimensions });

const ofFunction = (functionKey, name) =>
  metric('AWS/Lambda', name, {
    FunctionName: `\${self:service}-\${sls:stage}-${functionKey}`,
  });

const ofQueue = (queue, name) => metric('AWS/SQS', name, { QueueName: `\${${queue}.QueueName}` });

const ofTopic = (topic, name) => metric('AWS/SNS', name, { TopicName: `\${${topic}.TopicName}` });

/** @param index where it is given, the metric is of this index and not of the table itself. */
const ofTable = (table, name, index) =>
  metric('AWS/DynamoDB', name, {
    TableName: `\${${table}}`,
    ...(index && { GlobalSecondaryIndexName: index }),
  });

const ofApi = (name) =>
  metric('AWS/ApiGateway', name, {
    ApiName: '${self:service}-${sls:stage}',
    Stage: '${sls:stage}',
  });

/** What the functions count themselves: the names are those of lib/telemetry.ts. */
const ofStore = (name, more = {}) =>
  metric('${self:custom.config.environment.POWERTOOLS_METRICS_NAMESPACE}', name, {
    service: '${self:custom.config.environment.POWERTOOLS_SERVICE_NAME}',
    ...more,
  });

/** A stack's functions, by the table of what they may do. */
const readFunctions = async ({ resolveVariable }, stack) =>
  Object.keys(await resolveVariable(`file(resources/${stack}/permissions.yml)`));

/** The tables of each stack, with their indexes. */
const tables = {
  frontEnd: { CacheTable: [] },
  replica: {
    CatalogTable: ['by-topic', 'listing', 'by-isbn', 'changes'],
    OrdersTable: ['changes', 'recent', 'by-book'],
    WordsTable: [],
  },
};

/** What `of` gives for the reads and for the writes of each table and each of its indexes. */
const forEachIndex = (stackTables, of) =>
  Object.entries(stackTables).flatMap(([table, indexes]) =>
    [undefined, ...indexes].flatMap((index) =>
      ['Read', 'Write'].map((kind) =>
        of({ table, index, kind, name: index ? `${table}/${index}` : table }),
      ),
    ),
  );

const deadLetterQueues = {
  frontEnd: ['InvalidateDeadLetterQueue'],
  replica: [
    'ReplicateDeadLetterQueue',
    'SubscriptionDeadLetterQueue',
    'PublishDeadLetterQueue',
    'IndexWordsDeadLetterQueue',
  ],
};

/** The functions that streams of a replica's tables are read by. */
const streamReaders = ['publish', 'index-words'];

module.exports = {
  deadLetterQueues,
  forEachIndex,
  ofApi,
  ofFunction,
  ofQueue,
  ofStore,
  ofTable,
  ofTopic,
  readFunctions,
  streamReaders,
  tables,
};
