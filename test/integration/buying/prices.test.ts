/** A buyer is never charged more than the price that they say they were shown. */
import { describe, expect, test } from '@jest/globals';
import { updateBook } from '../../../lib/store/manage-books.js';
import {
  freshKey,
  order,
  onlyItem,
  orderOf,
  orderUntilAnswered,
} from '../../support/books/buyers.js';
import { before, first, isTransaction, to, unreachable } from '../../support/faults/faults.js';
import { eu, us } from '../../support/tables/neighbours.js';
import { openNeighbours } from '../../support/stages/open.js';
import { logOf } from '../../support/books/order-log.js';
import { fail, replicaOf, stockBook, takeStock, tell } from '../../support/books/stocked-books.js';

const { here, ignorant } = await openNeighbours();

const priceIn = async (region: string, bookId: number): Promise<number | undefined> => {
  const book = await replicaOf(here, region).catalog.get(bookId);
  return book?.state.registers.price?.value;
};

const reprice = (region: string, bookId: number, price: number) =>
  replicaOf(here, region).catalog.change(bookId, { price }, []);

describe('the price that the buyer was shown', () => {
  test('is charged where it still holds', async () => {
    const bookId = await stockBook(here, { [us]: 2, [eu]: 2 }, { price: 1000 });

    const outcome = await order(here, bookId, { quantity: 2, unitPrice: 1000 });

    expect(orderOf(outcome)).toMatchObject({
      items: [{ unitPrice: 1000 }],
      total: 2000,
      currency: 'USD',
    });
  });

  test.each([
    ['higher', 999],
    ['lower', 1001],
  ])('is refused with the price where that is %s now', async (_, unitPrice) => {
    const bookId = await stockBook(here, { [us]: 2, [eu]: 2 }, { price: 1000 });

    const outcome = await order(here, bookId, { unitPrice });

    expect(outcome).toEqual({ kind: 'price-changed', items: [{ bookId, price: 1000 }] });
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 0, left: 4 });
  });

  test('may be free', async () => {
    const bookId = await stockBook(here, { [us]: 2, [eu]: 2 }, { price: 0 });

    expect(orderOf(await order(here, bookId, { unitPrice: 0 })).total).toBe(0);
    expect((await order(here, bookId, { unitPrice: 1 })).kind).toBe('price-changed');
  });
});

describe('a newer price', () => {
  test('that only the cache knows is brought to the region that sells', async () => {
    const bookId = await stockBook(here, { [us]: 2, [eu]: 2 }, { price: 1000 });
    const buyer = await ignorant(unreachable(to(eu)));
    const changed = await reprice(eu, bookId, 1200);
    await buyer.books.join(undefined, changed?.after ?? fail());

    const outcome = await order(buyer, bookId, { unitPrice: 1200 });

    expect(orderOf(outcome)).toMatchObject({ region: us, total: 1200 });
    expect(await priceIn(us, bookId)).toBe(1200);
  });

  test('that only the cache knows is charged of who says none', async () => {
    const bookId = await stockBook(here, { [us]: 2, [eu]: 2 }, { price: 1000 });
    const buyer = await ignorant(unreachable(to(eu)));
    const changed = await reprice(eu, bookId, 1200);
    await buyer.books.join(undefined, changed?.after ?? fail());

    expect(orderOf(await order(buyer, bookId)).total).toBe(1200);
  });

  test('that only the other region knows is brought to the region that sells', async () => {
    const bookId = await stockBook(here, { [us]: 2, [eu]: 2 }, { price: 1000 });
    await reprice(eu, bookId, 800);

    const outcome = await order(await ignorant(), bookId, { unitPrice: 800 });

    expect(orderOf(outcome)).toMatchObject({ region: us, total: 800 });
    expect(await priceIn(us, bookId)).toBe(800);
  });

  test('of a change through this front end holds for its next sale, wherever that is', async () => {
    const bookId = await stockBook(here, { [us]: 2, [eu]: 2 }, { price: 1000 });
    await updateBook(here, bookId, { price: 1300 });

    const outcomes = [
      await order(here, bookId, { unitPrice: 1000 }),
      await order(here, bookId, { unitPrice: 1300 }),
    ];

    expect(outcomes[0]).toEqual({ kind: 'price-changed', items: [{ bookId, price: 1300 }] });
    expect(orderOf(outcomes[1] ?? fail()).total).toBe(1300);
  });

  test('is not undone by an older one that arrives later', async () => {
    const bookId = await stockBook(here, { [us]: 2, [eu]: 2 }, { price: 1000 });
    await reprice(us, bookId, 1400);
    await tell(replicaOf(here, eu), replicaOf(here, us), bookId);

    expect(orderOf(await order(await ignorant(), bookId)).total).toBe(1400);
  });
});

describe('a price that changes between the look at it and the sale', () => {
  const changingTo = (price: number, bookId: number) =>
    ignorant(before(first(1, to(us, isTransaction)), () => reprice(us, bookId, price)));

  test('is not charged of a buyer who was shown another', async () => {
    const bookId = await stockBook(here, { [us]: 2, [eu]: 2 }, { price: 1000 });

    const outcome = await order(await changingTo(1500, bookId), bookId, { unitPrice: 1000 });

    expect(outcome).toEqual({ kind: 'price-changed', items: [{ bookId, price: 1500 }] });
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 0, left: 4 });
  });

  test.each([1500, 700])(
    'is the one that the order records, of a buyer who was shown none: %i',
    async (price) => {
      const bookId = await stockBook(here, { [us]: 2, [eu]: 2 }, { price: 1000 });

      const outcome = await order(await changingTo(price, bookId), bookId, { quantity: 2 });

      expect(orderOf(outcome)).toMatchObject({ items: [{ unitPrice: price }], total: 2 * price });
      const [row] = await logOf(replicaOf(here, us), [bookId]);
      expect(row).toMatchObject({ items: [{ unitPrice: price }], total: 2 * price });
    },
  );
});

test('buyers at once, while the price changes, pay what they were shown or buy nothing', async () => {
  const bookId = await stockBook(here, { [us]: 40, [eu]: 40 }, { price: 1000 });
  const repricing = (async () => {
    for (let price = 1001; price <= 1010; price += 1) await updateBook(here, bookId, { price });
  })();

  const outcomes = await Promise.all(
    Array.from({ length: 40 }, async (_, buyer) => {
      const unitPrice = 1000 + (buyer % 11);
      return { unitPrice, outcome: await orderUntilAnswered(here, bookId, { unitPrice }) };
    }),
  );
  await repricing;

  for (const { unitPrice, outcome } of outcomes) {
    if (outcome.kind !== 'price-changed')
      expect(onlyItem(orderOf(outcome)).unitPrice).toBe(unitPrice);
  }
  const key = freshKey();
  expect(orderOf(await order(here, bookId, { key, unitPrice: 1010 })).total).toBe(1010);
});
