/** What the store's calls can't be faster than: the same calls by the SDK, with nothing around them. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { bookKey } from '../../lib/tables/book-item.js';
import { loadConfig } from '../../lib/config.js';
import { connectReplicas } from '../../lib/lambda/clients.js';
import { toOrderItem } from '../../lib/tables/order-item.js';
import type { Replica } from '../../lib/tables/replica.js';
import { realSystem } from '../../lib/system.js';
import { orderRowOf, priceOfBook } from './books.js';

export interface BareTables {
  /** Reads a book, strongly consistent. */
  readonly getItem: (bookId: number) => Promise<boolean>;
  /** Sells a copy of a book, in one transaction of two writes. */
  readonly sell: (bookId: number) => Promise<boolean>;
}

/** The tables of a front end's nearest region. */
export function openBareTables(environment: NodeJS.ProcessEnv): BareTables {
  const config = loadConfig(environment);
  const region = config.AWS_REGION;
  const { catalog, orders, site } = connectReplicas(config, realSystem).find(
    (replica) => replica.region === region,
  ) as Replica;
  const endpoint = config.DYNAMODB_ENDPOINTS?.[region] as string;
  const client = DynamoDBDocumentClient.from(
    new DynamoDBClient({ region, endpoint, maxAttempts: 1 }),
  );
  return {
    async getItem(bookId) {
      const key = { TableName: catalog.name, Key: bookKey(bookId), ConsistentRead: true };
      return (await client.send(new GetCommand(key))).Item !== undefined;
    },
    async sell(bookId) {
      const nowMs = Date.now();
      const order = orderRowOf(bookId, site, nowMs);
      await client.send(
        new TransactWriteCommand({
          TransactItems: [
            catalog.saleWrite(bookId, 1, priceOfBook),
            {
              Put: {
                TableName: orders.name,
                Item: toOrderItem(order, site, nowMs),
                ConditionExpression: 'attribute_not_exists(id)',
              },
            },
          ],
        }),
      );
      return true;
    },
  };
}
