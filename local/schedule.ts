import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ScheduledEvent } from 'aws-lambda';
import { accountId } from './account.js';
import type { ScheduleSource } from './assignments.js';
import type { Invoke } from './invocation.js';

/** Calls a function at once, and then at each interval; a run that takes longer is waited for. */
export async function runSchedule(
  { intervalMs }: ScheduleSource,
  context: {
    invoke: Invoke;
    ruleName: string;
    region: string;
    signal: AbortSignal;
    onError: (error: unknown) => void;
    onFirstRun: () => void;
  },
): Promise<void> {
  const { invoke, ruleName, region, signal, onError, onFirstRun } = context;
  let isFirst = true;
  while (!signal.aborted) {
    const startedAt = Date.now();
    try {
      await invoke(eventOf(ruleName, region));
    } catch (error) {
      // The next run is the retry.
      onError(error);
    }
    if (isFirst) onFirstRun();
    isFirst = false;
    const remainingMs = Math.max(0, startedAt + intervalMs - Date.now());
    await sleep(remainingMs, undefined, { signal }).catch(() => {});
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
