/** What the control room needs beside the store: the queues of all regions, and the lab, if there is one. */
import { GetQueueAttributesCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import { onceForEach } from '../concurrency.js';
import { loadConfig } from '../config.js';
import type { Region } from '../rules/sites.js';
import type { AskQueue } from '../store/status.js';
import type { Telemetry } from '../telemetry.js';
import { deployedApiHost } from './api-host.js';
import { timeouts } from './clients.js';
import { deployedLabUrl } from './lab-url.js';
import { silentSdkLogger } from './sdk-logger.js';

export interface ControlRoom {
  readonly askQueue: AskQueue;
  /** Where the embedded store's lab answers; no deployed store has one. */
  readonly labUrl: () => string | undefined;
}

/** Somebody looks at a page meanwhile, and asks again in a second or two. */
const answerWithinMs = 1_500;

/**
 * Asks the queues of a stage.
 *
 * @param prefix what the names of all queues of the stage start with.
 */
export function queuesOf(prefix: () => string, telemetry: Pick<Telemetry, 'warn'>): AskQueue {
  const clientIn = onceForEach(
    (region: Region) =>
      new SQSClient({
        region,
        maxAttempts: 1,
        // What emulators call a queue's URL may be an address that is not to be reached.
        useQueueUrlAsEndpoint: false,
        requestHandler: timeouts(answerWithinMs),
        logger: silentSdkLogger,
      }),
  );
  const urls = new Map<string, string>();
  return async (region, name) => {
    const client = clientIn(region);
    const place = `${region}/${name}`;
    try {
      const QueueUrl =
        urls.get(place) ??
        (await client.send(new GetQueueUrlCommand({ QueueName: `${prefix()}-${name}` }))).QueueUrl;
      if (QueueUrl === undefined) return undefined;
      urls.set(place, QueueUrl);
      const { Attributes = {} } = await client.send(
        new GetQueueAttributesCommand({
          QueueUrl,
          AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
        }),
      );
      return {
        waiting: Number(Attributes['ApproximateNumberOfMessages']),
        inHand: Number(Attributes['ApproximateNumberOfMessagesNotVisible']),
      };
    } catch (error) {
      telemetry.warn('a queue could not be asked', { region, queue: name, cause: String(error) });
      return undefined;
    }
  };
}

export const deployedControlRoom: ControlRoom = {
  askQueue: queuesOf(() => loadConfig(process.env).PREFIX, deployedApiHost.telemetry),
  labUrl: deployedLabUrl,
};
