/** Many buyers at the last copies of a book, through the store's own API, and what must hold of their answers. */
import { randomInt, randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { backOff, describeAnswer, type ApiClient } from '../../client/api-client.js';
import { openAccount, type Purchase } from '../../client/purchases.js';
import { settledStock, type ReplicaReport } from '../../client/stock-check.js';
import { readReplicas } from '../../client/store-reader.js';
import { homeOf, regionOf, type Region, type Site } from '../../lib/rules/sites.js';
import {
  replayLastWriterWins,
  type Arrival,
  type Outage,
  type Sales,
} from '../../simulator/worlds/replay-last-writer-wins.js';
import { CommandError } from '../../tools/terminal/command-error.js';
import { slowDelayMs } from '../processes/paths.js';
import type { Condition, ConditionChange, Switches } from './switches.js';

export interface RunOptions {
  readonly buyers: number;
  readonly copies: number;
  /** How long it takes until the last of them has come. */
  readonly arriveWithinMs: number;
}

export interface RunReport extends RunOptions {
  readonly bookId: number;
  /** `selling` until every buyer has a final answer, `meeting` until the regions agree. */
  readonly phase: 'selling' | 'meeting' | 'met' | 'stopped';
  readonly elapsedMs: number;
  readonly arrived: number;
  /** Copies in orders that were answered. */
  readonly sold: number;
  /** Buyers that were told that nothing is left. */
  readonly refused: number;
  /** Buyers that have no final answer yet, and ask again with the same key. */
  readonly unanswered: number;
  /** Copies that no region has sold; null while a region that may know better is away. */
  readonly left: number | null;
  /** `sold + left = copies`. It is open while somebody is not answered or the regions have not met. */
  readonly equation: 'open' | 'holds' | 'broken';
  /** What no store may answer. */
  readonly contradictions: readonly string[];
  readonly lastWriterWins: Sales;
}

export interface Run {
  report(): RunReport;
  /** Sends no buyer any more. */
  stop(): void;
  /** Resolves when it has met, or was stopped. */
  readonly ended: Promise<void>;
}

const lookEveryMs = 250;
/** A change passes the stream, the topic and the queue, and is read and joined: so often it is held up. */
const hopsOfReplication = 8;
const buyerRetries = { baseDelayMs: 200, maxDelayMs: 1_500 };

interface RunContext {
  readonly api: ApiClient;
  readonly sites: readonly Site[];
  readonly switches: Pick<Switches, 'conditionOf' | 'changes'>;
}

/**
 * Creates a book of so many copies, and sends the buyers.
 *
 * @throws CommandError where the book can't be created.
 */
export async function startRun(options: RunOptions, context: RunContext): Promise<Run> {
  const { buyers, copies, arriveWithinMs } = options;
  const { api, sites, switches } = context;
  const regions = sites.map(regionOf);
  const bookId = await createBook(context, copies);
  const startedAtMs = Date.now();
  const before = new Map(regions.map((region) => [region, switches.conditionOf(region)]));
  const changesBefore = switches.changes.length;
  const account = openAccount();
  const arrivals: Arrival[] = [];
  const contradictions: string[] = [];
  const end = new AbortController();
  setMaxListeners(0, end.signal);
  let phase: RunReport['phase'] = 'selling';
  let replicas: readonly ReplicaReport[] = [];
  let endedAtMs: number | undefined;

  async function buy(place: number): Promise<void> {
    await sleep((place * arriveWithinMs) / buyers, undefined, { signal: end.signal });
    const purchase: Purchase = { key: randomUUID(), items: [{ bookId, quantity: 1 }] };
    const nearest = regions[place % regions.length] as Region;
    arrivals.push({ atMs: Date.now() - startedAtMs, nearest });
    for (let retries = 0; ; retries += 1) {
      const answer = await api
        .sendOnce({
          method: 'POST',
          path: '/orders',
          headers: { 'idempotency-key': purchase.key },
          body: { items: purchase.items },
          signal: end.signal,
        })
        .catch(() => undefined);
      end.signal.throwIfAborted();
      const outcome = account.enter(purchase, answer);
      if (outcome.kind === 'refused' && outcome.status !== 409) {
        contradictions.push(`a buyer of a book that is there was answered ${outcome.status}`);
      }
      if (outcome.kind !== 'unknown') return;
      await backOff(retries, { ...buyerRetries, signal: end.signal });
    }
  }

  async function look(): Promise<void> {
    while (!end.signal.aborted) {
      const report = await readReplicas(api, [bookId]).catch(() => undefined);
      replicas = report?.get(bookId) ?? replicas;
      if (phase === 'meeting' && equation() === 'holds') return;
      await sleep(lookEveryMs, undefined, { signal: end.signal });
    }
  }

  const sold = () => account.placed.size;
  const allContradictions = () => [...account.contradictions, ...contradictions];

  function left(): number | null {
    const isWhole = replicas.length > 0 && replicas.every(({ reachable }) => reachable);
    if (!isWhole) return null;
    const counted = replicas.reduce(
      (sum, { stocked = 0, sold: soldThere = 0, writtenOff = 0 }) =>
        sum + stocked - soldThere - writtenOff,
      0,
    );
    // The look is older than the latest answers.
    return Math.min(counted, copies - sold());
  }

  function equation(): RunReport['equation'] {
    if (sold() > copies || allContradictions().length > 0) return 'broken';
    const settled = settledStock(replicas);
    const isOver = phase !== 'selling' && phase !== 'stopped';
    return isOver && settled !== undefined && sold() + settled === copies ? 'holds' : 'open';
  }

  async function run(): Promise<void> {
    try {
      const buying = Promise.all(Array.from({ length: buyers }, (_, place) => buy(place)));
      await Promise.all([buying.then(() => (phase = 'meeting')), look()]);
      phase = 'met';
    } catch (error) {
      phase = 'stopped';
      if (!end.signal.aborted) console.error(error);
    }
    endedAtMs = Date.now();
    end.abort();
    await putAway(api, bookId);
  }

  const ended = run();

  return {
    report() {
      const elapsedMs = (endedAtMs ?? Date.now()) - startedAtMs;
      return {
        ...options,
        bookId,
        phase,
        elapsedMs,
        arrived: arrivals.length,
        sold: sold(),
        refused: account.refusedCount,
        unanswered: arrivals.length - sold() - account.refusedCount,
        left: left(),
        equation: equation(),
        contradictions: allContradictions(),
        lastWriterWins: replayLastWriterWins({
          regions,
          copies,
          arrivals,
          outages: outagesOf(before, switches.changes.slice(changesBefore), startedAtMs),
          untilMs: elapsedMs,
          seed: bookId,
        }),
      };
    },
    stop: () => end.abort(),
    ended,
  };
}

const title = 'The Last Copies';

/** In a region that is well: no other creates a book while its home is away. */
async function createBook({ api, sites, switches }: RunContext, copies: number): Promise<number> {
  const isWell = (region: Region) => {
    const { database, network } = switches.conditionOf(region);
    return database === 'up' && network !== 'cut';
  };
  if (!sites.map(regionOf).some(isWell)) {
    throw new CommandError('Heal a region first: while all are broken, none can take the book.');
  }
  let id: number;
  do id = randomInt(10 ** 11, 10 ** 12);
  while (!isWell(homeOf(id, sites)));
  const answer = await api.send({
    method: 'POST',
    path: '/books',
    headers: { 'idempotency-key': randomUUID() },
    body: { id, title, authors: ['Many Hands'], topic: 'The lab', price: 1900, stock: copies },
  });
  if (answer.status !== 201) throw new CommandError(`the lab's book: ${describeAnswer(answer)}`);
  return id;
}

/** The shop is not to be full of books of the lab; where it can't be done, it is not. */
async function putAway(api: ApiClient, bookId: number): Promise<void> {
  const body = { isListed: false };
  await api.sendOnce({ method: 'PATCH', path: `/books/${bookId}`, body }).catch(() => undefined);
}

/** When each region was away or slow, in milliseconds since the start of a run. */
export function outagesOf(
  before: ReadonlyMap<Region, Condition>,
  changes: readonly ConditionChange[],
  startedAtMs: number,
): Outage[] {
  return [...before].flatMap(([region, condition]) => {
    const own = changes.filter((change) => change.region === region);
    const times = [{ ...condition, atMs: startedAtMs }, ...own];
    return times.flatMap(({ database, network, atMs }, place) => {
      if (database === 'up' && network === 'open') return [];
      const isSlow = database === 'up' && network === 'slow';
      const next = times[place + 1];
      return [
        {
          region,
          fromMs: atMs - startedAtMs,
          ...(next && { untilMs: next.atMs - startedAtMs }),
          ...(isSlow && { extraLagMs: hopsOfReplication * slowDelayMs }),
        },
      ];
    });
  });
}
