import { dynamodbClient, snsClient, sqsClient } from './clients.js';
import { databasePart, endpointOf, messagingPart } from './processes/environment.js';
import { provisionMessaging } from './messaging/provision-messaging.js';
import { provisionTables } from '../services/provision-tables.js';
import type { Service } from '../services/service-config.js';
import type { Store } from './files/store-file.js';

/** Makes the tables of a service in the database of that name. */
export async function provisionDatabase(
  name: string,
  service: Service,
  ports: Store['ports'],
): Promise<void> {
  const endpoint = endpointOf(ports, databasePart(name));
  await provisionTables(dynamodbClient(service.provider.region, endpoint), service);
}

/** Makes the topics, queues and subscriptions of all services. */
export async function provisionTopicsAndQueues(
  services: readonly Service[],
  ports: Store['ports'],
): Promise<void> {
  const endpoint = endpointOf(ports, messagingPart);
  await provisionMessaging(services, (region) => ({
    sns: snsClient(region, endpoint),
    sqs: sqsClient(region, endpoint),
  }));
}
