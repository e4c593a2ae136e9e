/** Takes up what another region tells. */
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
    case 'book':
      await to.replica.catalog.join(bookOf(message));
      return;
    case 'order': {
      const { withdrawn, isDispute } = await to.replica.orders.join(message.order);
      if (withdrawn > 0) to.telemetry.count('DuplicateSettled', withdrawn);
      if (isDispute) {
        to.telemetry.count('OrderDisputed');
        to.telemetry.warn('one key was used for two orders in two regions', {
          orderId: message.order.id,
        });
      }
      return;
    }
    case 'heartbeat': {
      const { v: _v, type: _type, ...heartbeat } = message;
      await joinHeartbeat(to.replica, heartbeat);
      to.telemetry.duration('ReplicationLag', to.system.now() - message.beatAt, message.region);
    }
  }
}
