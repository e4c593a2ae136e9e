/** What the control room shows of the whole: which regions answer, how far they are behind, what waits in queues. */
import type { Region } from '../rules/sites.js';
import type { FrontEnd } from './front-end.js';
import { checkHealth, type Health } from './inspect.js';

export interface QueueDepth {
  /** Messages that nobody has taken. */
  readonly waiting: number;
  /** Messages that a consumer has in hand. */
  readonly inHand: number;
}

/** What a queue of a region holds; undefined where it can't be asked. Names lack the stage's prefix. */
export type AskQueue = (region: Region, name: string) => Promise<QueueDepth | undefined>;

export interface QueueReport {
  readonly region: Region;
  readonly name: string;
  /** Whether it holds what was given up. */
  readonly isDeadLetter: boolean;
  /** Null where it can't be asked. */
  readonly depth: QueueDepth | null;
}

export interface StoreStatus extends Health {
  /** Of this front end. */
  readonly region: Region;
  /** Those of the replicas, and this front end's own. */
  readonly queues: readonly QueueReport[];
}

/** The names of resources/replica/queues.yml. */
export const replicaQueues: readonly string[] = [
  'replicate',
  'replicate-dlq',
  'changes-subscription-dlq',
  'publish-dlq',
  'index-words-dlq',
];
/** The names of resources/front-end/queues.yml. */
export const frontEndQueues: readonly string[] = ['invalidate', 'invalidate-dlq'];

/** Asks every region and every queue at once; one that does not answer takes nothing from the others (design O2). */
export async function checkStatus(front: FrontEnd, askQueue: AskQueue): Promise<StoreStatus> {
  const report = async (region: Region, name: string): Promise<QueueReport> => ({
    region,
    name,
    isDeadLetter: name.endsWith('-dlq'),
    depth: (await askQueue(region, name)) ?? null,
  });
  const [health, queues] = await Promise.all([
    checkHealth(front),
    Promise.all([
      ...front.replicas.flatMap(({ region }) => replicaQueues.map((name) => report(region, name))),
      ...frontEndQueues.map((name) => report(front.region, name)),
    ]),
  ]);
  return { ...health, region: front.region, queues };
}
