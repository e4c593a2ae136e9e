// A CloudWatch dashboard for each stack. Dashboards belong to an account and to no region, so the
// region is a part of the name.

const { otherReplicas, readTopology } = require('./sites.cjs');
const {
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
} = require('./metrics.cjs');

/** A line of a graph: `stat` and the options are CloudWatch's own. */
const line = ({ namespace, name, dimensions }, stat, label, options) => [
  namespace,
  name,
  ...Object.entries(dimensions).flat(),
  { stat, label, ...options },
];

const graph = (title, lines) => ({ title, lines });

const onTheRight = { yAxis: 'right' };

const functionGraphs = (functions) => {
  const lines = (metricName, stat) =>
    functions.map((name) => line(ofFunction(name, metricName), stat, name));
  return [
    graph('Errors of the functions', lines('Errors', 'Sum')),
    graph('Duration of the functions, p99, ms', lines('Duration', 'p99')),
    graph('Functions that were kept from running', lines('Throttles', 'Sum')),
  ];
};

const tableGraphs = (stackTables) => {
  const lines = (metricOf) =>
    forEachIndex(stackTables, ({ table, index, kind, name }) =>
      line(ofTable(table, metricOf(kind), index), 'Sum', `${name} ${kind.toLowerCase()}s`),
    );
  return [
    graph(
      'Capacity units used',
      lines((kind) => `Consumed${kind}CapacityUnits`),
    ),
    graph(
      'Reads and writes that tables refused',
      lines((kind) => `${kind}ThrottleEvents`),
    ),
  ];
};

const queueGraph = (queue) =>
  graph(`${queue}: messages, and age in s`, [
    line(ofQueue(queue, 'ApproximateNumberOfMessagesVisible'), 'Maximum', 'waiting'),
    line(ofQueue(queue, 'ApproximateNumberOfMessagesNotVisible'), 'Maximum', 'being handled'),
    line(
      ofQueue(queue, 'ApproximateAgeOfOldestMessage'),
      'Maximum',
      'age of the oldest',
      onTheRight,
    ),
  ]);

const deadLetterGraph = (queues) =>
  graph(
    'Messages that were given up',
    queues.map((queue) =>
      line(ofQueue(queue, 'ApproximateNumberOfMessagesVisible'), 'Maximum', queue),
    ),
  );

const counts = (title, names) =>
  graph(
    title,
    names.map((name) => line(ofStore(name), 'Sum', name)),
  );

/**
 * What the cache did for those who read books. A plain hit counts nothing, so that it leaves no line:
 * hits are the calls of these functions that counted nothing else.
 */
const cacheGraph = () => {
  const readers = ['info', 'search', 'list-books'].map((name, index) =>
    line(ofFunction(name, 'Invocations'), 'Sum', undefined, {
      id: `calls${index}`,
      visible: false,
    }),
  );
  const uses = ['CacheMiss', 'CacheStale', 'CacheBypass'].map((name, index) =>
    line(ofStore(name), 'Sum', name, { id: `use${index}` }),
  );
  const reads = 'SUM(METRICS("calls"))';
  const expression = `100 * (${reads} - SUM(FILL(METRICS("use"), 0))) / ${reads}`;
  return graph('Reads that the cache did not answer, and % of those that it did', [
    ...uses,
    ...readers,
    [{ expression, label: 'hits, %', id: 'hits', ...onTheRight }],
  ]);
};

const frontEndGraphs = (functions) => [
  graph('Requests', [
    line(ofApi('Count'), 'Sum', 'all'),
    line(ofApi('4XXError'), 'Sum', '4xx'),
    line(ofApi('5XXError'), 'Sum', '5xx'),
  ]),
  graph('Latency, ms', [
    line(ofApi('Latency'), 'p50', 'p50'),
    line(ofApi('Latency'), 'p99', 'p99'),
    line(ofApi('IntegrationLatency'), 'p99', 'p99 of the functions'),
  ]),
  counts('Answers of 500, and of 503', ['InternalError', 'Unavailable']),
  cacheGraph(),
  counts('Requests that the cache refused', ['CacheRefused']),
  counts('Sales', ['CrossRegionBuy', 'SoldOut']),
  counts('Items that were passed over', ['ItemLeft']),
  ...functionGraphs(functions),
  ...tableGraphs(tables.frontEnd),
  queueGraph('InvalidateQueue'),
  deadLetterGraph(deadLetterQueues.frontEnd),
];

const replicaGraphs = (functions, topology) => [
  graph(
    'Replication lag, ms',
    otherReplicas(topology).map(({ region: origin }) =>
      line(ofStore('ReplicationLag', { origin }), 'Maximum', `from ${origin}`),
    ),
  ),
  graph(
    'Readers of streams behind the tables, ms',
    streamReaders.map((name) =>
      line(ofFunction(name, 'IteratorAge'), 'Maximum', `oldest record of ${name}`),
    ),
  ),
  graph('Messages of the topic', [
    line(ofTopic('ChangesTopic', 'NumberOfMessagesPublished'), 'Sum', 'published'),
    line(ofTopic('ChangesTopic', 'NumberOfNotificationsDelivered'), 'Sum', 'delivered'),
    line(ofTopic('ChangesTopic', 'NumberOfNotificationsFailed'), 'Sum', 'failed'),
  ]),
  queueGraph('ReplicateQueue'),
  deadLetterGraph(deadLetterQueues.replica),
  counts('Settled and repaired', ['DuplicateSettled', 'OrderDisputed', 'Repaired', 'ItemLeft']),
  ...functionGraphs(functions),
  ...tableGraphs(tables.replica),
];

const columns = 24;
const size = { width: 8, height: 6 };

const widget = ({ title, lines }, place) => ({
  type: 'metric',
  x: (place * size.width) % columns,
  y: Math.floor((place * size.width) / columns) * size.height,
  ...size,
  properties: { title, metrics: lines, view: 'timeSeries', region: '${AWS::Region}', period: 60 },
});

const dashboardOf = (stack, graphsIn) => async (serverless) => {
  const [topology, functions] = await Promise.all([
    readTopology(serverless),
    readFunctions(serverless, stack),
  ]);
  // LocalStack has no dashboards, and may refuse a stack that has one.
  if (topology.isEmulated) return {};
  // A graph of the other regions is empty where there are none.
  const graphs = graphsIn(functions, topology).filter(({ lines }) => lines.length > 0);
  return {
    Resources: {
      Dashboard: {
        Type: 'AWS::CloudWatch::Dashboard',
        Properties: {
          DashboardName: { 'Fn::Sub': '${self:service}-${sls:stage}-${AWS::Region}' },
          DashboardBody: { 'Fn::Sub': JSON.stringify({ widgets: graphs.map(widget) }) },
        },
      },
    },
  };
};

module.exports = {
  frontEnd: dashboardOf('front-end', frontEndGraphs),
  replica: dashboardOf('replica', replicaGraphs),
};
