/** Tells a front end's cache what changed anywhere. */
import type { BookCache } from '../cache/book-cache.js';
import type { PageCache } from '../cache/page-cache.js';
import { difference } from '../catalog/book.js';
import { emptyState } from '../catalog/book-item.js';
import { onceForEachBook, type Message } from './messages.js';

export interface Caches {
  readonly books: BookCache;
  readonly pages: PageCache;
}

/**
 * Joins the books that a batch announces into the cache, each once, also where the cache holds no item: or
 * a slow first fill would put the old value there. What is known already changes nothing, but for the lists
 * that the book moved into or out of: the cache may have learned of the book otherwise than by what moved it.
 *
 * @returns what takes a message of the batch. @throws UnavailableError
 */
export function invalidate(
  { books, pages }: Caches,
  batch: readonly Message[],
): (message: Message) => Promise<void> {
  const joinBook = onceForEachBook(batch, async (incoming, told) => {
    const known = await books.get(incoming.id);
    const moves = told.filter(({ lists }) => lists.length > 0);
    const stamps = moves.map(({ book }) => book.registers.topic?.stamp ?? '');
    const movedAt = stamps.reduce((latest, stamp) => (stamp > latest ? stamp : latest), '');
    const isMoveNews = movedAt > (known?.listedAt ?? '');
    const isNews = difference(known?.state ?? emptyState(incoming.id), incoming) !== undefined;
    // Lists before book: if this fails between the two, the repeat renews them again.
    if (isMoveNews) await pages.renew([...new Set(moves.flatMap(({ lists }) => lists))]);
    if (isNews || isMoveNews) await books.join(known, incoming, { listedAt: movedAt });
  });
  return async (message) => {
    if (message.type === 'book') await joinBook(message);
  };
}
