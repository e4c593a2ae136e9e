/**
 * The front end's cache of books: one more replica, that never sells. Every write joins what is
 * there and never replaces it, so neither a slow reader nor a lagging replica can put an old value
 * back behind an invalidation (design C2).
 */
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { batchGet } from '../dynamodb/batch-get.js';
import type { Expression } from '../dynamodb/expression.js';
import { readEach, readItem } from '../dynamodb/read-item.js';
import type { TableLink } from '../dynamodb/table-link.js';
import { transactEach } from '../dynamodb/transact-each.js';
import { difference, joinStates, nobodysBookId, type BookState } from '../rules/book.js';
import { emptyState, joinExpression, toBookState } from '../tables/book-item.js';
import { ConditionFailedError, UnavailableError } from '../errors.js';
import type { Stamp } from '../rules/stamp.js';
import { lostRace, untilWon, usualTries } from '../optimistic.js';
import type { System } from '../system.js';

export interface CachedBook {
  readonly state: BookState;
  /** Milliseconds since the epoch; counted from the moment a replica was read (design C3). */
  readonly freshUntil: number;
  /** The stamp of the topic for which the lists were renewed last; empty if they never were. */
  readonly listedAt: Stamp;
}

/** What a join may say besides the state. */
export interface JoinDetails {
  /** Given only by who has just read a replica. */
  readonly freshUntil?: number;
  /** Given by who has renewed the lists that the topic of this stamp moved the book into or out of. */
  readonly listedAt?: Stamp;
}

/** A state to be joined into the cache; of `known` see {@link BookCache.join}. */
export interface CacheJoin {
  readonly known: CachedBook | undefined;
  readonly incoming: BookState;
  readonly details?: JoinDetails;
}

const keyOf = (bookId: number): string => `book#${bookId}`;

/** What is known outlives its freshness, to be joined with and to answer in an outage. */
const lifetimeSeconds = 30 * 24 * 60 * 60;

export class BookCache {
  readonly #table: string;
  readonly #link: TableLink;
  readonly #system: System;

  constructor(table: string, link: TableLink, system: System) {
    this.#table = table;
    this.#link = link;
    this.#system = system;
  }

  /** See {@link TableLink.isSilent}. */
  get isSilent(): boolean {
    return this.#link.isSilent;
  }

  /** See {@link TableLink.probe}. */
  probe(): void {
    this.#link.probe(this.#table, { id: keyOf(nobodysBookId) });
  }

  /**
   * Strongly consistent (design C6): the default shows the stock from before one's own buy. What can't be read
   * is not there: a replica is asked, and the item lies until it is overwritten or its lifetime ends.
   *
   * @throws UnavailableError
   */
  async getAll(bookIds: readonly number[]): Promise<Map<number, CachedBook>> {
    const found = await batchGet(this.#link, this.#system, {
      [this.#table]: bookIds.map((bookId) => ({ id: keyOf(bookId) })),
    });
    const books = readEach(this.#link.where, found[this.#table] ?? [], toCachedBook);
    return new Map(books.rows.map((book) => [book.state.id, book]));
  }

  /**
   * Joins a state into the cache, also where it holds no item yet (design C5).
   *
   * @param known the item as it was read, or undefined where none was found: only a guess, which
   *   the write's condition checks.
   * @throws UnavailableError
   */
  join(
    known: CachedBook | undefined,
    incoming: BookState,
    details: JoinDetails = {},
  ): Promise<CachedBook> {
    let current = known ?? nothingKnown(incoming.id);
    const orElse = () => new UnavailableError(this.#link.where, { isUnknown: false });
    return untilWon(this.#system, { ...usualTries, longestPauseMs: 0, orElse }, async () => {
      const update = this.#joinUpdate(current, incoming, details);
      if (update === undefined) return current;
      try {
        await this.#link.write(new UpdateCommand(this.#updateItem(incoming.id, update)));
        return joinCached(current, incoming, details);
      } catch (error) {
        if (!(error instanceof ConditionFailedError)) throw error;
        current = this.#found(incoming.id, error.item);
        return lostRace;
      }
    });
  }

  /**
   * Joins up to 100 states of different books in one transaction: for books that nobody else is at,
   * such as new ones. Those that somebody was at are joined one by one.
   *
   * @throws UnavailableError
   */
  async joinAll(joins: readonly CacheJoin[]): Promise<void> {
    const updates = joins.flatMap((join) => {
      const { known, incoming, details = {} } = join;
      const update = this.#joinUpdate(known ?? nothingKnown(incoming.id), incoming, details);
      return update === undefined ? [] : [{ join, update }];
    });
    const results = await transactEach(
      this.#link,
      updates.map(({ join, update }) => ({ Update: this.#updateItem(join.incoming.id, update) })),
    );
    for (const [place, { join }] of updates.entries()) {
      const result = results[place];
      if (result?.isDone !== false) continue;
      const { id } = join.incoming;
      await this.join(this.#found(id, result.item), join.incoming, join.details);
    }
  }

  /** What writes into the item that held `current` what `incoming` adds; undefined where that is nothing. */
  #joinUpdate(
    current: CachedBook,
    incoming: BookState,
    { freshUntil = 0, listedAt = '' }: JoinDetails,
  ): Expression | undefined {
    const added = difference(current.state, incoming);
    const isFresher = freshUntil > current.freshUntil;
    const isListedLater = listedAt > current.listedAt;
    if (added === undefined && !isFresher && !isListedLater) return undefined;
    const update = joinExpression(current.state, added ?? { registers: {}, rows: {} });
    if (isFresher) update.setValue('freshUntil', freshUntil);
    if (isListedLater) update.setValue('listedAt', listedAt);
    return update.setValue('expiresAt', Math.floor(this.#system.now() / 1000) + lifetimeSeconds);
  }

  #updateItem(bookId: number, update: Expression) {
    return {
      TableName: this.#table,
      Key: { id: keyOf(bookId) },
      ...update.toUpdate(),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    };
  }

  #found(bookId: number, item: Record<string, unknown> | undefined): CachedBook {
    return item === undefined
      ? nothingKnown(bookId)
      : readItem(this.#link.where, item, toCachedBook);
  }
}

const joinCached = (
  current: CachedBook,
  incoming: BookState,
  { freshUntil = 0, listedAt = '' }: JoinDetails,
): CachedBook => ({
  state: joinStates(current.state, incoming),
  freshUntil: Math.max(freshUntil, current.freshUntil),
  listedAt: listedAt > current.listedAt ? listedAt : current.listedAt,
});

const toCachedBook = (item: Record<string, unknown>): CachedBook => ({
  state: toBookState(item),
  freshUntil: Number(item['freshUntil'] ?? 0),
  listedAt: typeof item['listedAt'] === 'string' ? item['listedAt'] : '',
});

const nothingKnown = (bookId: number): CachedBook => ({
  state: emptyState(bookId),
  freshUntil: 0,
  listedAt: '',
});
