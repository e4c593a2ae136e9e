import { GetQueueAttributesCommand, GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import { sqsClient } from '../../../local/clients.js';
import { messagingPart } from '../../../local/processes/environment.js';
import type { Region } from '../../../lib/rules/sites.js';
import type { RunningStore } from '../../../local/store-process.js';

export interface QueueDepth {
  /** Messages that nobody has taken. */
  readonly waiting: number;
  /** Messages that a consumer has in hand. */
  readonly inHand: number;
}

/** How many messages a queue holds at this moment, by the queue's name without its prefix. */
export async function depthOf(
  store: Pick<RunningStore, 'part'>,
  region: Region,
  queue: 'replicate' | 'invalidate',
): Promise<QueueDepth> {
  const sqs = sqsClient(region, `http://127.0.0.1:${store.part(messagingPart).port}`);
  try {
    const { QueueUrl } = await sqs.send(
      new GetQueueUrlCommand({ QueueName: `bazar-dev-${queue}` }),
    );
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    );
    return {
      waiting: Number(Attributes?.['ApproximateNumberOfMessages']),
      inHand: Number(Attributes?.['ApproximateNumberOfMessagesNotVisible']),
    };
  } finally {
    sqs.destroy();
  }
}
