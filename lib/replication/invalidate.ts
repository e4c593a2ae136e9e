/** Tells a front end's cache what changed anywhere. */
import type { BookCache } from '../cache/book-cache.js';
import type { PageCache } from '../cache/page-cache.js';
import { difference, isComplete, joinStates } from '../rules/book.js';
import { listsChanged, listsOf } from '../rules/book-lists.js';
import { emptyState } from '../tables/book-item.js';
import { once, onceForEach } from '../concurrency.js';
import { booksTold, type Message, type ToldBook } from './messages.js';

export interface Caches {
  readonly books: BookCache;
  readonly pages: PageCache;
}

/**
 * Joins the books that a batch tells of into the cache, each once, also where the cache holds no item: or
 * a slow first fill would put the old value there. What is known already changes nothing, but for the lists
 * that the book moved into or out of: the cache may have learned of the book otherwise than by what moved it.
 * The books of a batch are read in one call, and each list is renewed once.
 *
 * @returns what takes a message of the batch. @throws UnavailableError
 */
export function invalidate(
  { books, pages }: Caches,
  batch: readonly Message[],
): (message: Message) => Promise<void> {
  const told = booksTold(batch);
  const readAll = once(() => books.getAll([...told.keys()]));
  const renew = onceForEach((list: string) => pages.renew([list]));
  const joinBook = onceForEach(async (id: number) => {
    const { state: incoming, lists, movedAt } = told.get(id) as ToldBook;
    const known = (await readAll()).get(id);
    const isMoveNews = movedAt > (known?.listedAt ?? '');
    const isNews = difference(known?.state ?? emptyState(id), incoming) !== undefined;
    // Lists before book: if this fails between the two, the repeat renews them again.
    await Promise.all(listsToRenew().map(renew));
    if (isNews || isMoveNews) await books.join(known, incoming, { listedAt: movedAt });

    /** Topic and sale may have been changed apart: what comes of both moves the book besides (design L2). */
    function listsToRenew(): string[] {
      const joined = joinStates(known?.state ?? emptyState(id), incoming);
      const named = isMoveNews ? [...lists, ...listsOf(joined)] : [];
      return isComplete(known?.state) ? [...named, ...listsChanged(known.state, joined)] : named;
    }
  });
  return async (message) => {
    if (message.type === 'books') {
      await Promise.all(message.books.map(({ book }) => joinBook(book.id)));
    }
  };
}
