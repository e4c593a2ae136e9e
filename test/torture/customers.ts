/** Customers who search, look up, buy and cancel, and staff who restock, write off and change prices, at random. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, ApiClient, ApiRequest } from '../../client/api-client.js';
import type { AskedItem } from '../../simulator/record/purchases.js';
import type { RandomChoice } from '../../tools/random.js';
import {
  bookSchema,
  orderSchema,
  problemSchema,
  searchPageSchema,
} from '../../lib/http/schemas.js';
import { faultOf, type Operation } from './answers.js';
import type {
  BuyAnswer,
  History,
  PurchaseRecord,
  StockChangeRecord,
  StockedBook,
} from './history.js';
import { enterTry, type Load } from './load.js';
import type { Outages } from './outages.js';
import type { Prices, Span } from './prices.js';
import type { Violation } from './violations.js';

export interface Market {
  readonly api: ApiClient;
  readonly topic: string;
  /** So many copies that no refusal for want of them can be true. */
  readonly plentiful: readonly StockedBook[];
  /** Few copies, which customers race for. */
  readonly scarce: readonly StockedBook[];
  readonly history: History;
  readonly load: Load;
  readonly outages: Outages;
  readonly shown: Prices;
  /** Ends the waiting for answers that do not come. */
  readonly givingUp: AbortSignal;
  readonly onViolation: (violation: Violation) => void;
}

/** An answer, and when it was asked for and came. */
interface Heard extends Answer {
  readonly span: Span;
}

interface Customer {
  readonly market: Market;
  readonly random: RandomChoice;
  /** The price of each book as this customer was last shown it. */
  readonly prices: Map<number, number>;
  readonly orderIds: string[];
}

/** How often each is done, in hundredths. */
const shares: readonly (readonly [number, (customer: Customer) => Promise<void>])[] = [
  [12, search],
  [32, lookUp],
  [36, buy],
  [5, cancel],
  [6, restock],
  [3, writeOff],
  [6, changePrice],
];
const insistingShare = 0.5;
const basketShare = 0.4;
const mostBooksInBasket = 5;
const severalAtOnceShare = 0.15;
const repeatShare = 0.1;
const noCacheShare = 0.3;
const retryPauseMs = 150;

/** Does one thing after another until the signal is aborted; what was begun is brought to its end. */
export async function visit(
  market: Market,
  random: RandomChoice,
  ending: AbortSignal,
): Promise<void> {
  const customer: Customer = { market, random, prices: new Map(), orderIds: [] };
  while (!ending.aborted) {
    let dice = random.number() * 100;
    const [, act] = shares.find(([share]) => (dice -= share) < 0) ?? [0, lookUp];
    await act(customer);
  }
}

async function search({ market, random }: Customer): Promise<void> {
  const path = `/search/${encodeURIComponent(market.topic)}`;
  const found = await read(market, 'search', { path, headers: freshness(random) });
  const books = searchPageSchema.safeParse(found?.body).data?.books ?? [];
  for (const { id, price } of books) market.shown.check(id, price, (found as Heard).span);
}

async function lookUp({ market, random, prices }: Customer): Promise<void> {
  const { id } = anyBook(market, random);
  const answer = await read(market, 'info', { path: `/info/${id}`, headers: freshness(random) });
  const book = bookSchema.safeParse(answer?.body).data;
  if (book === undefined) return;
  prices.set(id, book.price);
  market.shown.check(id, book.price, (answer as Heard).span);
  if (book.stock < 0) {
    market.onViolation({ promised: 'G1', what: `book ${id} was shown with ${book.stock} copies` });
  }
}

const freshness = (random: RandomChoice): Record<string, string> =>
  random.number() < noCacheShare ? { 'cache-control': 'no-cache' } : {};

/** A look-up is not tried again: the next one is as good. */
async function read(
  market: Market,
  operation: 'search' | 'info',
  request: ApiRequest,
): Promise<Heard | undefined> {
  const answer = await ask(market, operation, request);
  if (answer === undefined) await sleep(retryPauseMs);
  return answer;
}

async function buy({ market, random, prices, orderIds }: Customer): Promise<void> {
  const purchase: PurchaseRecord = {
    key: crypto.randomUUID(),
    items: drawItems(market, random, prices),
    answers: [],
  };
  const atOnce = random.number() < severalAtOnceShare ? random.whole(2, 3) : 1;
  const isRepeated = random.number() < repeatShare;
  market.history.purchases.push(purchase);

  await Promise.all(Array.from({ length: atOnce }, () => send(market, random, purchase)));
  const isPlaced = purchase.answers.at(-1)?.kind === 'order';
  if (isPlaced && isRepeated) await send(market, random, purchase);
  const last = purchase.answers.at(-1);
  if (last?.kind === 'order') orderIds.push(last.order.id);
}

/** One book or several, each at the price that the customer was shown where they insist on it. */
function drawItems(
  market: Market,
  random: RandomChoice,
  prices: ReadonlyMap<number, number>,
): AskedItem[] {
  const books = random.number() < basketShare ? random.whole(2, mostBooksInBasket) : 1;
  const ids = new Set(Array.from({ length: books }, () => anyBook(market, random).id));
  return [...ids].map((bookId) => {
    const unitPrice = random.number() < insistingShare ? prices.get(bookId) : undefined;
    return { bookId, quantity: random.whole(1, 3), ...(unitPrice !== undefined && { unitPrice }) };
  });
}

