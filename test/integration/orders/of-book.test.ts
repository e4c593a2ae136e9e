/** The orders of a book: those of several books too, wherever they were sold, and whatever became of them. */
import { describe, expect, test } from '@jest/globals';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { cancelOrder, listOrders } from '../../../lib/store/orders.js';
import { outage } from '../../support/faults/barrier.js';
import { freshKey, oneOfEach, orderAll, orderOf } from '../../support/books/buyers.js';
import { sellApart } from '../../support/books/islands.js';
import { eu, us } from '../../support/tables/neighbours.js';
import { openNeighbours } from '../../support/stages/open.js';
import { exchange, stockBook, stockBooks } from '../../support/books/stocked-books.js';

const { emulators, here, there, faulty } = await openNeighbours();

const twoBooks = () => stockBooks(here, [4, 4], [4, 4]);

const idsOf = async (front: FrontEnd, bookId: number): Promise<string[]> =>
  (await listOrders(front, { limit: 10, after: '', bookId })).orders.map(({ id }) => id);

describe('the orders of a book', () => {
  test('are those that have it, newest first, also of several books, and no others', async () => {
    const [one, other] = await twoBooks();
    const first = orderOf(await orderAll(here, oneOfEach(one, other)));
    const second = orderOf(await orderAll(there, oneOfEach(other, one)));
    const third = orderOf(await orderAll(here, oneOfEach(other)));

    expect(await idsOf(here, one)).toEqual([second.id, first.id]);
    expect(await idsOf(there, other)).toEqual([third.id, second.id, first.id]);
  });

  test('come page by page', async () => {
    const [one, other] = await twoBooks();
    const bought = [];
    for (let count = 0; count < 3; count += 1) {
      bought.unshift(orderOf(await orderAll(here, oneOfEach(other, one))).id);
    }

    const page = await listOrders(here, { limit: 2, after: '', bookId: one });
    const rest = await listOrders(here, { limit: 2, after: page.next ?? '', bookId: one });

    expect([...page.orders, ...rest.orders].map(({ id }) => id)).toEqual(bought);
    expect(rest.next).toBeUndefined();
  });

  test('are found in either region once both know them', async () => {
    const [one, other] = await twoBooks();
    const { id } = orderOf(await orderAll(here, oneOfEach(one, other)));
    await exchange(here.replicas, one, other);

    for (const region of [us, eu]) {
      const front = faulty(outage(region).interceptor);
      expect(await idsOf(front, one)).toEqual([id]);
      expect(await idsOf(front, other)).toEqual([id]);
    }
  });

  test('stay there when they are cancelled', async () => {
    const [one, other] = await twoBooks();
    const { id } = orderOf(await orderAll(here, oneOfEach(one, other)));
    await cancelOrder(here, id);

    const { orders } = await listOrders(here, { limit: 10, after: '', bookId: other });
    expect(orders).toMatchObject([{ id, status: 'cancelled' }]);
  });

  test('have an order once that two regions sold under one key, as the one that stands', async () => {
    const bookId = await stockBook(here, { [us]: 4, [eu]: 4 });
    const key = freshKey();
    for (const region of [us, eu]) await sellApart(emulators.config, { region, bookId, key });
    await exchange(here.replicas, bookId);

    expect(await idsOf(here, bookId)).toHaveLength(1);
  });
});
