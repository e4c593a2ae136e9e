import { randomUUID } from 'node:crypto';
import type { ScheduledEvent } from 'aws-lambda';
import { accountId } from '../../services/account.js';
import type { ScheduleSource } from '../../services/assignments.js';
import type { Feeding } from './invocation.js';

const shortestIntervalMs = 5_000;

interface ScheduleFeeding extends Feeding {
  readonly ruleName: string;
  readonly region: string;
  readonly onFirstRun: () => void;
}

/**
 * Calls a function at once, and again at intervals that grow to its own: a minute, the shortest that
 * EventBridge knows, is long to wait for at a keyboard, and a run every few seconds is much for a store
 * that nobody uses. After an outage, when messages may be lost, it begins anew. A run that takes longer
 * is waited for.
 */
export async function runSchedule(
  { intervalMs }: ScheduleSource,
  { invoke, ruleName, region, signal, onError, onFirstRun, recoveries }: ScheduleFeeding,
): Promise<void> {
  let isFirst = true;
  let pauseMs = shortestIntervalMs;
  while (!signal.aborted) {
    const startedAt = Date.now();
    const { rings } = recoveries;
    try {
      await invoke(eventOf(ruleName, region));
    } catch (error) {
      // The next run is the retry.
      onError(error);
    }
    if (isFirst) onFirstRun();
    isFirst = false;
    const remainingMs = Math.max(0, startedAt + pauseMs - Date.now());
    await recoveries.after(rings, remainingMs, signal).catch(() => {});
    const isAfterOutage = recoveries.rings > rings;
    pauseMs = isAfterOutage ? shortestIntervalMs : Math.min(intervalMs, pauseMs * 2);
  }
}

const eventOf = (ruleName: string, region: string): ScheduledEvent => ({
  id: randomUUID(),
  version: '0',
  account: accountId,
  time: new Date().toISOString(),
  region,
  resources: [`arn:aws:events:${region}:${accountId}:rule/${ruleName}`],
  source: 'aws.events',
  'detail-type': 'Scheduled Event',
  detail: {},
});
