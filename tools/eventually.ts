import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for a condition, with a deadline: tests never wait for a fixed time. */
export async function eventually<Result>(
  check: () => Promise<Result> | Result,
  { deadlineMs = 30_000, everyMs = 50 }: { deadlineMs?: number; everyMs?: number } = {},
): Promise<Result> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await sleep(everyMs);
    }
  }
}
