/**
 * Buys, once. A purchase is written down with its key before it is sent, and is sent again with that
 * key until it is answered: after a lost answer, a reload, in another tab, tomorrow (design U6, U8, U9).
 */
import { signal } from '@preact/signals';
import { call, reach, type Outcome, type Problem } from '../common/api.js';
import { exclusively, stored } from '../common/stored.js';
import type { Order } from '../common/types.js';
import {
  currentBasket,
  markChanges,
  newKey,
  renewKey,
  takeOut,
  type Change,
  type Line,
} from './basket.js';
import { keepOrder, orders } from './orders.js';

/** What was decided to buy; it changes no more. */
export interface Purchase {
  readonly key: string;
  readonly lines: readonly Line[];
  /** Whether these lines are the basket's, or one book that was bought at once. */
  readonly isOfBasket: boolean;
  readonly begunAt: string;
  /** A try of it was not answered: an order may be there. */
  readonly isUncertain: boolean;
}

/** What is being done about the purchase. */
export type Progress =
  | { readonly kind: 'idle' }
  | { readonly kind: 'sending' }
  /** It will be sent again: `reason` says what the last try came to. */
  | { readonly kind: 'waiting'; readonly reason: 'busy' | 'unknown' | 'offline' };

export type Ending =
  | { readonly kind: 'placed'; readonly order: Order }
  /** Nothing was bought. Each book that was in the way has its change. */
  | { readonly kind: 'changed'; readonly changes: ReadonlyMap<number, Change> }
  /** Nothing was bought, for a reason that no change of the basket takes away. */
  | { readonly kind: 'refused'; readonly problem: Problem }
  /** The reader gave up while it was certain that nothing was bought. */
  | { readonly kind: 'given-up' }
  /** Another tab has seen to it. */
  | { readonly kind: 'elsewhere' };

const written = stored<Purchase | null>('purchase', null, (value) => {
  const purchase = value as Partial<Purchase> | null;
  return typeof purchase?.key === 'string' && Array.isArray(purchase.lines);
});

/** A purchase that is no longer under way in this tab. */
export interface Finished {
  readonly lines: readonly Line[];
  readonly isOfBasket: boolean;
  readonly ending: Ending;
}

/** The last one, until a page has told of it. */
export const finished = signal<Finished | null>(null);

/** The purchase that has no answer yet, of whichever tab. */
export const pending = written.signal;
export const progress = signal<Progress>({ kind: 'idle' });

/** After that long nobody is surprised by an order without being asked once more. */
const freshForMs = 15 * 60_000;
export const isFresh = ({ begunAt }: Purchase): boolean =>
  Date.now() - Date.parse(begunAt) < freshForMs;

/** How long the tries are apart, at least; the last one stands for all that follow. */
const pausesMs = [1000, 2000, 4000, 8000, 15_000];

/** What came of the last purchase that became an order, for the tabs that waited for it. */
const placed = stored<{ readonly key: string; readonly orderId: string } | null>(
  'placed',
  null,
  (value) => typeof (value as { key?: unknown } | null)?.key === 'string',
);

/** Buys what is in the basket. @see seeThrough */
export const buyBasket = (): void =>
  seeThrough(() => {
    const { key, lines } = currentBasket();
    return lines.length === 0 ? undefined : newPurchase(key, lines, true);
  }, currentBasket().key);

/** Buys copies of one book, and leaves the basket as it is. @see seeThrough */
export const buyNow = (line: Line): void => seeThrough(() => newPurchase(newKey(), [line], false));

const newPurchase = (key: string, lines: readonly Line[], isOfBasket: boolean): Purchase => ({
  key,
  lines: lines.map(({ change: _change, ...line }) => line),
  isOfBasket,
  begunAt: new Date().toISOString(),
  isUncertain: false,
});

let isUnderWay = false;

/**
 * Sends the purchase that has no answer yet until it is answered, one tab at a time; `finished` tells
 * how it ended.
 *
 * @param begin makes one, where there is none.
 * @param key of the purchase that is meant: another tab may see to it while this one waits.
 */
export function seeThrough(
  begin: () => Purchase | undefined = () => undefined,
  key = pending.value?.key,
): void {
  if (isUnderWay) return;
  isUnderWay = true;
  finished.value = null;
  // Shown at once, also where another tab is at it.
  progress.value = { kind: 'sending' };
  void exclusively('purchase', () => finish(begin, key)).then((how) => {
    isUnderWay = false;
    progress.value = { kind: 'idle' };
    finished.value = how;
    return how;
  });
}

async function finish(
  begin: () => Purchase | undefined,
  key: string | undefined,
): Promise<Finished> {
  const nothing = { lines: [], isOfBasket: true };
  const order = orderOf(key);
  if (order !== undefined) return { ...nothing, ending: { kind: 'placed', order } };
  const left = current();
  // Whoever was sending it may have gone before the answer came.
  const purchase = left === null ? begin() : { ...left, isUncertain: true };
  if (purchase === undefined) return { ...nothing, ending: { kind: 'elsewhere' } };
  written.update(() => purchase);
  return { ...purchase, ending: await send() };
}

