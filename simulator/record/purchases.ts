/** What a purchase asks for: by `POST /buy/{id}`, or by `POST /orders`, which goes the same way. */
import type { Try } from './history.js';

export interface AskedItem {
  readonly bookId: number;
  readonly quantity: number;
  /** The price that the buyer was shown, where they insist on it. */
  readonly unitPrice?: number;
}

type Copies = Pick<AskedItem, 'bookId' | 'quantity'>;

export const isPurchase = ({ asked }: Pick<Try, 'asked'>): boolean =>
  asked.route === 'buy' || asked.route === 'place-order';

/** The items of a purchase, in the order in which they were sent. */
export function itemsAsked({ asked }: Pick<Try, 'asked'>): readonly AskedItem[] {
  if (asked.route === 'place-order') return asked.body?.['items'] as readonly AskedItem[];
  return [{ ...(asked.body as Omit<AskedItem, 'bookId'>), bookId: Number(asked.path?.['id']) }];
}

/** What a key stands for, as a text: how many copies of which books, in whatever order. */
export const bodyText = (items: readonly Copies[]): string =>
  [...items]
    .sort((one, other) => one.bookId - other.bookId)
    .map(({ bookId, quantity }) => `${quantity} of ${bookId}`)
    .join(', ');
