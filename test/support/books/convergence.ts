import { expect } from '@jest/globals';
import type { Replica } from '../../../lib/tables/replica.js';
import { logOf } from './order-log.js';
import { takeStock } from './stocked-books.js';

/** Fails unless these regions hold the same of a book, its orders too, and each has the right rights. */
export async function expectConverged(replicas: readonly Replica[], bookId: number): Promise<void> {
  const views = await Promise.all(
    replicas.map(async (replica) => {
      const book = await replica.catalog.get(bookId);
      return { ...book?.state, orders: await logOf(replica, [bookId]) };
    }),
  );
  expect(views[0]).toHaveProperty('registers');
  for (const view of views.slice(1)) expect(view).toEqual(views[0]);
  await takeStock(replicas, bookId);
}
