/** What those who run the store look at: each replica's own table, and the health of the whole. */
import { isComplete, nobodysBookId } from '../rules/book.js';
import { rowOf, stockOf } from '../rules/ledger.js';
import type { Region, Site } from '../rules/sites.js';
import { readHeartbeats } from '../tables/heartbeat.js';
import { ifAvailable, ifCached, type FrontEnd } from './front-end.js';

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
    readonly seq: number;
  };
}

/** What each region's own table says of a book. */
export function listReplicas(front: FrontEnd, bookId: number): Promise<ReplicaReport[]> {
  return Promise.all(
    front.replicas.map(async ({ region, site, catalog }) => {
      const read = await ifAvailable(catalog.get(bookId).then((book) => ({ book })));
      const state = read?.book?.state;
      const reachable = read !== undefined;
      if (!isComplete(state)) return { region, site, reachable };
      const { title, topic, price } = state.registers;
      const { stocked, sold, seq } = rowOf(state.ledger, site);
      const book = {
        title: title.value,
        topic: topic.value,
        price: price.value,
        stock: stockOf(state.ledger),
        rights: read?.book?.rights ?? 0,
        stocked,
        sold,
        seq,
      };
      return { region, site, reachable, book };
    }),
  );
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
  const [isCacheReachable, heartbeats] = await Promise.all([
    ifCached(
      front,
      front.books.getAll([nobodysBookId]).then(() => true),
    ),
    Promise.all(
      front.replicas.map((replica) => ifAvailable(readHeartbeats(replica, front.system, names))),
    ),
  ]);
  const regions = front.replicas.map(({ region }, index) => {
    const heard = heartbeats[index];
    const others = front.replicas.filter((other) => other.region !== region);
    const behindMs = Object.fromEntries(
      others.map((other) => {
        const arrived = heard?.get(other.region);
        // Against the sender's own last beat where that is known: a beat is not always due.
        const sent = heartbeats[front.replicas.indexOf(other)]?.get(other.region) ?? nowMs;
        return [other.region, arrived === undefined ? null : Math.max(0, sent - arrived)];
      }),
    );
    return { region, reachable: heard !== undefined, behindMs };
  });
  const inReach = regions.filter(({ reachable }) => reachable).length;
  const isWhole = inReach === regions.length && isCacheReachable !== undefined;
  return {
    status: inReach === 0 ? 'down' : isWhole ? 'ok' : 'degraded',
    cache: { reachable: isCacheReachable !== undefined },
    regions,
  };
}
