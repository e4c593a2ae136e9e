/** A book that is taken off sale is in no list and sold by nobody who knows, and comes back. */
import { describe, expect, test } from '@jest/globals';
import { isComplete, isListed } from '../../lib/rules/book.js';
import type { FrontEnd } from '../../lib/store/front-end.js';
import { listBooks } from '../../lib/store/list-books.js';
import { updateBook } from '../../lib/store/manage-books.js';
import { readBooks } from '../../lib/store/read-books.js';
import { idsOfTopic, topicsOf } from '../support/books/books.js';
import { freshKey, order, orderOf } from '../support/books/buyers.js';
import { before, first, isTransaction, to, unreachable } from '../support/faults/faults.js';
import { eu, us } from '../support/tables/neighbours.js';
import { openNeighbours } from '../support/stages/open.js';
import {
  bookAt,
  exchange,
  fail,
  replicaOf,
  stockBook,
  takeStock,
} from '../support/books/stocked-books.js';

const { here, ignorant } = await openNeighbours();

const say = (region: string, bookId: number, sale: boolean) =>
  replicaOf(here, region).catalog.change(bookId, { isListed: sale }, []);

const isListedIn = async (region: string, bookId: number): Promise<boolean | undefined> => {
  const book = await replicaOf(here, region).catalog.get(bookId);
  return book && isListed(book.state);
};

describe('a book off sale', () => {
  test('is not sold, and is sold once it is back', async () => {
    const bookId = await stockBook(here, { [us]: 2, [eu]: 2 });
    await updateBook(here, bookId, { isListed: false });

    const refused = { kind: 'not-for-sale', items: [{ bookId }] };
    for (const wish of [{}, { unitPrice: 1 }, { quantity: 99 }]) {
      expect(await order(here, bookId, wish)).toEqual(refused);
    }

    await updateBook(here, bookId, { isListed: true });
    expect((await order(here, bookId)).kind).toBe('placed');
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 1, left: 3 });
  });

  test('is not sold where only the selling region knows, nor where another is asked for copies', async () => {
    for (const region of [us, eu]) {
      const bookId = await stockBook(here, { [us]: 2, [eu]: 0 });
      await say(region, bookId, false);
      const outcome = await order(await ignorant(), bookId, { quantity: region === us ? 1 : 3 });
      expect(outcome).toEqual({ kind: 'not-for-sale', items: [{ bookId }] });
    }
  });

  test('that is taken off while a purchase is on its way is not sold', async () => {
    const bookId = await stockBook(here, { [us]: 2, [eu]: 2 });
    const front = await ignorant(before(first(1, isTransaction), () => say(us, bookId, false)));

    expect(await order(front, bookId)).toEqual({ kind: 'not-for-sale', items: [{ bookId }] });
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 0 });
  });

  test('that is back, as only this front end knows, is sold, and its region told', async () => {
    const bookId = await stockBook(here, { [us]: 2, [eu]: 2 });
    await say(us, bookId, false);
    await exchange(here.replicas, bookId);
    const buyer = await ignorant(unreachable(to(eu)));
    const changed = await say(eu, bookId, true);
    await buyer.books.join(undefined, changed?.after ?? fail());

    expect(orderOf(await order(buyer, bookId))).toMatchObject({ region: us });
    expect(await isListedIn(us, bookId)).toBe(true);
  });

  test('keeps its orders: a repeat of one is answered with it', async () => {
    const bookId = await stockBook(here, { [us]: 2, [eu]: 2 });
    const key = freshKey();
    const placed = orderOf(await order(here, bookId, { key }));
    await updateBook(here, bookId, { isListed: false });

    expect(await order(here, bookId, { key })).toEqual({ kind: 'repeated', order: placed });
  });

  test('is refused only with every region’s answer', async () => {
    const bookId = await stockBook(here, { [us]: 2, [eu]: 2 });
    await say(us, bookId, false);

    expect((await order(await ignorant(unreachable(to(eu))), bookId)).kind).toBe('unknown');
  });
});

describe('the lists', () => {
  const shown = async (front: FrontEnd, topic: string) => ({
    search: await idsOfTopic(front, topic),
    all: (await listBooks(front, { limit: 100, after: '' })).books
      .filter(({ registers }) => registers.topic.value === topic)
      .map(({ id }) => id),
    isTopic: (await topicsOf(front)).includes(topic),
  });
  const createOf = async (topic: string) => {
    const id = await bookAt(here, us, { topic });
    await exchange(here.replicas, id);
    return id;
  };

  test('have no book that is off sale, at once where it was taken off, and `info` shows it as such', async () => {
    const topic = 'off sale alone';
    const id = await createOf(topic);
    expect(await shown(here, topic)).toEqual({ search: [id], all: [id], isTopic: true });

    await updateBook(here, id, { isListed: false });
    await exchange(here.replicas, id);

    for (const front of [here, await ignorant()]) {
      expect(await shown(front, topic)).toEqual({ search: [], all: [], isTopic: false });
      const book = (await readBooks(front, [id])).books.get(id);
      expect(book && isListed(book)).toBe(false);
    }
  });

  test('have it again once it is back, under the topic that it has by then', async () => {
    const id = await createOf('before it was off sale');
    await updateBook(here, id, { isListed: false });
    await updateBook(here, id, { topic: 'while it was off sale' });
    expect((await shown(here, 'while it was off sale')).search).toEqual([]);

    await updateBook(here, id, { isListed: true });
    await exchange(here.replicas, id);

    for (const front of [here, await ignorant()]) {
      expect(await shown(front, 'while it was off sale')).toMatchObject({
        search: [id],
        all: [id],
      });
      expect((await shown(front, 'before it was off sale')).search).toEqual([]);
    }
  });

  test('G4: hold what comes of two changes that were made apart', async () => {
    const id = await createOf('apart, before');
    await say(us, id, false);
    await exchange(here.replicas, id);
    await replicaOf(here, us).catalog.change(id, { topic: 'apart, after' }, []);
    await say(eu, id, true);
    await exchange(here.replicas, id);

    const front = await ignorant();
    expect((await shown(front, 'apart, after')).search).toEqual([id]);
    expect((await shown(front, 'apart, before')).search).toEqual([]);
    for (const region of [us, eu]) {
      const { entries } = await replicaOf(here, region).listing.idsOfTopic('apart, after', {
        from: 0,
        limit: 10,
      });
      expect(entries).toEqual([id]);
    }
  });
});

test('a description keeps what is optional until it is taken away', async () => {
  const id = await stockBook(here, { [us]: 1, [eu]: 1 });
  await updateBook(here, id, { isbn: '9780439023481', year: 2008, language: 'en' });

  const changed = await updateBook(here, id, { year: null, description: 'One.\n\nTwo.' });

  const book = changed.kind === 'done' ? changed.book : undefined;
  expect(isComplete(book)).toBe(true);
  expect(book?.registers).toMatchObject({
    isbn: { value: '9780439023481' },
    year: { value: null },
    language: { value: 'en' },
    description: { value: 'One.\n\nTwo.' },
  });
});
