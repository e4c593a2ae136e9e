import { CreateTopicCommand, SubscribeCommand, type SNSClient } from '@aws-sdk/client-sns';
import { CreateQueueCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { propertiesOf } from '../../services/intrinsics.js';
import type { Service } from '../../services/service-config.js';

export interface MessagingClients {
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
}

type Properties = Readonly<Record<string, unknown>>;

/**
 * Makes the topics, queues and subscriptions of several services, all of one account. May be
 * repeated: what is there stays as it is.
 */
export async function provisionMessaging(
  services: readonly Service[],
  clientsOf: (region: string) => MessagingClients,
): Promise<void> {
  const parts = services.map((service) => ({
    service,
    clients: clientsOf(service.provider.region),
  }));
  const each = (
    type: string,
    make: (clients: MessagingClients, properties: Properties) => Promise<unknown>,
  ) =>
    Promise.all(
      parts.flatMap(({ service, clients }) =>
        propertiesOf(service, type).map((properties) => make(clients, properties as Properties)),
      ),
    );
  // Dead-letter queues, which no queue may name before they exist, and topics first.
  await Promise.all([
    each('AWS::SNS::Topic', createTopic),
    each('AWS::SQS::Queue', async (clients, properties) => {
      if (!('RedrivePolicy' in properties)) await createQueue(clients, properties);
    }),
  ]);
  await each('AWS::SQS::Queue', createQueue);
  await each('AWS::SNS::Subscription', subscribe);
}

async function createTopic({ sns }: MessagingClients, properties: Properties): Promise<void> {
  const { TopicName: name, Tags: _tags, ...attributes } = properties;
  await sns.send(new CreateTopicCommand({ Name: String(name), Attributes: texts(attributes) }));
}

async function createQueue({ sqs }: MessagingClients, properties: Properties): Promise<void> {
  const { QueueName: name, Tags: _tags, ...attributes } = properties;
  await sqs.send(
    new CreateQueueCommand({ QueueName: String(name), Attributes: texts(attributes) }),
  );
}

async function subscribe({ sns }: MessagingClients, properties: Properties): Promise<void> {
  const { TopicArn: topic, Protocol: protocol, Endpoint: endpoint, ...attributes } = properties;
  await sns.send(
    new SubscribeCommand({
      TopicArn: String(topic),
      Protocol: String(protocol),
      Endpoint: String(endpoint),
      Attributes: texts(attributes),
    }),
  );
}

/** CloudFormation's properties have the names of the APIs' attributes, which are all texts. */
const texts = (properties: Properties): Record<string, string> =>
  Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
