/**
 * G5 on prices. In a run they only rise, so that of two prices of a book the higher is the newer;
 * what an answer shows is weighed only where nothing stood between the API and its cache.
 */
import type { StockedBook } from './history.js';
import type { Outages } from './outages.js';
import type { Violation } from './violations.js';

/** When a request was sent and answered, by the clock of `performance.now`. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Prices {
  /** A new price for a book; undefined while another change of it is not answered. */
  raise(bookId: number, by: number): number | undefined;
  /** A change was answered: from now on this price is shown, or a newer one. */
  settle(bookId: number, price: number, span: Span): void;
  /** A price was shown, or sold at. */
  check(bookId: number, price: number, span: Span): void;
}

/** Who was answered sooner met no call that timed out: the shortest timeout is longer. */
const promptMs = 1500;
/** A circuit that the cache's outage opened has closed again. */
const aftermathMs = 5000;

export function watchPrices(
  books: readonly StockedBook[],
  firstPrice: number,
  cacheOutages: Outages,
  onViolation: (violation: Violation) => void,
): Prices {
  const newest = new Map(books.map(({ id }) => [id, firstPrice]));
  const changing = new Set<number>();
  const settled = new Map<number, { readonly price: number; readonly sinceMs: number }[]>();
  const isSound = ({ fromMs, toMs }: Span): boolean =>
    toMs - fromMs < promptMs && !cacheOutages.overlap(fromMs - aftermathMs, toMs);
  return {
    raise(bookId, by) {
      if (changing.has(bookId)) return undefined;
      changing.add(bookId);
      const price = (newest.get(bookId) ?? firstPrice) + by;
      newest.set(bookId, price);
      return price;
    },
    settle(bookId, price, span) {
      changing.delete(bookId);
      if (!isSound(span)) return;
      settled.set(bookId, [...(settled.get(bookId) ?? []), { price, sinceMs: span.toMs }]);
    },
    check(bookId, price, span) {
      const due = settled.get(bookId)?.findLast(({ sinceMs }) => sinceMs <= span.fromMs);
      if (due === undefined || price >= due.price || !isSound(span)) return;
      const what = `book ${bookId} was shown or sold at ${price}, after a change to ${due.price} was answered`;
      onViolation({ promised: 'G5', what });
    },
  };
}
