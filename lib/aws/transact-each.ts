import { TransactWriteCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { TransactionCancelledError } from '../errors.js';
import type { TableLink } from './table-link.js';

export type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** DynamoDB allows no more writes in one. */
export const mostInOneTransaction = 100;

/** What became of one write of several. */
export type TransactResult =
  | { readonly isDone: true }
  /** Its condition did not hold: `item` is what was found, where the write asks for that. */
  | { readonly isDone: false; readonly item: Record<string, unknown> | undefined };

/**
 * Carries out as many writes as their conditions allow, up to {@link mostInOneTransaction} of different items, in as few
 * transactions as that takes: where a condition does not hold, its write is left out and the others
 * are sent again (design I5). For writes that may be carried out twice.
 *
 * @returns what became of each, in order.
 * @throws UnavailableError where the place does not answer in time or stays contended; none of them was
 *   done then, or, where it `isUnknown`, perhaps some. TransactionCancelledError where another reason
 *   than a condition stands against one of them.
 */
export async function transactEach(
  link: TableLink,
  writes: readonly TransactItem[],
): Promise<TransactResult[]> {
  const results: TransactResult[] = writes.map(() => ({ isDone: true }));
  let pending = [...writes.keys()];
  while (pending.length > 0) {
    try {
      await link.write(
        new TransactWriteCommand({
          TransactItems: pending.map((place) => writes[place] as TransactItem),
        }),
      );
      break;
    } catch (error) {
      if (!(error instanceof TransactionCancelledError)) throw error;
      const { reasons } = error;
      // Something else is wrong with one of them, and would be the next time.
      if (!reasons.some(({ conditionFailed }) => conditionFailed)) throw error;
      const sent = pending;
      for (const [at, place] of sent.entries()) {
        const reason = reasons[at];
        if (reason?.conditionFailed === true) results[place] = { isDone: false, item: reason.item };
      }
      pending = sent.filter((_place, at) => reasons[at]?.conditionFailed !== true);
    }
  }
  return results;
}
