/**
 * Keeps a region's index of words as its books are. Whoever indexes a book reads what is indexed of it, then
 * the book, and writes what differs on the condition that the first still is so: so news that are lost,
 * doubled or late do no harm, and to compare the two is to repair (design W5, W6).
 */
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { mapAtMost } from '../concurrency.js';
import { ItemUnavailableError } from '../errors.js';
import { lostRace, untilWon, usualTries } from '../optimistic.js';
import { wordsOf, type BookWords } from '../rules/words.js';
import { booksAmong, readCursor, readPage, writeCursor } from '../tables/changes.js';
import type { Replica } from '../tables/replica.js';
import { nothingIndexed, type IndexedBook } from '../tables/words-table.js';
import type { System } from '../system.js';
import { reportLeft, type Telemetry } from '../telemetry.js';
import { isOutage } from './join-news.js';

export interface Indexing {
  /** Whose index it is. */
  readonly own: Replica;
  readonly system: System;
  readonly telemetry: Telemetry;
}

const booksAtOnce = 10;
const sweptAtOnce = 300;

/**
 * Indexes books as they now are. Safe to repeat. One that can't be read or indexed holds up no other: it is
 * reported, and left to the sweep.
 *
 * @returns how many were not indexed as they are. @throws UnavailableError where the region does not answer.
 */
export async function indexBooks(run: Indexing, bookIds: readonly number[]): Promise<number> {
  const { own } = run;
  const ids = [...new Set(bookIds)];
  const indexed = await own.words.indexed(ids);
  const { rows, unreadable } = await own.catalog.getAll(ids);
  for (const error of unreadable) leave(run, error.id, error);
  const isLeft = new Set(unreadable.map(({ id }) => Number(id)));
  const words = new Map(rows.map(({ state }) => [state.id, wordsOf(state)]));
  const changed = await mapAtMost(
    booksAtOnce,
    ids.filter((id) => !isLeft.has(id)),
    async (id) => {
      try {
        return await indexBook(run, id, {
          indexed: indexed.get(id) ?? nothingIndexed,
          words: words.get(id),
        });
      } catch (error) {
        if (isOutage(error)) throw error;
        leave(run, String(id), error);
        return false;
      }
    },
  );
  return changed.filter(Boolean).length;
}

const leave = ({ telemetry }: Indexing, id: string, error: unknown): void =>
  reportLeft(telemetry, 'the words of a book were not indexed', { id, error });

/** What is indexed of a book, and what is to be: read in this order, or a slow reader would undo a newer state. */
interface Seen {
  readonly indexed: IndexedBook;
  readonly words: BookWords | undefined;
}

/** @param seen a guess, which the condition of the write checks. @returns whether there was anything to do. */
function indexBook({ own, system }: Indexing, bookId: number, seen: Seen): Promise<boolean> {
  const orElse = () =>
    new ItemUnavailableError(own.region, String(bookId), 'is always being indexed by others');
  return untilWon(system, { ...usualTries, orElse }, async (lost) => {
    const { indexed, words } = lost === 0 ? seen : await lookAt(own, bookId);
    if (isIndexed(indexed, words)) return lost > 0;
    return (await own.words.replace(bookId, indexed, words)) ? true : lostRace;
  });
}

async function lookAt(own: Replica, bookId: number): Promise<Seen> {
  const indexed = (await own.words.indexed([bookId])).get(bookId) ?? nothingIndexed;
  return { indexed, words: wordsOf((await own.catalog.get(bookId))?.state) };
}

const isIndexed = ({ contents }: IndexedBook, words: BookWords | undefined): boolean =>
  isDeepStrictEqual(contents, words === undefined ? [] : [words]);

const sweepSchema = z.object({ startId: z.string().optional() });

/**
 * Compares the next books of the region's catalogue with what is indexed of them, and mends what differs: a
 * page a run, and more for as long as there is something to mend.
 *
 * @param hasTime false when the time is up: the next run goes on from where this one stopped.
 * @throws UnavailableError
 */
export async function sweepWords(run: Indexing, hasTime: () => boolean): Promise<void> {
  const { own, telemetry } = run;
  // A site has no cursor of its own tables but this.
  let { startId } = sweepSchema.safeParse(await readCursor(own, own.site)).data ?? {};
  let mended: number;
  do {
    const { items, nextId } = await readPage(own, 'catalog', startId, sweptAtOnce);
    const { rows: books, unreadable } = booksAmong(own, items);
    for (const error of unreadable) leave(run, error.id, error);
    const indexed = await own.words.indexed(books.map(({ id }) => id));
    const differing = books.filter(
      (state) => !isIndexed(indexed.get(state.id) ?? nothingIndexed, wordsOf(state)),
    );
    mended = await indexBooks(
      run,
      differing.map(({ id }) => id),
    );
    if (mended > 0) telemetry.count('Repaired', mended);
    startId = nextId;
  } while (mended > 0 && startId !== undefined && hasTime());
  await writeCursor(own, own.site, startId === undefined ? {} : { startId });
}
