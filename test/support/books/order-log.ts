import { isOrderItem, toOrderRow } from '../../../lib/tables/order-item.js';
import { bookIdsOf, type OrderRow } from '../../../lib/rules/order.js';
import type { Replica } from '../../../lib/tables/replica.js';
import { itemsOf } from '../tables/raw-items.js';

/** Every order of any of these books in a region's log. */
export async function logOf(replica: Replica, bookIds: readonly number[]): Promise<OrderRow[]> {
  const items = await itemsOf({ send: replica.link.read }, replica.orders.name);
  return items
    .filter(isOrderItem)
    .map(toOrderRow)
    .filter((row) => bookIdsOf(row).some((id) => bookIds.includes(id)))
    .sort((one, other) => (one.id < other.id ? -1 : 1));
}
