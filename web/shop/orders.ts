/** The orders of this browser: there are no accounts, so it alone knows which are its reader's. */
import { call, type Outcome } from '../common/api.js';
import type { Order } from '../common/types.js';
import { stored } from '../common/stored.js';

const mostKept = 500;

const kept = stored<readonly Order[]>(
  'orders',
  [],
  (value) =>
    Array.isArray(value) &&
    value.every((order: Partial<Order> | null) => order?.id && Array.isArray(order.items)),
);

/** As they were last seen, the newest first. */
export const orders = kept.signal;

/** Keeps an order, or what has become of it. */
export const keepOrder = (order: Order): void =>
  kept.update((all) =>
    [order, ...all.filter(({ id }) => id !== order.id)]
      .sort((a, b) => b.createdAt.localeCompare(a.createdAt))
      .slice(0, mostKept),
  );

export const isKept = (id: string): boolean => orders.value.some((order) => order.id === id);

export async function fetchOrder(id: string): Promise<Outcome<Order>> {
  return noteState(await call<Order>(placeOf(id)));
}

/** May be repeated: an order is cancelled once. */
export async function cancelOrder(id: string): Promise<Outcome<Order>> {
  return noteState(await call<Order>(`${placeOf(id)}/cancel`, { method: 'POST' }));
}

const placeOf = (id: string): string => `orders/${encodeURIComponent(id)}`;

function noteState(outcome: Outcome<Order>): Outcome<Order> {
  if (outcome.kind === 'answer' && isKept(outcome.body.id)) keepOrder(outcome.body);
  return outcome;
}
