/** What can be done to a region of the embedded store, and undone. */
import type { Region } from '../../lib/rules/sites.js';
import { databasePart } from '../processes/environment.js';
import type { Supervisor } from '../processes/supervisor.js';
import type { Network, Paths } from '../processes/paths.js';

export type Database = 'up' | 'hung' | 'killed';

export interface Condition {
  readonly database: Database;
  readonly network: Network;
}

export const healthy: Condition = { database: 'up', network: 'open' };

/** When a region came into a condition, in milliseconds since the epoch. */
export interface ConditionChange extends Condition {
  readonly region: Region;
  readonly atMs: number;
}

export interface Switches {
  conditionOf(region: Region): Condition;
  /** Every change so far, in order. */
  readonly changes: readonly ConditionChange[];
  /** Resolves when it is so. */
  set(region: Region, wanted: Partial<Condition>): Promise<void>;
  /** Everything as it was at the start. */
  heal(): Promise<void>;
}

export function createSwitches(
  regions: readonly Region[],
  supervisor: Pick<Supervisor, 'kill' | 'revive' | 'freeze' | 'thaw'>,
  paths: Pick<Paths, 'set'>,
  now: () => number = Date.now,
): Switches {
  const conditions = new Map<Region, Condition>();
  const conditionOf = (region: Region): Condition => conditions.get(region) ?? healthy;
  const changes: ConditionChange[] = [];
  let last: Promise<unknown> = Promise.resolve();

  async function switchDatabase(part: string, from: Database, to: Database): Promise<void> {
    if (from === to) return;
    if (from === 'hung') supervisor.thaw(part);
    if (to === 'killed') await supervisor.kill(part);
    else if (from === 'killed') await supervisor.revive(part);
    if (to === 'hung') supervisor.freeze(part);
  }

  async function change(region: Region, wanted: Partial<Condition>): Promise<void> {
    const from = conditionOf(region);
    const to = { ...from, ...wanted };
    if (to.network !== from.network) paths.set(region, to.network);
    await switchDatabase(databasePart(region), from.database, to.database);
    conditions.set(region, to);
    changes.push({ ...to, region, atMs: now() });
  }

  /** One after another: each begins with what the one before has left. */
  function set(region: Region, wanted: Partial<Condition>): Promise<void> {
    const next = last.then(() => change(region, wanted));
    last = next.catch(() => {});
    return next;
  }

  return {
    conditionOf,
    changes,
    set,
    async heal() {
      await Promise.all(regions.map((region) => set(region, healthy)));
    },
  };
}
