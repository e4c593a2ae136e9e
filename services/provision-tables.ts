import { isDeepStrictEqual } from 'node:util';
import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  ResourceNotFoundException,
  UpdateTimeToLiveCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import { CommandError } from '../tools/terminal/command-error.js';
import { propertiesOf } from './intrinsics.js';
import type { Service } from './service-config.js';

/**
 * Makes the tables of a service that are not there yet. May be repeated.
 *
 * @throws CommandError where a table has other keys or indexes than the service says.
 */
export async function provisionTables(client: DynamoDBClient, service: Service): Promise<void> {
  await Promise.all(tablesOf(service).map((table) => provisionTable(client, table)));
}

/** The tables of a service, as its template defines them. */
export const tablesOf = (service: Service): TableProperties[] =>
  propertiesOf(service, 'AWS::DynamoDB::Table') as TableProperties[];

type TableProperties = Omit<CreateTableCommandInput, 'StreamSpecification' | 'SSESpecification'> & {
  readonly TableName: string;
  readonly StreamSpecification?: { readonly StreamViewType: 'NEW_AND_OLD_IMAGES' };
  readonly SSESpecification?: { readonly SSEEnabled: boolean };
  readonly TimeToLiveSpecification?: { readonly AttributeName: string; readonly Enabled: boolean };
};

async function provisionTable(client: DynamoDBClient, table: TableProperties): Promise<void> {
  const existing = await describe(client, table.TableName);
  if (existing === undefined) await client.send(new CreateTableCommand(creation(table)));
  else if (!hasSameKeys(existing, table)) {
    throw new CommandError(
      `the table ${table.TableName} was made with other keys or indexes than resources/ now says; --data names another folder, --fresh begins anew`,
    );
  }
  await enableTimeToLive(client, table);
}

async function describe(
  client: DynamoDBClient,
  name: string,
): Promise<TableDescription | undefined> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: name }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** CloudFormation's properties are the API's, but for a few. */
function creation(table: TableProperties): CreateTableCommandInput {
  const {
    StreamSpecification: stream,
    SSESpecification: encryption,
    TimeToLiveSpecification: _timeToLive,
    ...properties
  } = table;
  return {
    ...properties,
    ...(stream && { StreamSpecification: { StreamEnabled: true, ...stream } }),
    ...(encryption && { SSESpecification: { Enabled: encryption.SSEEnabled } }),
  };
}

const hasSameKeys = (existing: TableDescription, table: TableProperties): boolean =>
  isDeepStrictEqual(keysOf(existing), keysOf(table));

function keysOf({
  KeySchema: key,
  GlobalSecondaryIndexes: indexes = [],
}: Pick<TableDescription, 'KeySchema' | 'GlobalSecondaryIndexes'> | TableProperties) {
  const keyText = (schema: TableProperties['KeySchema']): string =>
    (schema ?? []).map(({ AttributeName: name, KeyType: type }) => `${name} ${type}`).join();
  return [
    keyText(key),
    ...indexes
      .map(({ IndexName: name, KeySchema: schema }) => `${name}: ${keyText(schema)}`)
      .sort(),
  ];
}

async function enableTimeToLive(client: DynamoDBClient, table: TableProperties): Promise<void> {
  const { TableName: name, TimeToLiveSpecification: timeToLive } = table;
  if (!timeToLive?.Enabled) return;
  const { TimeToLiveDescription: current } = await client.send(
    new DescribeTimeToLiveCommand({ TableName: name }),
  );
  if (current?.TimeToLiveStatus === 'ENABLED') return;
  await client.send(
    new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification: timeToLive }),
  );
}
