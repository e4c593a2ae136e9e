import type { OrderRow } from '../../../lib/rules/order.js';

/** A sale of two copies of book 7 in us-east-1, unless the test says otherwise. */
export function orderRow(changes: Partial<OrderRow> = {}): OrderRow {
  const row = {
    id: 'f00d',
    bookId: 7,
    title: 'RPCs for Noobs',
    quantity: 2,
    unitPrice: 3000,
    currency: 'USD',
    createdAt: '2027-01-15T08:00:00.000Z',
    status: 'placed' as const,
    site: 'us-east-1#1',
    bodyHash: 'bbbb',
    ...changes,
  };
  return { total: row.unitPrice * row.quantity, region: row.site.split('#')[0] ?? '', ...row };
}
