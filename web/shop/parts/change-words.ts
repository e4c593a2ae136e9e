import { formatPrice } from '../../common/format.js';
import type { shop } from '../texts.js';
import type { Change } from '../basket.js';

/** What is said of each change, on the page where it is shown. */
type ChangeTexts = typeof shop.basket.change | typeof shop.book.changed;

/** What stood against a purchase, told of a book that was shown at a price. */
export function changeWords(
  change: Change,
  { unitPrice, currency }: { readonly unitPrice: number; readonly currency: string },
  texts: ChangeTexts,
): string {
  switch (change.kind) {
    case 'price':
      return texts.price(formatPrice(unitPrice, currency), formatPrice(change.price, currency));
    case 'too-few':
      return change.available > 0 ? texts.fewer(change.available) : texts.gone;
    case 'not-for-sale':
      return texts.notForSale;
    case 'unknown':
      return texts.unknown;
  }
}