/** Sends a purchase, its books now in this order, now in that, until it is known what became of it. */
async function send(
  market: Market,
  random: RandomChoice,
  { key, items, answers }: PurchaseRecord,
): Promise<void> {
  const [first, ...others] = random.number() < 0.5 ? items : items.toReversed();
  const { bookId, ...rest } = first as AskedItem;
  const isOne = others.length === 0 && random.number() < 0.5;
  const final = await untilAnswered(market, isOne ? 'buy' : 'order', {
    method: 'POST',
    path: isOne ? `/buy/${bookId}` : '/orders',
    headers: { 'idempotency-key': key },
    body: isOne ? rest : { items: [first, ...others] },
    onTry: ({ answer }) => answers.push(toBuyAnswer(answer)),
  });
  const last = answers.at(-1);
  const order = final?.status === 201 ? orderSchema.safeParse(final.body).data : undefined;
  for (const item of order?.items ?? []) {
    market.shown.check(item.bookId, item.unitPrice, (final as Heard).span);
  }
  if (last?.kind !== 'refused' || !last.problem.endsWith(':sold-out')) return;
  const plenty = market.plentiful.find(({ id }) => last.bookIds.includes(id));
  if (plenty === undefined) return;
  const what = `book ${plenty.id} was refused as sold out; it has plenty`;
  market.onViolation({ promised: 'G6', what });
}

function toBuyAnswer(answer: Answer | undefined): BuyAnswer {
  if (answer === undefined || answer.status >= 500) return { kind: 'unknown' };
  const order = orderSchema.safeParse(answer.body).data;
  if (answer.status < 300 && order) return { kind: 'order', order };
  const problem = problemSchema.safeParse(answer.body).data;
  return {
    kind: 'refused',
    problem: problem?.type ?? String(answer.status),
    bookIds: problem?.items?.map(({ bookId }) => bookId) ?? [],
  };
}

async function cancel({ market, random, orderIds }: Customer): Promise<void> {
  if (orderIds.length === 0) return;
  const id = random.oneOf(orderIds);
  const { cancellations } = market.history;
  if (!cancellations.has(id)) cancellations.set(id, false);
  const answer = await untilAnswered(market, 'cancel', {
    method: 'POST',
    path: `/orders/${id}/cancel`,
  });
  const order = orderSchema.safeParse(answer?.body).data;
  if (answer?.status !== 200 || order === undefined) return;
  cancellations.set(id, true);
  if (order.status === 'cancelled' && order.id === id) return;
  const what = `order ${id} was cancelled, and shown as ${JSON.stringify(order)}`;
  market.onViolation({ promised: 'G2', what });
}

async function restock({ market, random }: Customer): Promise<void> {
  const change = { bookId: random.oneOf(market.scarce).id, quantity: random.whole(1, 4) };
  await changeStock(market, 'restock', market.history.restocks, change);
}

async function writeOff({ market, random }: Customer): Promise<void> {
  const change = { bookId: random.oneOf(market.scarce).id, quantity: random.whole(1, 2) };
  await changeStock(market, 'write-off', market.history.writeOffs, change);
}

async function changeStock(
  market: Market,
  operation: 'restock' | 'write-off',
  records: StockChangeRecord[],
  { bookId, quantity }: Pick<StockChangeRecord, 'bookId' | 'quantity'>,
): Promise<void> {
  const key = crypto.randomUUID();
  const record: StockChangeRecord = { key, bookId, quantity, outcome: 'unknown' };
  records.push(record);
  const answer = await untilAnswered(market, operation, {
    method: 'POST',
    path: `/books/${bookId}/${operation}`,
    headers: { 'idempotency-key': key },
    body: { quantity },
  });
  if (answer !== undefined) record.outcome = answer.status === 200 ? 'done' : 'refused';
}

async function changePrice({ market, random }: Customer): Promise<void> {
  const { id } = anyBook(market, random);
  const price = market.shown.raise(id, random.whole(1, 9));
  if (price === undefined) return;
  const request = { method: 'PATCH', path: `/books/${id}`, body: { price } } as const;
  const answer = await untilAnswered(market, 'change', request);
  if (answer?.status === 200) market.shown.settle(id, price, answer.span);
}

const anyBook = ({ plentiful, scarce }: Market, random: RandomChoice): StockedBook =>
  random.oneOf(random.number() < 0.5 ? plentiful : scarce);

/** Tries again, with the same key, as long as nothing is known; undefined where that never ends. */
async function untilAnswered(
  market: Market,
  operation: Operation,
  request: ApiRequest,
): Promise<Heard | undefined> {
  while (!market.givingUp.aborted) {
    const answer = await ask(market, operation, request);
    if (answer !== undefined && answer.status !== 503) return answer;
    await sleep(retryPauseMs * (1 + Math.random()));
  }
  const what = `${request.method} ${request.path} was never answered, although all was healed`;
  market.onViolation({ promised: 'G6', what });
  return undefined;
}

/** Sends a request once, and judges the answer by itself. */
async function ask(
  { api, load, outages, onViolation }: Market,
  operation: Operation,
  request: ApiRequest,
): Promise<Heard | undefined> {
  const fromMs = performance.now();
  const onTry: ApiRequest['onTry'] = (outcome) => {
    enterTry(load[operation], outcome);
    request.onTry?.(outcome);
  };
  const answer = await api.sendOnce({ ...request, onTry }).catch(() => undefined);
  const span = { fromMs, toMs: performance.now() };
  const name = `${request.method ?? 'GET'} ${request.path}`;
  if (answer === undefined) {
    if (!outages.overlap(span.fromMs, span.toMs)) {
      onViolation({ promised: 'API', what: `${name} got no answer while the API was up` });
    }
    return undefined;
  }
  const fault = faultOf(operation, answer);
  if (fault !== undefined) onViolation({ promised: 'API', what: `${name} ${fault}` });
  return { ...answer, span };
}
