/** Takes up what another region tells. */
import type { OrderRow } from '../orders/order.js';
import { emptySlot } from '../orders/settlement.js';
import type { Replica } from '../replica/replica.js';
import type { System } from '../system.js';
import type { Telemetry } from '../telemetry.js';
import { joinHeartbeat } from './heartbeat.js';
import { onceForEachBook, type BookMessage, type Message } from './messages.js';

export interface Replication {
  readonly replica: Replica;
  readonly system: System;
  readonly telemetry: Telemetry;
}

/**
 * Joins the messages of a batch into this region's tables, one by one: in any order, any number of times.
 *
 * @returns what joins a message of the batch. @throws UnavailableError
 */
export function replicate(
  to: Replication,
  batch: readonly Message[],
): (message: Message) => Promise<void> {
  const joinBook = onceForEachBook(batch, (state, told) =>
    to.replica.catalog.join(state, {
      areOrdersToFollow: told.every(({ orders }) => orders.length > 0),
    }),
  );
  return (message) => joinOne(to, message, joinBook);
}

async function joinOne(
  to: Replication,
  message: Message,
  joinBook: (message: BookMessage) => Promise<unknown>,
): Promise<void> {
  switch (message.type) {
    case 'book':
      // The book first: what it tells of a sale must be here when the order is found here.
      await joinBook(message);
      await Promise.all(message.orders.map((order) => joinOrder(to, order)));
      return;
    case 'order':
      return joinOrder(to, message.order);
    case 'heartbeat': {
      const { v: _v, type: _type, ...heartbeat } = message;
      await joinHeartbeat(to.replica, heartbeat);
      to.telemetry.duration('ReplicationLag', to.system.now() - message.beatAt, message.region);
    }
  }
}

async function joinOrder({ replica, telemetry }: Replication, order: OrderRow): Promise<void> {
  // Mostly its slot is empty.
  const { withdrawn, isDispute } = await replica.sales.join(order, emptySlot);
  if (withdrawn > 0) telemetry.count('DuplicateSettled', withdrawn);
  if (isDispute) {
    telemetry.count('OrderDisputed');
    telemetry.warn('one key was used for two orders in two regions', { orderId: order.id });
  }
}
