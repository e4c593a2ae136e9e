/** A book is found by its ISBN, in whichever region knows it. */
import { describe, expect, test } from '@jest/globals';
import { updateBook } from '../../../lib/store/manage-books.js';
import { readBookOfIsbn } from '../../../lib/store/list-books.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { outage } from '../../support/faults/barrier.js';
import { eu, us } from '../../support/tables/neighbours.js';
import { openNeighbours } from '../../support/stages/open.js';
import { bookAt, exchange } from '../../support/books/stocked-books.js';

const { here, there, faulty } = await openNeighbours();

const create = (isbn: string, home = us): Promise<number> => bookAt(here, home, { isbn });

const found = async (front: FrontEnd, isbn: string) => {
  const { books, isCertain } = await readBookOfIsbn(front, isbn);
  return { ids: [...books.keys()], isCertain };
};

describe('an ISBN', () => {
  test('finds its book, also where only the other region knows it yet', async () => {
    const isbn = '9780000000019';
    for (const [home, front] of [
      [us, there],
      [eu, here],
    ] as const) {
      const id = await create(isbn, home);
      expect(await found(front, isbn)).toEqual({ ids: [id], isCertain: true });
      await updateBook(here, id, { isbn: null });
      await exchange(here.replicas, id);
    }
  });

  test('of several books finds the one with the lowest id', async () => {
    const isbn = '9780000000026';
    const ids = [await create(isbn), await create(isbn), await create(isbn)];
    for (const id of ids) await exchange(here.replicas, id);

    expect((await found(here, isbn)).ids).toEqual([Math.min(...ids)]);
  });

  test('finds no book that has it no longer, at once where it was changed', async () => {
    const [isbn, other] = ['9780000000033', '9780000000040'];
    const id = await create(isbn);
    await exchange(here.replicas, id);

    await updateBook(here, id, { isbn: other });

    expect(await found(here, isbn)).toEqual({ ids: [], isCertain: true });
    expect((await found(here, other)).ids).toEqual([id]);
  });

  test('finds a book that is off sale', async () => {
    const isbn = '9780000000057';
    const id = await create(isbn);
    await updateBook(here, id, { isListed: false });

    expect((await found(here, isbn)).ids).toEqual([id]);
  });

  test('of no book is denied only where every region denies it', async () => {
    const isbn = '9780000000064';
    expect(await found(here, isbn)).toEqual({ ids: [], isCertain: true });
    expect(await found(faulty(outage(eu).interceptor), isbn)).toEqual({
      ids: [],
      isCertain: false,
    });
  });

  test('finds its book with a region down', async () => {
    const isbn = '9780000000071';
    const id = await create(isbn);
    await exchange(here.replicas, id);

    for (const region of [us, eu]) {
      expect((await found(faulty(outage(region).interceptor), isbn)).ids).toEqual([id]);
    }
  });
});
