import type { AttributeValue as StreamValue, _Record } from '@aws-sdk/client-dynamodb-streams';
import type { AttributeValue, DynamoDBRecord, StreamRecord } from 'aws-lambda';

/** A record as Lambda hands it on: bytes as base64, times in seconds. */
export function toLambdaRecord(record: _Record, streamArn: string, region: string): DynamoDBRecord {
  const { dynamodb: change = {} } = record;
  return {
    eventID: record.eventID ?? '',
    ...(record.eventName && { eventName: record.eventName }),
    eventVersion: record.eventVersion ?? '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: region,
    eventSourceARN: streamArn,
    dynamodb: {
      ApproximateCreationDateTime: arrivalOf(record) / 1000,
      Keys: toLambdaItem(change.Keys),
      ...(change.NewImage && { NewImage: toLambdaItem(change.NewImage) }),
      ...(change.OldImage && { OldImage: toLambdaItem(change.OldImage) }),
      SequenceNumber: sequenceNumberOf(record),
      SizeBytes: change.SizeBytes ?? 0,
      StreamViewType: change.StreamViewType as NonNullable<StreamRecord['StreamViewType']>,
    },
  };
}

export const sequenceNumberOf = (record: _Record | undefined): string =>
  record?.dynamodb?.SequenceNumber ?? '';

/** In milliseconds since the epoch. */
export const arrivalOf = (record: _Record | undefined): number =>
  record?.dynamodb?.ApproximateCreationDateTime?.getTime() ?? 0;

type StreamItem = Record<string, StreamValue>;

const toLambdaItem = (item: StreamItem = {}): Record<string, AttributeValue> =>
  Object.fromEntries(Object.entries(item).map(([name, value]) => [name, toLambdaValue(value)]));

function toLambdaValue(value: StreamValue): AttributeValue {
  if (value.B) return { B: base64(value.B) };
  if (value.BS) return { BS: value.BS.map(base64) };
  if (value.L) return { L: value.L.map(toLambdaValue) };
  if (value.M) return { M: toLambdaItem(value.M) };
  return value as AttributeValue;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
