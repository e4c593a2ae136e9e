import type { JSX } from 'preact';
import { formatPrice } from '../../common/format.js';
import type { Book } from '../../common/types.js';
import { shop } from '../texts.js';

/** Fewer than that are said to be few. */
const few = 5;

export const Price = ({
  book,
}: {
  readonly book: Pick<Book, 'price' | 'currency'>;
}): JSX.Element => <span class="price">{formatPrice(book.price, book.currency)}</span>;

export type StockLevel = 'many' | 'few' | 'none' | 'notForSale';

export function levelOf({ stock, isListed }: Book): StockLevel {
  if (!isListed) return 'notForSale';
  if (stock <= 0) return 'none';
  return stock < few ? 'few' : 'many';
}

export function stockWords(book: Book): string {
  const words = shop.stock[levelOf(book)];
  return typeof words === 'string' ? words : words(book.stock);
}
