import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import middy from '@middy/core';
import type { Context, DynamoDBStreamEvent } from 'aws-lambda';
import type { TableChange } from '../replication/publish.js';
import type { Host } from './host.js';

export type StreamHandler = (event: DynamoDBStreamEvent, context: Context) => Promise<void>;

type Image = Record<string, AttributeValue> | undefined;

/**
 * A handler of a table's stream. It throws when any record failed, so that the batch is read again:
 * not every emulator heeds what a stream's batch reports record by record.
 */
export function streamConsumer(
  host: Host,
  take: (changes: TableChange[]) => Promise<void>,
): StreamHandler {
  const stack = middy<DynamoDBStreamEvent, void>()
    .use({
      after: () => {
        host.flushTelemetry();
      },
      onError: ({ error }) => {
        host.logError('a batch of the stream was not taken', error);
        host.flushTelemetry();
      },
    })
    .handler(async (event: DynamoDBStreamEvent) =>
      take(
        event.Records.map(({ dynamodb }) => ({
          before: toItem(dynamodb?.OldImage as Image),
          after: toItem(dynamodb?.NewImage as Image),
        })),
      ),
    );
  return (event, context) => stack(event, context);
}

const toItem = (image: Image) => image && unmarshall(image);
