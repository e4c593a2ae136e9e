/** What a table is, taken from the definition that is deployed. */
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { limits } from './limits.js';
import { UnsupportedRequestError } from './expressions/unsupported.js';

/** The part of CreateTable's input that matters here. */
export type TableProperties = Pick<
  CreateTableCommandInput,
  'TableName' | 'AttributeDefinitions' | 'KeySchema' | 'GlobalSecondaryIndexes'
>;

export interface KeyAttribute {
  readonly attribute: string;
  readonly type: 'string' | 'number';
  readonly mostBytes: number;
}

export interface IndexDefinition {
  readonly name: string;
  readonly hashKey: KeyAttribute;
  readonly rangeKey: KeyAttribute;
}

export interface TableDefinition {
  readonly name: string;
  readonly key: KeyAttribute;
  /** Of a table whose items lie in partitions, sorted. */
  readonly sortKey: KeyAttribute | undefined;
  readonly indexes: readonly IndexDefinition[];
}

/** @throws UnsupportedRequestError for tables of another kind than the store's. */
export function definitionOf(properties: TableProperties): TableDefinition {
  const { TableName: name = '', GlobalSecondaryIndexes: indexes = [] } = properties;
  const keyOf = (schema: TableProperties['KeySchema'], place: number): KeyAttribute => {
    const attribute = schema?.[place]?.AttributeName;
    const definition = properties.AttributeDefinitions?.find(
      ({ AttributeName }) => AttributeName === attribute,
    );
    const type = definition?.AttributeType;
    if (attribute === undefined || (type !== 'S' && type !== 'N')) {
      throw new UnsupportedRequestError(`the keys of the table ${name}`);
    }
    return {
      attribute,
      type: type === 'S' ? 'string' : 'number',
      mostBytes: place === 0 ? limits.partitionKey : limits.sortKey,
    };
  };
  const key = keyOf(properties.KeySchema, 0);
  const sortKey = properties.KeySchema?.length === 2 ? keyOf(properties.KeySchema, 1) : undefined;
  if (key.type !== 'string' || sortKey?.type === 'number') {
    throw new UnsupportedRequestError(`the key of the table ${name}`);
  }
  if (sortKey !== undefined && indexes.length > 0) {
    throw new UnsupportedRequestError(`an index of ${name}, which is sorted`);
  }
  return {
    name,
    key,
    sortKey,
    indexes: indexes.map(({ IndexName: index = '', KeySchema: schema, Projection: projection }) => {
      if (projection?.ProjectionType !== 'KEYS_ONLY') {
        throw new UnsupportedRequestError(`the projection of the index ${index}`);
      }
      return { name: index, hashKey: keyOf(schema, 0), rangeKey: keyOf(schema, 1) };
    }),
  };
}
