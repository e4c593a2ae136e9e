import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { parseMessage, type Message } from '../replication/messages.js';
import { eventHandler, type EventHandler } from './event-handler.js';
import type { Host } from './host.js';

export type QueueHandler = EventHandler<SQSEvent, SQSBatchResponse>;

/**
 * A handler of a queue of messages. They fail one by one, never as a batch: those that did come
 * back after the visibility timeout, and in the end go to the dead-letter queue.
 */
export function queueConsumer(host: Host, take: (message: Message) => Promise<void>): QueueHandler {
  const takeRecord = async ({ body, messageId }: SQSRecord): Promise<void> => {
    try {
      await take(parseMessage(body));
    } catch (error) {
      host.logError('a message was not taken', error, { messageId });
      throw error;
    }
  };
  return eventHandler(host, 'a batch of the queue was not taken', (event, context) =>
    processPartialResponse(event, takeRecord, new BatchProcessor(EventType.SQS), {
      context,
      throwOnFullBatchFailure: false,
    }),
  );
}
