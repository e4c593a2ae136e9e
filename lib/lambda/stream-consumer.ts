import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import type { Host } from '../host.js';
import type { TableChange } from '../replication/publish.js';
import { eventHandler, type EventHandler } from './event-handler.js';

export type StreamHandler = EventHandler<DynamoDBStreamEvent, void>;

type Image = Record<string, AttributeValue> | undefined;

/**
 * A handler of a table's stream. It throws when any record failed, so that the batch is read again:
 * not every emulator heeds what a stream's batch reports record by record.
 */
export const streamConsumer = (
  host: Host,
  take: (changes: TableChange[]) => Promise<void>,
): StreamHandler =>
  eventHandler(host, 'a batch of the stream was not taken', ({ Records }) =>
    take(
      Records.map(({ dynamodb }) => ({
        before: toItem(dynamodb?.OldImage as Image),
        after: toItem(dynamodb?.NewImage as Image),
      })),
    ),
  );

const toItem = (image: Image) => image && unmarshall(image);
