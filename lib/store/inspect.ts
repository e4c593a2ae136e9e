/** What those who run the store look at: each replica's own table, and the health of the whole. */
import { isComplete, nobodysBookId } from '../rules/book.js';
import { rowOf, stockOf } from '../rules/ledger.js';
import type { Region, Site } from '../rules/sites.js';
import { readHeartbeats } from '../tables/heartbeat.js';
import { askEvery, ifCached, type FrontEnd } from './front-end.js';

export interface ReplicaReport {
  readonly region: Region;
  readonly site: Site;
  readonly reachable: boolean;
  /** Absent where the region does not answer or does not know the book. */
  readonly book?: {
    readonly title: string;
    readonly topic: string;
    readonly price: number;
    /** Copies that this region believes are for sale anywhere. */
    readonly stock: number;
    /** Copies that this region may sell on its own authority. */
    readonly rights: number;
    readonly stocked: number;
    readonly sold: number;
    readonly writtenOff: number;
    /** Copies ever given to each other site. */
    readonly moved: Readonly<Record<Site, number>>;
    readonly seq: number;
  };
}

/** What each region's own table says of a book. */
export async function listReplicas(front: FrontEnd, bookId: number): Promise<ReplicaReport[]> {
  const { answers } = await askEvery(front, ({ catalog }) => catalog.get(bookId));
  return front.replicas.map((replica) => {
    const { region, site } = replica;
    const reachable = answers.has(replica);
    const { state, rights = 0 } = answers.get(replica) ?? {};
    if (!isComplete(state)) return { region, site, reachable };
    const { title, topic, price } = state.registers;
    const { stocked, sold, writtenOff = 0, moved, seq } = rowOf(state.ledger, site);
    const book = {
      title: title.value,
      topic: topic.value,
      price: price.value,
      stock: stockOf(state.ledger),
      rights,
      stocked,
      sold,
      writtenOff,
      moved,
      seq,
    };
    return { region, site, reachable, book };
  });
}

export interface RegionHealth {
  readonly region: Region;
  readonly reachable: boolean;
  /** How far this region is behind each other one, by that one's heartbeat; in milliseconds. */
  readonly behindMs: Readonly<Record<Region, number | null>>;
}

export interface Health {
  /** `down`: no region answers. */
  readonly status: 'ok' | 'degraded' | 'down';
  readonly cache: { readonly reachable: boolean };
  readonly regions: readonly RegionHealth[];
}

/** Which regions answer, and how far replication is behind in each. */
export async function checkHealth(front: FrontEnd): Promise<Health> {
  const nowMs = front.system.now();
  const names = front.replicas.map(({ region }) => region);
  const [cached, { answers, isWhole }] = await Promise.all([
    ifCached(front, front.books.getAll([nobodysBookId])),
    askEvery(front, (replica) => readHeartbeats(replica, front.system, names)),
  ]);
  const isCacheReachable = cached !== undefined;
  const regions = front.replicas.map((replica) => {
    const { region } = replica;
    const heard = answers.get(replica);
    const others = front.replicas.filter((other) => other !== replica);
    const behindMs = Object.fromEntries(
      others.map((other) => {
        const arrived = heard?.get(other.region);
        // Against the sender's own last beat where that is known: a beat is not always due.
        const sent = answers.get(other)?.get(other.region) ?? nowMs;
        return [other.region, arrived === undefined ? null : Math.max(0, sent - arrived)];
      }),
    );
    return { region, reachable: heard !== undefined, behindMs };
  });
  return {
    status: answers.size === 0 ? 'down' : isWhole && isCacheReachable ? 'ok' : 'degraded',
    cache: { reachable: isCacheReachable },
    regions,
  };
}
