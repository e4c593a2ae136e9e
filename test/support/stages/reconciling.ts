/** Reconcile by hand: one region brought up with another, run by run, with its calls recorded. */
import { DeleteCommand, GetCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { chunksOf } from '../../../lib/concurrency.js';
import { reconcile } from '../../../lib/replication/reconcile.js';
import type { Replica } from '../../../lib/tables/replica.js';
import { regionOf, type Region, type Site } from '../../../lib/rules/sites.js';
import { replicaIn, sitesOf } from '../../../lib/store/front-end.js';
import { realSystem, type System } from '../../../lib/system.js';
import { sampleBook } from '../books/books.js';
import { recordCalls, type Interceptor, type Recording } from '../faults/barrier.js';
import type { Stage } from './stage.js';
import { listen, type Told } from '../tables/telemetry.js';

/** What it warns of are items that were left, and disputes. */
export interface Reconciler extends Told {
  readonly calls: Recording;
  /** What it remembers from run to run. */
  readonly compared: ReadonlyMap<string, number>;
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
  const front = stage.front({ system, faults: [calls.interceptor, ...faults] });
  const [own, other] = [ownRegion, otherRegion].map((region) => replicaIn(front, region));
  const told = listen();
  const compared = new Map<string, number>();
  return {
    calls,
    compared,
    ...told,
    run: (hasTime = () => true) =>
      reconcile({
        own: own as Replica,
        other: other as Replica,
        system,
        telemetry: told.telemetry,
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

/** Books that only their home knows of, with half of their ten copies on the way to the other region. */
export async function booksOfHome(
  stage: Stage,
  home: Region,
  other: Region,
  count: number,
): Promise<number[]> {
  const { catalog, link } = stage.post.replica(home);
  const sites = [home, other].map((region) => stage.post.replica(region).site);
  const shares = { [stage.post.replica(other).site]: 5 };
  const ids = Array.from({ length: count }, () => stage.nextId(home));
  for (const chunk of chunksOf(ids, 100)) {
    const TransactItems = chunk.map((id) => {
      const { title, authors, topic, price } = sampleBook(id);
      const key = { id: `key of ${id}`, bodyHash: '' };
      const description = { title, authors, topic, price };
      return catalog.creationWrite(id, description, 10, shares, sites, key).item;
    });
    await link.write(new TransactWriteCommand({ TransactItems }));
  }
  return ids;
}
