/** Tells a front end's cache what changed anywhere. */
import type { BookCache } from '../cache/book-cache.js';
import type { PageCache } from '../cache/page-cache.js';
import { difference } from '../catalog/book.js';
import { emptyState } from '../catalog/book-item.js';
import { bookOf, type Message } from './messages.js';

export interface Caches {
  readonly books: BookCache;
  readonly pages: PageCache;
}

/**
 * Joins one announced book into the cache, also where the cache holds no item: or a slow first fill
 * would put the old value there. What is known already changes nothing; but the lists that the book
 * moved into or out of are renewed all the same, for the cache may have learned of the book
 * otherwise, and each region's announcement says that its index is about to show the move.
 *
 * @throws UnavailableError
 */
export async function invalidate({ books, pages }: Caches, message: Message): Promise<void> {
  if (message.type !== 'book') return;
  const incoming = bookOf(message);
  await pages.renew(message.lists);
  const known = await books.get(incoming.id);
  if (difference(known?.state ?? emptyState(incoming.id), incoming) === undefined) return;
  await books.join(known, incoming);
}
