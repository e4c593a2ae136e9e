// The subscriptions of the region's topic: one for the `replicate` queue of each other region, and
// one for the `invalidate` queue of each front end. They belong to the topic's stack and name the
// queues by ARNs built from names, so no stack needs another one's outputs.

const { arn, logicalId, otherReplicas, readTopology } = require('../sites.cjs');

const subscription = (queueArn, filters = {}) => ({
  Type: 'AWS::SNS::Subscription',
  DependsOn: ['SubscriptionDeadLetterQueuePolicy'],
  Properties: {
    TopicArn: { Ref: 'ChangesTopic' },
    Protocol: 'sqs',
    Endpoint: queueArn,
    RawMessageDelivery: true,
    ...filters,
    RedrivePolicy: {
      deadLetterTargetArn: { 'Fn::GetAtt': ['SubscriptionDeadLetterQueue', 'Arn'] },
    },
  },
});

module.exports = async (serverless) => {
  const topology = await readTopology(serverless);
  const { fronts, prefix } = topology;
  const replicate = otherReplicas(topology).map(({ region }) => [
    `ReplicateTo${logicalId(region)}`,
    subscription(arn('sqs', region, `${prefix}-replicate`)),
  ]);
  const invalidate = fronts.map((front) => [
    `InvalidateIn${logicalId(front)}`,
    subscription(arn('sqs', front, `${prefix}-invalidate`), {
      FilterPolicyScope: 'MessageAttributes',
      FilterPolicy: { type: ['books'] },
    }),
  ]);
  return { Resources: Object.fromEntries([...replicate, ...invalidate]) };
};
