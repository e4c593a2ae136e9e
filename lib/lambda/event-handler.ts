import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { Host } from './host.js';

export type EventHandler<Event, Result> = (event: Event, context: Context) => Promise<Result>;

/**
 * A handler of events that nobody waits for: where it fails, `failure` is logged, with the cause, and
 * the event comes again.
 */
export function eventHandler<Event, Result>(
  host: Host,
  failure: string,
  handle: EventHandler<Event, Result>,
): EventHandler<Event, Result> {
  let built: EventHandler<Event, Result> | undefined;
  const build = (): EventHandler<Event, Result> => {
    const stack = middy<Event, Result>()
      .use(host.middleware())
      .use({ onError: ({ error }) => host.logError(failure, error) })
      .handler(handle);
    return (event, context) => stack(event, context);
  };
  // Built at the first call: only then is the environment surely there.
  return (event, context) => (built ??= build())(event, context);
}
