import { withOutcome } from './errors.js';
import type { System } from './system.js';

/** What a try comes to where another writer was there first. */
export const lostRace: unique symbol = Symbol('another writer was there first');

export interface Tries {
  readonly most: number;
  /** Milliseconds, with full jitter; 0 where the next try begins with what the last one found. */
  readonly longestPauseMs: number;
  /**
   * Whether a try that was lost may have met its own doing, for what it sends may be sent twice: where a
   * later one is not answered, the change may have been made (design A4).
   */
  readonly mayMeetItself?: boolean;
  /** What is thrown after the last of them. */
  readonly orElse: () => Error;
}

export const usualTries = { most: 20, longestPauseMs: 20 } as const;

/**
 * Optimistic concurrency: repeats what is written only where nobody else wrote since it was read.
 *
 * @param attempt one read and conditional write; told how many tries were lost before.
 * @throws what `orElse` makes, where every try was lost; what `attempt` throws, at once.
 */
export async function untilWon<Result>(
  system: Pick<System, 'random' | 'sleep'>,
  { most, longestPauseMs, mayMeetItself = false, orElse }: Tries,
  attempt: (lost: number) => Promise<Result | typeof lostRace>,
): Promise<Result> {
  for (let lost = 0; lost < most; lost += 1) {
    if (lost > 0 && longestPauseMs > 0) await system.sleep(system.random() * longestPauseMs);
    const trying = attempt(lost);
    const result = await (mayMeetItself && lost > 0
      ? withOutcome(trying, { isUnknown: true })
      : trying);
    if (result !== lostRace) return result;
  }
  throw orElse();
}
