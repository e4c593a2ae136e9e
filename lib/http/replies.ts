/** Replies that several routes share. */
import { createHash } from 'node:crypto';
import { toBook, type Book, type CompleteBook } from '../rules/book.js';
import type { BuyOutcome, ShortItem } from '../store/buy.js';
import type { FrontEnd, Provenance } from '../store/front-end.js';
import type { ChangeOutcome } from '../store/manage-books.js';
import type { ApiReply } from './handler.js';
import { Problem, tryAgain, type ProblemKind } from './problem.js';

/** What every read says of itself: whether the cache answered, and which replicas were read. */
export const readHeaders = ({ cacheUse, regions }: Provenance): Record<string, string> => ({
  'X-Cache': cacheUse,
  ...(regions.length > 0 && { 'X-Replica': regions.join(', ') }),
});

export const showBook = (front: FrontEnd, state: CompleteBook): Book =>
  toBook(state, front.currency);

/** A strong ETag: answers with the same one are the same byte for byte. */
export const etagOf = (body: unknown): string =>
  `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 22)}"`;

/** Whether `If-None-Match` names the ETag, by the weak comparison of RFC 9110, 13.1.2. */
export function matchesEtag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const named = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return named.includes('*') || named.includes(etag);
}

/** @param asked its id or its ISBN. */
export const unknownBook = (asked: number | string): Problem =>
  new Problem('unknown-book', `There is no book ${asked}.`);

export const unknownOrder = (id: string): Problem =>
  new Problem('unknown-order', `There is no order ${id}.`);

export const keyReused = (): Problem =>
  new Problem('key-reused', 'Every request needs a key of its own; send a new one.');

/** The order that a purchase came to, or the problem that stood against it. */
export function orderReply(outcome: BuyOutcome): ApiReply {
  switch (outcome.kind) {
    case 'placed':
    case 'repeated':
      return {
        status: outcome.kind === 'placed' ? 201 : 200,
        body: outcome.order,
        location: `orders/${outcome.order.id}`,
      };
    case 'unknown-book':
      throw againstItems(outcome, ({ bookId }) => `There is no book ${bookId}.`);
    case 'not-for-sale':
      throw againstItems(outcome, ({ bookId }) => `Book ${bookId} is taken off sale.`);
    case 'price-changed':
      throw againstItems(
        outcome,
        ({ bookId, price }) => `A copy of book ${bookId} now costs ${price}.`,
      );
    case 'sold-out':
      throw soldOut(outcome.items);
    case 'key-reused':
      throw keyReused();
    case 'busy':
    case 'unknown': {
      const { kind, orderId } = outcome;
      throw tryAgain(kind, unanswered[kind], { extras: { orderId } });
    }
  }
}

const unanswered = {
  busy: 'No order was placed, and none can still come of this request: try again.',
  unknown:
    'Whether the order was placed cannot be known now. Try again with the same ' +
    'Idempotency-Key only: with another, you may buy twice.',
};

/** @param items the books of which too few copies are left, with how many there are in all regions. */
export const soldOut = (items: readonly ShortItem[]): Problem =>
  againstItems(
    { kind: 'sold-out', items },
    ({ bookId, available }) =>
      `Only ${available} copies of book ${bookId} are left, in all regions.`,
  );

/** A problem that some items of an order have, a sentence for each. */
const againstItems = <Item>(
  { kind, items }: { readonly kind: ProblemKind; readonly items: readonly Item[] },
  describe: (item: Item) => string,
): Problem => new Problem(kind, items.map(describe).join(' '), { extras: { items } });

/** The book that came of a change, or the problem that stood against it. */
export function changedBook(front: FrontEnd, id: number, outcome: ChangeOutcome): Book {
  switch (outcome.kind) {
    case 'done':
      return showBook(front, outcome.book);
    case 'unknown-book':
      throw unknownBook(id);
    case 'key-reused':
      throw keyReused();
    case 'exists':
      throw new Problem('book-exists', `There is a book ${id} already.`);
  }
}
