/** Reconcile by hand: one region brought up with another, run by run, with its calls recorded. */
import { DeleteCommand, GetCommand } from '@aws-sdk/lib-dynamodb';
import { reconcile } from '../../lib/replication/reconcile.js';
import type { Replica } from '../../lib/tables/replica.js';
import { regionOf, type Region, type Site } from '../../lib/rules/sites.js';
import { replicaIn, sitesOf } from '../../lib/store/front-end.js';
import { realSystem, type System } from '../../lib/system.js';
import { silentTelemetry, type Metric } from '../../lib/telemetry.js';
import { intercept, recordCalls, type Interceptor, type Recording } from './barrier.js';
import type { Stage } from './stage.js';

export interface Reconciler {
  readonly calls: Recording;
  readonly counted: Partial<Record<Metric, number>>;
  /** What it remembers from run to run. */
  readonly compared: ReadonlyMap<string, number>;
  /** What was warned of: items that were left, and disputes. */
  readonly warned: Record<string, unknown>[];
  readonly run: (hasTime?: () => boolean) => Promise<void>;
}

/** What brings a region up with another, as one function that stays warm from run to run. */
export function reconcilerOf(
  stage: Stage,
  ownRegion: Region,
  otherRegion: Region,
  { system = realSystem, faults = [] }: { system?: System; faults?: readonly Interceptor[] } = {},
): Reconciler {
  const calls = recordCalls();
  const front = stage.front({ system, faults: intercept(calls.interceptor, ...faults) });
  const [own, other] = [ownRegion, otherRegion].map((region) => replicaIn(front, region));
  const counted: Partial<Record<Metric, number>> = {};
  const warned: Record<string, unknown>[] = [];
  const compared = new Map<string, number>();
  return {
    calls,
    counted,
    compared,
    warned,
    run: (hasTime = () => true) =>
      reconcile({
        own: own as Replica,
        other: other as Replica,
        system,
        telemetry: {
          ...silentTelemetry,
          count: (metric, value = 1) => {
            counted[metric] = (counted[metric] ?? 0) + value;
          },
          warn: (_message, details) => void warned.push(details),
        },
        compared,
        hasTime,
      }),
  };
}

/** Sees to it that only the cursor finds anything. */
export const withoutSweep: Interceptor = (call, proceed) =>
  call.command === 'Scan' ? Promise.resolve({ Items: [] }) : proceed();

const itemOf = (stage: Stage, own: Region, other: Site) => {
  const { catalog, link } = stage.post.replica(own);
  return { link, item: { TableName: catalog.name, Key: { id: `cursor#${other}` } } };
};

export async function readCursor(stage: Stage, own: Region, other: Site): Promise<unknown> {
  const { link, item } = itemOf(stage, own, other);
  return (await link.read(new GetCommand({ ...item, ConsistentRead: true }))).Item?.['cursor'];
}

/** Puts every cursor of every region back to the beginning. */
export async function forgetCursors(stage: Stage): Promise<void> {
  const sites = sitesOf(stage.front());
  for (const own of sites) {
    for (const other of sites.filter((site) => site !== own)) {
      const { link, item } = itemOf(stage, regionOf(own), other);
      await link.write(new DeleteCommand(item));
    }
  }
}

export async function titleIn(
  stage: Stage,
  region: Region,
  bookId: number,
): Promise<string | undefined> {
  const book = await stage.post.replica(region).catalog.get(bookId);
  return book?.state.registers.title?.value;
}
