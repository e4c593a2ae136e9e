/** Joins what another region tells. */
import { once } from '../concurrency.js';
import type { OrderRow } from '../rules/order.js';
import { emptySlot } from '../rules/settlement.js';
import type { Replica } from '../tables/replica.js';
import type { System } from '../system.js';
import { reportSettlement, type Telemetry } from '../telemetry.js';
import { joinHeartbeat } from '../tables/heartbeat.js';
import { booksTold, type Message } from './messages.js';
import { newsOfBooks, joinAllNews } from './join-news.js';

export interface Replication {
  readonly replica: Replica;
  readonly system: System;
  readonly telemetry: Telemetry;
}

/**
 * Joins the messages of a batch into this region's tables: in any order, any number of times. The books
 * of all of them are read in one call, and each is written once.
 *
 * @returns what joins a message of the batch. @throws UnavailableError
 */
export function replicate(
  to: Replication,
  batch: readonly Message[],
): (message: Message) => Promise<void> {
  const joinBooks = once(() => joinToldBooks(to.replica, batch));
  return async (message) => {
    switch (message.type) {
      case 'books': {
        // The books first: what they tell of a sale must be here when the order is found here.
        const failures = await joinBooks();
        for (const { book } of message.books) {
          const failure = failures.get(String(book.id));
          if (failure !== undefined) throw failure;
        }
        await Promise.all(message.orders.map((order) => joinOrder(to, order)));
        return;
      }
      case 'heartbeat': {
        const { v: _v, type: _type, ...heartbeat } = message;
        await joinHeartbeat(to.replica, heartbeat);
        to.telemetry.duration('ReplicationLag', to.system.now() - message.beatAt, message.region);
      }
    }
  };
}

/** @returns why a book was not joined, by its id. @throws UnavailableError */
async function joinToldBooks(
  replica: Replica,
  batch: readonly Message[],
): Promise<Map<string, unknown>> {
  const told = booksTold(batch);
  const states = [...told.values()].map(({ state }) => state);
  const news = await newsOfBooks(replica, states, (id) => told.get(id)?.isToldByOrders === true);
  return joinAllNews(replica, news);
}

async function joinOrder({ replica, telemetry }: Replication, order: OrderRow): Promise<void> {
  // Mostly its slot is empty.
  reportSettlement(telemetry, order.id, await replica.sales.join(order, emptySlot));
}
