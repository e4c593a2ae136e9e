/** Buyers at a front end. */
import { buy, type BuyOutcome, type Purchase } from '../../lib/store/buy.js';
import type { FrontEnd } from '../../lib/store/front-end.js';
import { eventually } from '../../tools/eventually.js';
import { testSecrets } from './front-ends.js';

let keys = 0;

export const freshKey = (): string => {
  keys += 1;
  return `key ${keys}`;
};

export const order = (
  front: FrontEnd,
  bookId: number,
  { quantity = 1, key = freshKey(), ...rest }: Partial<Omit<Purchase, 'bookId'>> = {},
): Promise<BuyOutcome> => buy(front, testSecrets, { bookId, quantity, key, ...rest });

/** Tries the same key again until it is answered, as a 503 asks for. */
export function orderUntilAnswered(
  front: FrontEnd,
  bookId: number,
  purchase: Partial<Omit<Purchase, 'bookId'>> = {},
): Promise<BuyOutcome> {
  const key = purchase.key ?? freshKey();
  return eventually(
    async () => {
      const outcome = await order(front, bookId, { ...purchase, key });
      if (outcome.kind === 'busy' || outcome.kind === 'unknown')
        throw new Error(`${key} was not answered`);
      return outcome;
    },
    { deadlineMs: 90_000 },
  );
}

/** How many outcomes there are of each kind. */
export function countKinds(outcomes: readonly BuyOutcome[]): Partial<Record<string, number>> {
  const counts: Partial<Record<string, number>> = {};
  for (const { kind } of outcomes) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** The order that a purchase came to. @throws Error where it came to none */
export function orderOf(outcome: BuyOutcome) {
  if (outcome.kind === 'placed' || outcome.kind === 'repeated') return outcome.order;
  throw new Error(`no order, but ${JSON.stringify(outcome)}`);
}
