/**
 * What the usual answer would have sold in a run of the lab: one stock counter in each region, sold from in
 * the region nearest to the buyer, and replicated whole, the last writer winning, as DynamoDB Global
 * Tables resolves concurrent writes. `last-writer-wins.ts` is the same model among the simulator's
 * clients and faults; this one is a function of buyers that came and regions that were away (design O9).
 */
import type { Region } from '../../lib/rules/sites.js';
import { randomChoice } from '../../tools/random.js';

export interface Arrival {
  readonly atMs: number;
  readonly nearest: Region;
}

export interface Outage {
  readonly region: Region;
  readonly fromMs: number;
  /** Undefined: it lasts. */
  readonly untilMs?: number;
  /** How much longer replication takes that goes there or comes from there; undefined: none passes. */
  readonly extraLagMs?: number;
}

export interface Run {
  /** In the order in which a buyer tries those that are not the nearest. */
  readonly regions: readonly Region[];
  readonly copies: number;
  readonly arrivals: readonly Arrival[];
  readonly outages: readonly Outage[];
  /** What came later has not happened yet. */
  readonly untilMs: number;
  /** Draws how long each replication takes. */
  readonly seed: number;
}

export interface Sales {
  readonly sold: number;
  readonly refused: number;
}

/** How long replication takes. */
export const lagMs = { least: 200, most: 1_500 } as const;
export const retryMs = 500;

/** Numbers as texts that sort as they do. */
const inOrder = (number: number): string => String(number).padStart(16, '0');

interface Item {
  readonly stock: number;
  /** Of two versions the later wins. */
  readonly stamp: string;
}

/** Copies of one to each buyer, for as long as the region that answers counts one; deterministic. */
export function replayLastWriterWins(run: Run): Sales {
  const { regions, copies, outages, untilMs } = run;
  const random = randomChoice(run.seed);
  const items = new Map<Region, Item>(
    regions.map((region) => [region, { stock: copies, stamp: '' }]),
  );
  let sold = 0;
  let refused = 0;
  /** What is to happen, unordered. */
  const pending: { readonly atMs: number; readonly happen: () => void }[] = [];
  const at = (atMs: number, happen: () => void): void => {
    if (atMs <= untilMs) pending.push({ atMs, happen });
  };
  const outageOf = (region: Region, atMs: number): Outage | undefined =>
    outages.find(
      (outage) =>
        outage.region === region && outage.fromMs <= atMs && atMs < (outage.untilMs ?? Infinity),
    );
  const isAway = (region: Region, atMs: number): boolean => {
    const outage = outageOf(region, atMs);
    return outage !== undefined && outage.extraLagMs === undefined;
  };

  function replicate(from: Region, to: Region, item: Item, atMs: number): void {
    const later = (waitMs: number) =>
      at(atMs + waitMs, () => replicate(from, to, item, atMs + waitMs));
    if (isAway(from, atMs) || isAway(to, atMs)) later(retryMs);
    else if (item.stamp > (items.get(to)?.stamp ?? '')) items.set(to, item);
  }

  function sell(region: Region, atMs: number): void {
    const stock = items.get(region)?.stock ?? 0;
    if (stock === 0) {
      refused += 1;
      return;
    }
    sold += 1;
    const stamp = `${inOrder(atMs)} ${region} ${inOrder(sold)}`;
    const item = { stock: stock - 1, stamp };
    items.set(region, item);
    for (const other of regions.filter((one) => one !== region)) {
      const extraMs = [region, other].map((one) => outageOf(one, atMs)?.extraLagMs ?? 0);
      const arrivesMs = atMs + random.whole(lagMs.least, lagMs.most) + Math.max(...extraMs);
      at(arrivesMs, () => replicate(region, other, item, arrivesMs));
    }
  }

  function buy(nearest: Region, atMs: number): void {
    const tried = [nearest, ...regions.filter((region) => region !== nearest)];
    const region = tried.find((one) => !isAway(one, atMs));
    if (region === undefined) at(atMs + retryMs, () => buy(nearest, atMs + retryMs));
    else sell(region, atMs);
  }

  for (const { atMs, nearest } of run.arrivals) at(atMs, () => buy(nearest, atMs));
  while (pending.length > 0) {
    const next = pending.reduce((first, one) => (one.atMs < first.atMs ? one : first));
    pending.splice(pending.indexOf(next), 1);
    next.happen();
  }
  return { sold, refused };
}
