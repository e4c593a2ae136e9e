import { expect, test } from '@jest/globals';
import { createBell, type Bell } from '../../local/worker/bell.js';
import { runSchedule } from '../../local/worker/schedule.js';

/** Runs a schedule in no time; tells what it waited for, until `isDone`. */
async function waitsOf(
  intervalMs: number,
  isDone: (waits: readonly number[], bell: Bell) => boolean,
): Promise<number[]> {
  const waits: number[] = [];
  const bell = createBell();
  const ending = new AbortController();
  const after: Bell['after'] = async (_rings, timeoutMs) => {
    // What the run itself took is left out.
    waits.push(Math.ceil(timeoutMs / 1000) * 1000);
    if (isDone(waits, bell)) ending.abort();
  };
  await runSchedule(
    { kind: 'schedule', intervalMs },
    {
      invoke: async () => {},
      ruleName: 'reconcile',
      region: 'us-east-1',
      signal: ending.signal,
      onError: () => {},
      onFirstRun: () => {},
      recoveries: Object.create(bell, { after: { value: after } }) as Bell,
    },
  );
  return waits;
}

test('a schedule runs often at first, and then as it is configured', async () => {
  const waits = await waitsOf(60_000, ({ length }) => length === 6);
  expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
});

test('a schedule runs often again after an outage', async () => {
  const waits = await waitsOf(60_000, ({ length }, bell) => {
    if (length === 3) bell.ring();
    return length === 5;
  });
  expect(waits).toEqual([5_000, 10_000, 20_000, 5_000, 10_000]);
});
