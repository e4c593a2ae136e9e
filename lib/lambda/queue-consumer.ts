import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Host } from '../host.js';
import { parseMessage, type Message } from '../replication/messages.js';
import { eventHandler, type EventHandler } from './event-handler.js';

/**
 * A handler of a queue of messages. They fail one by one, never as a batch: those that did come
 * back after the visibility timeout, and in the end go to the dead-letter queue.
 *
 * @param open told of all messages of a batch before any of them is to be taken.
 */
export function queueConsumer(
  host: Host,
  open: (batch: readonly Message[]) => (message: Message) => Promise<void>,
): EventHandler<SQSEvent, SQSBatchResponse> {
  return eventHandler(host, 'a batch of the queue was not taken', (event, context) => {
    const parsed = new Map(event.Records.map(({ messageId, body }) => [messageId, parse(body)]));
    const take = open([...parsed.values()].flatMap(({ message }) => message ?? []));
    const takeRecord = async ({ messageId }: SQSRecord): Promise<void> => {
      try {
        const { message, fault } = parsed.get(messageId) ?? {};
        if (message === undefined) throw fault;
        await take(message);
      } catch (error) {
        host.logError('a message was not taken', error, { messageId });
        throw error;
      }
    };
    return processPartialResponse(event, takeRecord, new BatchProcessor(EventType.SQS), {
      context,
      throwOnFullBatchFailure: false,
    });
  });
}

/** What can't be read stands in the way of no other message, and fails when its turn comes. */
function parse(body: string): { readonly message?: Message; readonly fault?: unknown } {
  try {
    return { message: parseMessage(body) };
  } catch (fault) {
    return { fault };
  }
}
