/** What goes wrong in a run, one thing after another, sometimes two at once: drawn from the seed. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RandomChoice } from '../../tools/random.js';
import type { Region } from '../../lib/rules/sites.js';
import { frontDatabase } from '../../local/files/data-files.js';
import { databasePart, messagingPart } from '../../local/processes/environment.js';
import { apiPart, workerPart } from '../../local/processes/parts.js';
import { depthOf } from '../chaos/support/queues.js';
import { freeze, killPart } from '../chaos/support/processes.js';
import { eventually } from '../../tools/eventually.js';
import type { Fate, Passage, ProxiedPath } from '../../tools/proxied-path.js';
import type { RunningStore } from '../../local/store-process.js';
import { recordOutages, type Outages } from './outages.js';

export const faultKinds = [
  'database killed',
  'database stopped',
  'path cut',
  'path slowed',
  'answers lost',
  'connections closed',
  'worker killed',
  'queues lost',
  'API killed',
] as const;
type FaultKind = (typeof faultKinds)[number];

/** Where faults strike. */
export interface Scene {
  readonly store: RunningStore;
  readonly front: Region;
  readonly regions: readonly Region[];
  /** From the front end to each database: a region's, and its own. */
  readonly paths: ReadonlyMap<string, ProxiedPath>;
  /** Of the API's process. */
  readonly outages: Outages;
}

export interface FaultRecord {
  readonly counts: Map<FaultKind, number>;
  /** What is wrong at this moment. */
  readonly current: Set<string>;
  /** Of the front end's database, which holds its cache. */
  readonly cacheOutages: Outages;
}

export const openFaultRecord = (): FaultRecord => ({
  counts: new Map(faultKinds.map((kind) => [kind, 0])),
  current: new Set(),
  cacheOutages: recordOutages(),
});

interface Fault {
  readonly kind: FaultKind;
  /** A region, or `front`; the faults that have only one target leave it empty. */
  readonly target: string;
  readonly durationMs: number;
  readonly delayMs: number;
  /** Of what is sent on connections that are closed. */
  readonly fate: Fate;
}

const twoAtOnceShare = 0.3;
const longestMs = 8000;
const weights: Readonly<Record<FaultKind, number>> = {
  'database killed': 3,
  'database stopped': 4,
  'path cut': 3,
  'path slowed': 2,
  'answers lost': 3,
  'connections closed': 3,
  'worker killed': 3,
  'queues lost': 2,
  'API killed': 1,
};

/** Lets faults strike until the signal is aborted; resolves when all of them are healed. */
export async function strikeOn(
  scene: Scene,
  random: RandomChoice,
  record: FaultRecord,
  ending: AbortSignal,
): Promise<void> {
  const restarts = limitRestarts();
  while (!ending.aborted) {
    const pauseMs = random.whole(300, 1500);
    const first = drawFault(scene, random);
    const second = drawFault(scene, random);
    const isDouble = random.number() < twoAtOnceShare && partOf(first) !== partOf(second);
    await pause(pauseMs, ending);
    const faults = isDouble ? [first, second] : [first];
    await Promise.all(
      faults.map(async (fault) => {
        if (ending.aborted || (isKill(fault) && !restarts.allow(partOf(fault)))) return;
        const name = `${fault.kind} ${fault.target}`.trim();
        record.counts.set(fault.kind, (record.counts.get(fault.kind) ?? 0) + 1);
        record.current.add(name);
        const isOfCache = partOf(fault) === databasePart(frontDatabase);
        await during(isOfCache ? record.cacheOutages : undefined, () =>
          strike(fault, scene, ending),
        );
        record.current.delete(name);
      }),
    );
  }
}

function drawFault({ regions }: Scene, random: RandomChoice): Fault {
  const kind = random.oneOf(
    faultKinds.flatMap((name) => Array.from({ length: weights[name] }, () => name)),
  );
  const targets: readonly string[] =
    kind === 'queues lost' || kind === 'API killed'
      ? ['']
      : kind.startsWith('database') || kind.startsWith('worker') || kind === 'connections closed'
        ? [...regions, ...regions, frontDatabase]
        : regions;
  return {
    kind,
    target: random.oneOf(targets),
    // Most are shorter than any timeout, some longer than that of a write.
    durationMs: 200 + Math.round(random.number() ** 2 * longestMs),
    delayMs: random.whole(20, 700),
    fate: random.oneOf(['request lost', 'answer lost']),
  };
}

const isKill = ({ kind }: Fault): boolean => kind.endsWith('killed') || kind === 'queues lost';

function partOf({ kind, target }: Fault): string {
  if (kind === 'queues lost') return messagingPart;
  if (kind === 'API killed') return apiPart;
  if (kind.startsWith('worker')) return workerPart(target);
  return kind.startsWith('database') ? databasePart(target) : `path-${target}`;
}

/** Carries a fault out; resolves when it is over, at once when the signal is aborted. */
async function strike(fault: Fault, scene: Scene, ending: AbortSignal): Promise<void> {
  const { kind, target, durationMs, delayMs, fate } = fault;
  const { store, outages } = scene;
  const part = partOf(fault);
  const disturb = async (passage: Passage) => {
    const path = scene.paths.get(target);
    path?.set(passage);
    await pause(durationMs, ending);
    path?.set({ kind: 'open' });
  };
  switch (kind) {
    case 'database killed':
    case 'queues lost':
      return killPart(store, part);
    case 'worker killed':
      await untilBatchInHand(scene, target);
      return killPart(store, part);
    case 'API killed':
      return during(outages, async () => {
        await killPart(store, part);
        await eventually(() => fetch(`${store.url}/health`), { deadlineMs: 60_000 });
      });
    case 'database stopped': {
      const thaw = freeze(store, part);
      await pause(durationMs, ending);
      return thaw();
    }
    case 'path cut':
      return disturb({ kind: 'cut' });
    case 'path slowed':
      return disturb({ kind: 'slow', delayMs });
    case 'answers lost':
      return disturb({ kind: 'answers-lost' });
    case 'connections closed':
      return scene.paths.get(target)?.closeAtNextUse(fate);
  }
}

/** Enters an outage, where there is one to be entered, while something is done. */
async function during(outages: Outages | undefined, act: () => Promise<void>): Promise<void> {
  outages?.begin();
  await act();
  outages?.end();
}

/** Until the worker works on messages; not for ever, for the queues may be gone, too. */
async function untilBatchInHand({ store, front }: Scene, target: string): Promise<void> {
  const isFront = target === frontDatabase;
  const look = async () => {
    const { inHand } = await depthOf(
      store,
      isFront ? front : target,
      isFront ? 'invalidate' : 'replicate',
    );
    if (inHand === 0) throw new Error('no batch in hand');
  };
  await eventually(look, { deadlineMs: 2000, everyMs: 5 }).catch(() => {});
}

const pause = (ms: number, ending: AbortSignal): Promise<unknown> =>
  sleep(ms, undefined, { signal: ending }).catch(() => {});

const mostKills = 3;
const windowMs = 65_000;

/** The store gives up where a part ends too often, which is no fault of its guarantees. */
function limitRestarts() {
  const kills = new Map<string, number[]>();
  return {
    /** Whether a part may be killed now; it then counts as killed. */
    allow(part: string): boolean {
      const recent = (kills.get(part) ?? []).filter((time) => time > Date.now() - windowMs);
      if (recent.length >= mostKills) return false;
      kills.set(part, [...recent, Date.now()]);
      return true;
    },
  };
}
