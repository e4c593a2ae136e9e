// One IAM role for each function, from the table of permissions beside each stack's resources
// (permissions.yml): function, then resource, then the actions on it.

const { arn, logicalId, otherReplicas, ownRegion, readTopology } = require('./sites.cjs');

const among = (group, names) =>
  Object.fromEntries(Object.entries(names).map(([name, arns]) => [`${group} ${name}`, arns]));

/** Those of resources/replica/queues.yml. */
const replicaQueues = [
  'replicate',
  'replicate-dlq',
  'changes-subscription-dlq',
  'publish-dlq',
  'index-words-dlq',
];

/** The ARNs that each name in permissions.yml stands for. */
const resourceArns = (topology, secretsPath) => {
  const { replicas, prefix, region } = topology;
  const table = (sites, name, index) =>
    sites.map((site) =>
      arn(
        'dynamodb',
        site.region,
        `table/${prefix}-${name}-${site.incarnation}${index ? `/index/${index}` : ''}`,
      ),
    );
  const tables = (sites) => ({
    catalog: table(sites, 'catalog'),
    'catalog/by-topic': table(sites, 'catalog', 'by-topic'),
    'catalog/by-isbn': table(sites, 'catalog', 'by-isbn'),
    'catalog/listing': table(sites, 'catalog', 'listing'),
    'catalog/changes': table(sites, 'catalog', 'changes'),
    words: table(sites, 'words'),
    orders: table(sites, 'orders'),
    'orders/changes': table(sites, 'orders', 'changes'),
    'orders/recent': table(sites, 'orders', 'recent'),
    'orders/by-book': table(sites, 'orders', 'by-book'),
  });
  return {
    ...among('every', tables(replicas)),
    ...among('own', tables(replicas.filter((site) => site.region === region))),
    ...among('other', tables(otherReplicas(topology))),
    cache: [arn('dynamodb', ownRegion, `table/${prefix}-cache`)],
    'catalog stream': [{ 'Fn::GetAtt': ['CatalogTable', 'StreamArn'] }],
    'orders stream': [{ 'Fn::GetAtt': ['OrdersTable', 'StreamArn'] }],
    'changes topic': [arn('sns', ownRegion, `${prefix}-changes`)],
    'invalidate queue': [arn('sqs', ownRegion, `${prefix}-invalidate`)],
    'replicate queue': [arn('sqs', ownRegion, `${prefix}-replicate`)],
    'index-words dead letters': [arn('sqs', ownRegion, `${prefix}-index-words-dlq`)],
    'invalidate dead letters': [arn('sqs', ownRegion, `${prefix}-invalidate-dlq`)],
    'every replica queue': replicas.flatMap((site) =>
      replicaQueues.map((name) => arn('sqs', site.region, `${prefix}-${name}`)),
    ),
    'publish dead letters': [arn('sqs', ownRegion, `${prefix}-publish-dlq`)],
    'admin token': [arn('ssm', ownRegion, `parameter${secretsPath}/admin-token`)],
    'order secret': [arn('ssm', ownRegion, `parameter${secretsPath}/order-secret`)],
  };
};

/** AWS has no such action: `sns:Publish` allows a batch. One emulator asks for it by this name. */
const emulatedActions = (actions) =>
  actions.includes('sns:Publish') ? [...actions, 'sns:PublishBatch'] : actions;

const statement = (actions, resources) => ({
  Effect: 'Allow',
  Action: actions,
  Resource: resources,
});

/** A log stream's name is made up by Lambda; the group is the function's own. */
const ownLogs = (functionName) =>
  statement(
    ['logs:CreateLogStream', 'logs:PutLogEvents'],
    [arn('logs', ownRegion, `log-group:/aws/lambda/${functionName}:log-stream:*`)],
  );

/** X-Ray knows no resources, so `*` is the narrowest that it accepts. */
const traces = statement(['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], '*');

const role = (name, statements) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    // IAM knows no regions: the name says which region's stack the role belongs to.
    RoleName: { 'Fn::Sub': `${name}-${ownRegion}` },
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'lambda.amazonaws.com' },
          Action: 'sts:AssumeRole',
        },
      ],
    },
    Policies: [
      { PolicyName: 'own', PolicyDocument: { Version: '2012-10-17', Statement: statements } },
    ],
  },
});

const rolesOf = (stack) => async (serverless) => {
  const { resolveVariable } = serverless;
  const topology = await readTopology(serverless);
  const [permissions, secretsPath, tracing, service, stage] = await Promise.all(
    [
      `file(resources/${stack}/permissions.yml)`,
      'self:custom.config.secretsPath',
      'self:custom.config.tracing',
      'self:service',
      'sls:stage',
    ].map((variable) => resolveVariable(variable)),
  );
  const arns = resourceArns(topology, secretsPath);

  const statements = (functionKey, grants) => [
    ownLogs(`${service}-${stage}-${functionKey}`),
    ...(tracing ? [traces] : []),
    ...Object.entries(grants ?? {})
      .map(([name, actions]) => {
        if (!arns[name]) throw new Error(`permissions.yml: ${functionKey}: no resource "${name}"`);
        return statement(topology.isEmulated ? emulatedActions(actions) : actions, arns[name]);
      })
      // A single region has no others.
      .filter(({ Resource: resources }) => resources.length > 0),
  ];
  return {
    Resources: Object.fromEntries(
      Object.entries(permissions).map(([functionKey, grants]) => [
        `${logicalId(functionKey)}Role`,
        role(`${service}-${stage}-${functionKey}`, statements(functionKey, grants)),
      ]),
    ),
  };
};

module.exports = { frontEnd: rolesOf('front-end'), replica: rolesOf('replica') };
