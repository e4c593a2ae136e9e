import {
  CreateTableCommand,
  type DynamoDBClient,
  type StreamViewType,
} from '@aws-sdk/client-dynamodb';

/** Makes a table whose key is a text, `id`; with a stream where it is said what that shows. */
export const createIdTable = (
  client: DynamoDBClient,
  TableName: string,
  StreamViewType?: StreamViewType,
) =>
  client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      ...(StreamViewType && { StreamSpecification: { StreamEnabled: true, StreamViewType } }),
    }),
  );
