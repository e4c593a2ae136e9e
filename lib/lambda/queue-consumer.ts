import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { parseMessage, type Message } from '../replication/messages.js';
import type { Host } from './host.js';

export type QueueHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

/**
 * A handler of a queue of messages. They fail one by one, never as a batch: those that did come
 * back after the visibility timeout, and in the end go to the dead-letter queue.
 */
export function queueConsumer(host: Host, take: (message: Message) => Promise<void>): QueueHandler {
  const takeRecord = async (record: SQSRecord): Promise<void> => {
    try {
      await take(parseMessage(record.body));
    } catch (error) {
      host.logError('a message was not taken', error);
      throw error;
    }
  };
  // What a hook returns, middy takes for the response: so nothing.
  const flush = () => {
    host.flushTelemetry();
  };
  const stack = middy<SQSEvent, SQSBatchResponse>()
    .use({ after: flush, onError: flush })
    .handler(async (event: SQSEvent, context: Context) =>
      processPartialResponse(event, takeRecord, new BatchProcessor(EventType.SQS), {
        context,
        throwOnFullBatchFailure: false,
      }),
    );
  return (event, context) => stack(event, context);
}
