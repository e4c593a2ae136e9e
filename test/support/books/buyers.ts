/** Buyers at a front end. */
import { buy, type BuyOutcome, type Purchase, type WantedItem } from '../../../lib/store/buy.js';
import type { LineItem } from '../../../lib/rules/order.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { eventually } from '../../../tools/eventually.js';
import { testSecrets } from '../tables/front-ends.js';

let keys = 0;

export const freshKey = (): string => {
  keys += 1;
  return `key ${keys}`;
};

type Wish = Partial<Omit<WantedItem, 'bookId'> & Pick<Purchase, 'key'>>;

/** Buys copies of one book. */
export const order = (
  front: FrontEnd,
  bookId: number,
  { quantity = 1, unitPrice, key = freshKey() }: Wish = {},
): Promise<BuyOutcome> => orderAll(front, [{ bookId, quantity, unitPrice }], key);

/** Buys copies of several books at once. */
export const orderAll = (
  front: FrontEnd,
  items: readonly WantedItem[],
  key = freshKey(),
): Promise<BuyOutcome> => buy(front, testSecrets, { items, key });

/** One copy of each of these books. */
export const oneOfEach = (...bookIds: readonly number[]): WantedItem[] =>
  bookIds.map((bookId) => ({ bookId, quantity: 1 }));

/** Tries the same key again until it is answered, as a 503 asks for. */
export function orderUntilAnswered(
  front: FrontEnd,
  bookId: number,
  wish: Wish = {},
): Promise<BuyOutcome> {
  const key = wish.key ?? freshKey();
  return untilAnswered(key, () => order(front, bookId, { ...wish, key }));
}

/** The same of several books. */
export function orderAllUntilAnswered(
  front: FrontEnd,
  items: readonly WantedItem[],
): Promise<BuyOutcome> {
  const key = freshKey();
  return untilAnswered(key, () => orderAll(front, items, key));
}

const untilAnswered = (key: string, buyOnce: () => Promise<BuyOutcome>): Promise<BuyOutcome> =>
  eventually(
    async () => {
      const outcome = await buyOnce();
      if (outcome.kind === 'busy' || outcome.kind === 'unknown')
        throw new Error(`${key} was not answered`);
      return outcome;
    },
    { deadlineMs: 90_000 },
  );

/** Does something so many times at once, through these front ends by turns. */
export const byTurns = <Result>(
  fronts: readonly FrontEnd[],
  times: number,
  act: (front: FrontEnd, turn: number) => Promise<Result>,
): Promise<Result[]> =>
  Promise.all(
    Array.from({ length: times }, (_, turn) => act(fronts[turn % fronts.length] as FrontEnd, turn)),
  );

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

/** The only item of an order. @throws Error where it has others */
export function onlyItem({ items }: { readonly items: readonly LineItem[] }): LineItem {
  const [item, ...others] = items;
  if (item === undefined || others.length > 0) throw new Error(`${items.length} items`);
  return item;
}
