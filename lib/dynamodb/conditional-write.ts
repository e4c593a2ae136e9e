import { ConditionFailedError } from '../errors.js';

/** What a write answers; undefined where its condition did not hold. */
export async function ifConditionHolds<Answer>(
  write: Promise<Answer>,
): Promise<Answer | undefined> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof ConditionFailedError) return undefined;
    throw error;
  }
}
