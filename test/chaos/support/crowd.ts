/** Customers who search, look up and buy until they are told to stop, and remember every answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  asOrder,
  freshKey,
  type Answer,
  type Client,
  type Order,
} from '../../http/support/client.js';
import { eventually } from '../../../tools/eventually.js';

export interface CrowdOptions {
  /** Asked before every request: a store that starts anew may answer elsewhere. */
  readonly client: () => Client;
  readonly bookIds: readonly number[];
  readonly buyers?: number;
  readonly readers?: number;
  /** The books' topic. */
  readonly topic: string;
}

export interface Sighting {
  readonly what: 'buy' | 'info' | 'search' | 'repeat' | 'cancel';
  /** 0 where no answer came. */
  readonly status: number;
  readonly body: unknown;
  readonly atMs: number;
}

export interface Crowd {
  /** Every answer, tries that were tried again included. */
  readonly sightings: readonly Sighting[];
  readonly acknowledged: ReadonlyMap<string, Order>;
  readonly cancelledIds: ReadonlySet<string>;
  /** What no store may answer. */
  readonly contradictions: readonly string[];
  /** Resolves when so many more purchases were acknowledged. */
  untilBought(more: number): Promise<void>;
  /** Lets every purchase that was begun be answered. */
  stop(): Promise<void>;
}

const retryPauseMs = 100;
const answerDeadlineMs = 120_000;

export function startCrowd(options: CrowdOptions): Crowd {
  const { client, bookIds, buyers = 6, readers = 2, topic } = options;
  const sightings: Sighting[] = [];
  const acknowledged = new Map<string, Order>();
  const cancelledIds = new Set<string>();
  const contradictions: string[] = [];
  const end = new AbortController();
  let purchases = 0;

  async function attempt(
    what: Sighting['what'],
    send: () => Promise<Answer>,
  ): Promise<Answer | undefined> {
    const answer = await send().catch(() => undefined);
    sightings.push({ what, status: answer?.status ?? 0, body: answer?.body, atMs: Date.now() });
    return answer;
  }

  /** Tries again, with the same key, as long as nothing can be known. */
  async function untilAnswered(
    what: Sighting['what'],
    send: () => Promise<Answer>,
  ): Promise<Answer | undefined> {
    const deadline = Date.now() + answerDeadlineMs;
    for (;;) {
      const answer = await attempt(what, send);
      if (answer !== undefined && answer.status !== 503) return answer;
      if (Date.now() > deadline) {
        contradictions.push(`${what} was not answered in ${answerDeadlineMs} ms`);
        return undefined;
      }
      await sleep(retryPauseMs * (1 + Math.random()));
    }
  }

  async function shop(): Promise<void> {
    while (!end.signal.aborted) {
      purchases += 1;
      const number = purchases;
      const key = freshKey();
      const bookId = bookIds[number % bookIds.length] as number;
      const body = { quantity: 1 + (number % 3) };
      const buy = () => client().buy(bookId, body, key);
      const answer = await untilAnswered('buy', buy);
      if (answer === undefined || answer.status >= 400) continue;
      const order = asOrder(answer, answer.status);
      acknowledged.set(key, order);
      if (number % 4 === 0) {
        const again = await untilAnswered('repeat', buy);
        // 201 where the region that sold first was out of reach: the two settle it.
        const isOrder = again !== undefined && again.status < 300;
        const isSame = isOrder && (again.body as Order).id === order.id;
        if (again && !isSame) contradictions.push(`${key} again: ${JSON.stringify(again)}`);
      }
      if (number % 10 === 0) {
        const path = `/orders/${order.id}/cancel`;
        const cancelled = await untilAnswered('cancel', () =>
          client().send(path, { method: 'POST' }),
        );
        if (cancelled?.status === 200) cancelledIds.add(order.id);
        else if (cancelled) contradictions.push(`${path}: ${JSON.stringify(cancelled)}`);
      }
    }
  }

  async function look(): Promise<void> {
    for (let turn = 0; !end.signal.aborted; turn += 1) {
      const bookId = bookIds[turn % bookIds.length] as number;
      const headers: Record<string, string> = turn % 3 === 0 ? { 'cache-control': 'no-cache' } : {};
      await attempt('info', () => client().send(`/info/${bookId}`, { headers }));
      const found = await attempt('search', () => client().send(`/search/${topic}`, { headers }));
      await sleep(found === undefined ? retryPauseMs : 10);
    }
  }

  const work = [...Array.from({ length: buyers }, shop), ...Array.from({ length: readers }, look)];
  return {
    sightings,
    acknowledged,
    cancelledIds,
    contradictions,
    untilBought: (more) => {
      const wanted = acknowledged.size + more;
      return eventually(
        () => {
          if (acknowledged.size < wanted)
            throw new Error(`${acknowledged.size} orders of ${wanted}`);
        },
        { deadlineMs: answerDeadlineMs },
      );
    },
    stop: async () => {
      end.abort();
      await Promise.all(work);
    },
  };
}

/** How often each status was answered to what was asked; 0 stands for no answer. */
export function countStatuses(
  sightings: readonly Sighting[],
  what: Sighting['what'],
): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const sighting of sightings) {
    if (sighting.what === what) counts[sighting.status] = (counts[sighting.status] ?? 0) + 1;
  }
  return counts;
}
