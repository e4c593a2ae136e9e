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
 * would put the old value there. What is known already changes nothing, but for the lists that the
 * book moved into or out of: the cache may have learned of the book otherwise than by what moved it.
 *
 * @throws UnavailableError
 */
export async function invalidate({ books, pages }: Caches, message: Message): Promise<void> {
  if (message.type !== 'book') return;
  const incoming = bookOf(message);
  const known = await books.get(incoming.id);
  const movedAt = message.lists.length > 0 ? (incoming.registers.topic?.stamp ?? '') : '';
  const isMoveNews = movedAt > (known?.listedAt ?? '');
  const isNews = difference(known?.state ?? emptyState(incoming.id), incoming) !== undefined;
  // Lists before book: if this fails between the two, the repeat renews them again.
  if (isMoveNews) await pages.renew(message.lists);
  if (isNews || isMoveNews) await books.join(known, incoming, { listedAt: movedAt });
}
