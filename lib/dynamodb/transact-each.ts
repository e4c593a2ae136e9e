import type { TableLink } from './table-link.js';
import { transact, type FailedPart, type TransactItem } from './transact.js';

/** DynamoDB allows no more writes in one. */
export const mostInOneTransaction = 100;

/** What became of one write of several. */
export type TransactResult =
  | { readonly isDone: true }
  /** Its condition did not hold: `item` is what was found, where the write asks for that. */
  | ({ readonly isDone: false } & FailedPart);

/**
 * Carries out as many writes as their conditions allow, up to {@link mostInOneTransaction} of different
 * items, in as few transactions as that takes: where a condition does not hold, its write is left out
 * and the others are sent again (design I5). For writes that may be carried out twice.
 *
 * @returns what became of each, in order.
 * @throws UnavailableError where the place does not answer in time or stays contended; none of them was
 *   done then, or, where it `isUnknown`, perhaps some.
 */
export async function transactEach(
  link: TableLink,
  writes: readonly TransactItem[],
): Promise<TransactResult[]> {
  const results: TransactResult[] = writes.map(() => ({ isDone: true }));
  let pending = [...writes.entries()];
  while (pending.length > 0) {
    const outcome = await transact(link.write, Object.fromEntries(pending));
    if (outcome.isDone) break;
    for (const [place] of pending) {
      const failed = outcome.failed[place];
      if (failed !== undefined) results[place] = { isDone: false, ...failed };
    }
    pending = pending.filter(([place]) => !(place in outcome.failed));
  }
  return results;
}