/** The purchase as it is in all tabs at this moment. */
function current(): Purchase | null {
  written.update((now) => now);
  return pending.value;
}

/** The order that a purchase became in whichever tab, if it was the last one. */
function orderOf(key: string | undefined): Order | undefined {
  placed.update((now) => now);
  const last = placed.signal.value;
  return last?.key === key ? orders.value.find(({ id }) => id === last?.orderId) : undefined;
}

let wake: (() => void) | undefined;
let hasGivenUp = false;

/** Sends it now, whatever pause there is. */
export const tryNow = (): void => wake?.();

/** Lets go of a purchase of which it is certain that nothing was bought (design U10). */
export function giveUp(): void {
  hasGivenUp = true;
  wake?.();
}

async function send(): Promise<Ending> {
  hasGivenUp = false;
  for (let tries = 0; ; tries += 1) {
    const purchase = pending.value;
    if (purchase === null) return { kind: 'elsewhere' };
    progress.value = { kind: 'sending' };
    const outcome = await call<Order>('orders', {
      method: 'POST',
      headers: { 'Idempotency-Key': purchase.key },
      body: {
        items: purchase.lines.map(({ bookId, quantity, unitPrice }) => ({
          bookId,
          quantity,
          unitPrice,
        })),
      },
    });
    const ending = endingOf(outcome);
    if (ending !== undefined) {
      settle(purchase, ending);
      return ending;
    }
    const reason = reasonOf(outcome);
    if (reason !== 'busy') {
      written.update((now) => now && { ...now, isUncertain: true });
    }
    progress.value = { kind: 'waiting', reason };
    const retryAfterMs = outcome.kind === 'problem' ? outcome.retryAfterMs : 0;
    await pause(Math.max(retryAfterMs, pausesMs[Math.min(tries, pausesMs.length - 1)] as number));
    if (hasGivenUp && pending.value?.isUncertain === false) {
      written.update(() => null);
      return { kind: 'given-up' };
    }
  }
}

/** The order is kept before the purchase is forgotten: what ends in between is sent once more. */
function settle(purchase: Purchase, ending: Ending): void {
  if (ending.kind === 'placed') {
    keepOrder(ending.order);
    if (purchase.isOfBasket) takeOut(purchase.lines);
    placed.update(() => ({ key: purchase.key, orderId: ending.order.id }));
  }
  if (ending.kind === 'changed' && purchase.isOfBasket) markChanges(ending.changes);
  if (ending.kind === 'refused' && purchase.isOfBasket) renewKey();
  written.update((now) => (now?.key === purchase.key ? null : now));
}

/** Undefined where the same key has to be sent again. */
function endingOf(outcome: Outcome<Order>): Ending | undefined {
  if (outcome.kind === 'answer') return { kind: 'placed', order: outcome.body };
  if (outcome.kind !== 'problem') return undefined;
  const { problem } = outcome;
  // Whatever is no 4xx of the store's own, or asks for patience, is no refusal.
  if (problem.status >= 500 || problem.status === 429) return undefined;
  const changes = changesIn(problem);
  return changes.size > 0 ? { kind: 'changed', changes } : { kind: 'refused', problem };
}

function reasonOf(outcome: Outcome<Order>): 'busy' | 'unknown' | 'offline' {
  if (outcome.kind !== 'problem')
    return reach.value.isOffline && !navigator.onLine ? 'offline' : 'unknown';
  const isCertain = outcome.problem.kind === 'busy' || outcome.problem.status === 429;
  return isCertain ? 'busy' : 'unknown';
}

interface ProblemItem {
  readonly bookId: number;
  readonly available?: number;
  readonly price?: number;
}

/** What a refusal says of each book. */
export function changesIn({ kind, items }: Problem): ReadonlyMap<number, Change> {
  const toChange = changeKinds[kind];
  if (toChange === undefined || !Array.isArray(items)) return new Map();
  return new Map((items as ProblemItem[]).map((item) => [item.bookId, toChange(item)]));
}

const changeKinds: Readonly<Record<string, (item: ProblemItem) => Change>> = {
  'price-changed': ({ price = 0 }) => ({ kind: 'price', price }),
  'sold-out': ({ available = 0 }) => ({ kind: 'too-few', available }),
  'not-for-sale': () => ({ kind: 'not-for-sale' }),
  'unknown-book': () => ({ kind: 'unknown' }),
};

/** Until the time is over, the network is back, or the reader is impatient. */
const pause = (durationMs: number): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener('online', done);
      wake = undefined;
      resolve();
    };
    const timer = setTimeout(done, durationMs);
    addEventListener('online', done);
    wake = done;
  });
