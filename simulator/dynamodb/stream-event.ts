import type { AttributeValue, DynamoDBRecord } from 'aws-lambda';
import type { StreamRecord } from './table.js';
import { marshalled, type Item } from './expressions/values.js';

export interface StreamOrigin {
  readonly region: string;
  readonly table: string;
  /** The name of the table's key. */
  readonly key: string;
}

/** A change as Lambda hands it to the function that reads the stream. */
export function toEventRecord(record: StreamRecord, origin: StreamOrigin): DynamoDBRecord {
  const { sequence, atMs, id, before, after } = record;
  const { region, table, key } = origin;
  return {
    eventID: `${table}-${sequence}`,
    eventName: before === undefined ? 'INSERT' : after === undefined ? 'REMOVE' : 'MODIFY',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: region,
    eventSourceARN: `arn:aws:dynamodb:${region}:000000000000:table/${table}/stream/1`,
    dynamodb: {
      ApproximateCreationDateTime: atMs / 1000,
      Keys: { [key]: { S: id } },
      ...(before && { OldImage: imageOf(before) }),
      ...(after && { NewImage: imageOf(after) }),
      SequenceNumber: String(sequence + 1).padStart(21, '0'),
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
  };
}

const imageOf = (item: Item) => marshalled(item) as Record<string, AttributeValue>;
