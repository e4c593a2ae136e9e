/** Takes up what another region tells. */
import type { OrderRow } from '../orders/order.js';
import { emptySlot } from '../orders/settlement.js';
import type { Replica } from '../replica/replica.js';
import type { System } from '../system.js';
import type { Telemetry } from '../telemetry.js';
import { joinHeartbeat } from './heartbeat.js';
import { bookOf, type Message } from './messages.js';

export interface Replication {
  readonly replica: Replica;
  readonly system: System;
  readonly telemetry: Telemetry;
}

/**
 * Joins one message into this region's tables: in any order, any number of times.
 *
 * @throws UnavailableError
 */
export async function replicate(to: Replication, message: Message): Promise<void> {
  switch (message.type) {
    case 'book': {
      const areOrdersToFollow = message.orders.length > 0;
      await to.replica.catalog.join(bookOf(message), { areOrdersToFollow });
      await Promise.all(message.orders.map((order) => joinOrder(to, order)));
      return;
    }
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
  const { withdrawn, isDispute } = await replica.orders.join(order, emptySlot);
  if (withdrawn > 0) telemetry.count('DuplicateSettled', withdrawn);
  if (isDispute) {
    telemetry.count('OrderDisputed');
    telemetry.warn('one key was used for two orders in two regions', { orderId: order.id });
  }
}
