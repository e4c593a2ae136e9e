import type { LineItem, OrderRow } from '../../../lib/rules/order.js';

/** Two copies of book 7 at 30.00 each, unless the test says otherwise. */
export function lineItem(changes: Partial<LineItem> = {}): LineItem {
  const item = { bookId: 7, title: 'RPCs for Noobs', quantity: 2, unitPrice: 3000, ...changes };
  return { total: item.unitPrice * item.quantity, ...item };
}

/** A sale in us-east-1, unless the test says otherwise, of that item. */
export function orderRow(changes: Partial<OrderRow> = {}): OrderRow {
  const row = {
    id: 'f00d',
    items: [lineItem()],
    currency: 'USD',
    createdAt: '2027-01-15T08:00:00.000Z',
    status: 'placed' as const,
    site: 'us-east-1#1',
    bodyHash: 'bbbb',
    ...changes,
  };
  const total = row.items.reduce((sum, item) => sum + item.total, 0);
  return { total, region: row.site.split('#')[0] ?? '', ...row };
}
