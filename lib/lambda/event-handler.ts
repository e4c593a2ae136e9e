import type { Context } from 'aws-lambda';
import type { Host } from '../host.js';

export type EventHandler<Event, Result> = (event: Event, context: Context) => Promise<Result>;

/**
 * A handler of events that nobody waits for: where it fails, `failure` is logged, with the cause, and
 * the event comes again.
 */
export const eventHandler =
  <Event, Result>(
    host: Host,
    failure: string,
    handle: EventHandler<Event, Result>,
  ): EventHandler<Event, Result> =>
  (event, context) =>
    host.invocation(context, async () => {
      try {
        return await handle(event, context);
      } catch (error) {
        host.logError(failure, error);
        throw error;
      }
    });
