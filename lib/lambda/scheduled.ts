import type { Context, ScheduledEvent } from 'aws-lambda';
import type { Host } from '../host.js';
import { eventHandler, type EventHandler } from './event-handler.js';

export type ScheduledHandler = EventHandler<ScheduledEvent, void>;

/** A handler of a schedule. */
export const scheduled = (
  host: Host,
  work: (context: Context) => Promise<void>,
): ScheduledHandler =>
  eventHandler(host, 'scheduled work failed', (_event, context) => work(context));
