import middy from '@middy/core';
import type { Context, ScheduledEvent } from 'aws-lambda';
import type { Host } from './host.js';

export type ScheduledHandler = (event: ScheduledEvent, context: Context) => Promise<void>;

/** A handler of a schedule. */
export function scheduled(host: Host, work: (context: Context) => Promise<void>): ScheduledHandler {
  const stack = middy<ScheduledEvent, void>()
    .use({
      after: () => {
        host.flushTelemetry();
      },
      onError: ({ error }) => {
        host.logError('scheduled work failed', error);
        host.flushTelemetry();
      },
    })
    .handler(async (_event: ScheduledEvent, context: Context) => work(context));
  return (event, context) => stack(event, context);
}
