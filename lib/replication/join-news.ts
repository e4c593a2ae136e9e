/** Joins what another region knows of items and this one does not. */
import { difference, type BookState } from '../rules/book.js';
import { chunksOf, mapAtMost } from '../concurrency.js';
import { ItemUnavailableError, UnavailableError } from '../errors.js';
import { mostWritesTogether, type Replica, type Write } from '../tables/replica.js';
import { rowOf } from '../rules/ledger.js';

const joinsAtOnce = 25;

/** What another region knows of an item and this one does not. */
export interface News {
  readonly id: string;
  /** Joins it where nothing of it is here; undefined where something was found. */
  readonly firstWrite: (() => Write) | undefined;
  /** Joins it whatever is here. */
  readonly join: () => Promise<unknown>;
}

/** Whether a region does not answer, where others than one item are concerned. */
export const isOutage = (error: unknown): boolean =>
  error instanceof UnavailableError && !(error instanceof ItemUnavailableError);

/**
 * Joins different items: those of which nothing is here yet in transactions of many, which take a
 * fraction of the time, and the others several at once. One that can't be joined holds up no other.
 *
 * @returns why an item was not joined, by its id.
 */
export async function joinAllNews(
  own: Replica,
  news: readonly News[],
): Promise<Map<string, unknown>> {
  const failures = new Map<string, unknown>();
  const alone = news.filter(({ firstWrite }) => firstWrite === undefined);
  const together = chunksOf(
    news.filter(({ firstWrite }) => firstWrite !== undefined),
    mostWritesTogether,
  );
  await mapAtMost(joinsAtOnce, together, async (chunk) => {
    try {
      if (!(await areJoinedTogether(own, chunk))) alone.push(...chunk);
    } catch (error) {
      for (const { id } of chunk) failures.set(id, error);
    }
  });
  await mapAtMost(joinsAtOnce, alone, async ({ id, join }) => {
    try {
      await join();
    } catch (error) {
      failures.set(id, error);
    }
  });
  return failures;
}

/** @returns false where one of them stood against it: then each is to be joined by itself. */
async function areJoinedTogether(own: Replica, news: readonly News[]): Promise<boolean> {
  // By itself it costs half as many units.
  if (news.length === 1) return false;
  try {
    return await own.writeTogether(news.flatMap(({ firstWrite }) => firstWrite?.() ?? []));
  } catch (error) {
    if (isOutage(error)) throw error;
    return false;
  }
}

/**
 * What is news here of books as another region has them, by one read of them all, which comes after that of
 * theirs (design R5).
 *
 * @param areOrdersToFollow as in {@link CatalogTable.join}, of a book.
 * @throws UnavailableError where this region does not answer.
 */
export async function newsOfBooks(
  own: Replica,
  theirs: readonly BookState[],
  areOrdersToFollow: (bookId: number) => boolean,
): Promise<News[]> {
  const ours = await own.catalog.getAll(theirs.map(({ id }) => id));
  const known = new Map(ours.rows.map((book) => [book.state.id, book]));
  const isUnreadable = new Set(ours.unreadable.map(({ id }) => id));
  const isNews = (state: BookState): boolean => {
    const book = known.get(state.id);
    if (book?.hasOwnRow !== true) return true;
    // Where they know more of this site's sales than it does itself, that is found out by the join.
    const hasForgotten = rowOf(state.ledger, own.site).seq > rowOf(book.state.ledger, own.site).seq;
    return hasForgotten || difference(book.state, state, own.site) !== undefined;
  };
  return theirs.filter(isNews).map((state) => {
    const id = String(state.id);
    const seen = known.get(state.id);
    const isHere = seen !== undefined || isUnreadable.has(id);
    return {
      id,
      firstWrite: isHere ? undefined : () => own.catalog.firstJoinWrite(state),
      join: () =>
        own.catalog.join(state, {
          ...(seen && { seen }),
          areOrdersToFollow: areOrdersToFollow(state.id),
        }),
    };
  });
}
