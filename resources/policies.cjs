// Who may write to the queues and to the topic: SNS to a queue, for the topics that are subscribed
// to it; `publish` to the topic; nobody in plain text.

const { otherReplicas, readTopology, topicArns } = require('./sites.cjs');

const policy = (statements) => ({ Version: '2012-10-17', Statement: statements });

const refusePlainText = (actions, resource) => ({
  Effect: 'Deny',
  Principal: '*',
  Action: actions,
  Resource: resource,
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
});

const fromTopics = (topics, queueArn) => ({
  Effect: 'Allow',
  Principal: { Service: 'sns.amazonaws.com' },
  Action: 'sqs:SendMessage',
  Resource: queueArn,
  Condition: { ArnEquals: { 'aws:SourceArn': topics } },
});

const queuePolicy = (hasTls, queue, topics) => {
  const queueArn = { 'Fn::GetAtt': [queue, 'Arn'] };
  const statements = [
    ...(topics.length > 0 ? [fromTopics(topics, queueArn)] : []),
    ...(hasTls ? [refusePlainText(['sqs:SendMessage', 'sqs:ReceiveMessage'], queueArn)] : []),
  ];
  return {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: { Queues: [{ Ref: queue }], PolicyDocument: policy(statements) },
  };
};

const topicPolicy = (hasTls, topic, publisherRole) => {
  const publish = {
    Effect: 'Allow',
    Principal: { AWS: { 'Fn::GetAtt': [publisherRole, 'Arn'] } },
    Action: 'sns:Publish',
    Resource: { Ref: topic },
  };
  return {
    Type: 'AWS::SNS::TopicPolicy',
    Properties: {
      Topics: [{ Ref: topic }],
      PolicyDocument: policy([
        publish,
        ...(hasTls ? [refusePlainText(['sns:Publish'], { Ref: topic })] : []),
      ]),
    },
  };
};

const policiesOf = (queuesIn, topicPolicies) => async (serverless) => {
  const topology = await readTopology(serverless);
  // Emulators are spoken to in plain text.
  const hasTls = !topology.isEmulated;
  const queuePolicies = Object.entries(queuesIn(topology))
    .filter(([, topics]) => hasTls || topics.length > 0)
    .map(([queue, topics]) => [`${queue}Policy`, queuePolicy(hasTls, queue, topics)]);
  return { Resources: { ...Object.fromEntries(queuePolicies), ...topicPolicies(hasTls) } };
};

module.exports = {
  frontEnd: policiesOf(
    ({ replicas, prefix }) => ({
      InvalidateQueue: topicArns(replicas, prefix),
      InvalidateDeadLetterQueue: [],
    }),
    () => ({}),
  ),
  replica: policiesOf(
    (topology) => ({
      ReplicateQueue: topicArns(otherReplicas(topology), topology.prefix),
      ReplicateDeadLetterQueue: [],
      SubscriptionDeadLetterQueue: [{ Ref: 'ChangesTopic' }],
      PublishDeadLetterQueue: [],
      IndexWordsDeadLetterQueue: [],
    }),
    (hasTls) => ({ ChangesTopicPolicy: topicPolicy(hasTls, 'ChangesTopic', 'PublishRole') }),
  ),
};
