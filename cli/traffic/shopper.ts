/** A customer who searches, looks up and buys at random, one book or several at once. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, ApiClient, ApiRequest, TryOutcome } from '../../client/api-client.js';
import { bookPageSchema } from '../../lib/http/schemas.js';
import { latencyRecorder, type LatencyRecorder } from '../../tools/latency.js';
import type { Purchase, PurchaseAccount } from '../../client/purchases.js';
import { shuffled, type RandomChoice } from '../../tools/random.js';

export const operations = ['search', 'words', 'info', 'buy', 'order'] as const;
type Operation = (typeof operations)[number];

export interface OperationRecord {
  readonly latency: LatencyRecorder;
  /** Each try counts. */
  requests: number;
  /** Tries without an answer, or with one that a healthy store would not give; "sold out" is none. */
  errors: number;
  /** Answers that say whether the cache served them. */
  cacheAnswers: number;
  cacheHits: number;
}

export type TrafficRecord = Readonly<Record<Operation, OperationRecord>>;

export interface Shop {
  readonly api: ApiClient;
  readonly topics: readonly string[];
  readonly titles: readonly string[];
  readonly bookIds: readonly number[];
  /** The books that are bought: their stock is checked at the end. */
  readonly boughtIds: readonly number[];
  readonly record: TrafficRecord;
  readonly account: PurchaseAccount;
}

const searchShare = 0.2;
const wordsShare = 0.1;
const infoShare = 0.4;
const nextPageShare = 0.5;
/** How often an order is sent again although its answer came. */
const repeatShare = 0.05;
const mostCopies = 3;
/** Of the purchases, those of several books at once. */
const basketShare = 0.3;
const mostBooksInBasket = 5;
/** So as not to storm a store that is away. */
const pauseWithoutAnswerMs = 100;

export const openRecord = (): TrafficRecord =>
  Object.fromEntries(operations.map((name) => [name, openOperation()])) as TrafficRecord;

const openOperation = (): OperationRecord => ({
  latency: latencyRecorder(),
  requests: 0,
  errors: 0,
  cacheAnswers: 0,
  cacheHits: 0,
});

/** Does one thing after another until the signal is aborted. */
export async function goShopping(
  shop: Shop,
  random: RandomChoice,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const dice = random.number();
    if (dice < searchShare) await search(shop, random, signal);
    else if (dice < searchShare + wordsShare) await searchByWords(shop, random, signal);
    else if (dice < searchShare + wordsShare + infoShare) await lookUp(shop, random, signal);
    else await buy(shop, random, signal);
  }
}

async function search(shop: Shop, random: RandomChoice, signal: AbortSignal): Promise<void> {
  const path = `/search/${encodeURIComponent(random.oneOf(shop.topics))}?limit=20`;
  const turnsThePage = random.number() < nextPageShare;
  const page = await read(shop, 'search', { path, signal });
  const next = bookPageSchema.safeParse(page?.body).data?.next;
  if (next === undefined || !turnsThePage) return;
  await read(shop, 'search', { path: `${path}&cursor=${encodeURIComponent(next)}`, signal });
}

/** Some type a whole title, and some one of its words. */
async function searchByWords(shop: Shop, random: RandomChoice, signal: AbortSignal): Promise<void> {
  const title = random.oneOf(shop.titles);
  const q = random.number() < 0.5 ? title : random.oneOf(title.split(' '));
  await read(shop, 'words', { path: `/search?limit=20&q=${encodeURIComponent(q)}`, signal });
}

async function lookUp(shop: Shop, random: RandomChoice, signal: AbortSignal): Promise<void> {
  const id = random.oneOf(random.number() < 0.5 ? shop.boughtIds : shop.bookIds);
  await read(shop, 'info', { path: `/info/${id}`, signal });
}

async function buy(shop: Shop, random: RandomChoice, signal: AbortSignal): Promise<void> {
  const most = random.number() < basketShare ? mostBooksInBasket : 1;
  const bookIds = shuffled(shop.boughtIds, random).slice(0, random.whole(1, most));
  const items = bookIds.map((bookId) => ({ bookId, quantity: random.whole(1, mostCopies) }));
  const isRepeated = random.number() < repeatShare;
  const bought = { key: crypto.randomUUID(), items };
  const isPlaced = await purchase(shop, bought, signal);
  if (isPlaced && isRepeated && !signal.aborted) await purchase(shop, bought, signal);
}

/** Reads are not tried again: the next one is as good. */
async function read(
  shop: Shop,
  operation: Operation,
  request: ApiRequest,
): Promise<Answer | undefined> {
  const onTry = recordTry(shop.record[operation], request.signal);
  const answer = await shop.api.sendOnce({ ...request, onTry }).catch(() => undefined);
  if (answer === undefined) await sleep(pauseWithoutAnswerMs);
  return answer;
}

/**
 * Sends a purchase with its key until the store says what became of it, the client gives up or the
 * signal is aborted, and enters what is known then. Safe to repeat.
 * @returns whether the order stands
 */
export async function purchase(
  { api, record, account }: Shop,
  bought: Purchase,
  signal: AbortSignal,
): Promise<boolean> {
  const { key, items } = bought;
  const [first, ...others] = items;
  const isBasket = others.length > 0;
  const request: ApiRequest = {
    method: 'POST',
    path: isBasket ? '/orders' : `/buy/${first?.bookId}`,
    body: isBasket ? { items } : { quantity: first?.quantity },
    headers: { 'idempotency-key': key },
    signal,
    onTry: recordTry(record[isBasket ? 'order' : 'buy'], signal, [409]),
  };
  const answer = await api.send(request).catch(() => undefined);
  return account.enter(bought, answer).kind === 'placed';
}

function recordTry(
  record: OperationRecord,
  signal: AbortSignal | undefined,
  expectedStatuses: readonly number[] = [],
): (outcome: TryOutcome) => void {
  return ({ answer, durationMs }) => {
    // Broken off by the end of the traffic: that says nothing of the store.
    if (answer === undefined && signal?.aborted) return;
    record.requests += 1;
    const isExpected = answer && (answer.status < 400 || expectedStatuses.includes(answer.status));
    if (!isExpected) record.errors += 1;
    if (answer === undefined) return;
    record.latency.record(durationMs);
    const cache = answer.headers.get('x-cache');
    if (cache === null) return;
    record.cacheAnswers += 1;
    if (cache === 'hit') record.cacheHits += 1;
  };
}
