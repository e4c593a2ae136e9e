/**
 * Buying: all items of an order are sold at once in the first region that answers, and what the sale lacks
 * there (copies, a book, a newer price) is brought there, in rounds. `docs/design.md`, "Buy", tells the
 * rules.
 */
import { isDeepStrictEqual } from 'node:util';
import { isComplete, isListed, joinStates, type BookState } from '../rules/book.js';
import type { StoredBook } from '../tables/book-item.js';
import { UnavailableError, withOutcome } from '../errors.js';
import { disputedId, hashOfOrderBody, idOfKey } from '../rules/keys.js';
import { bookIdsOf, toOrder, type LineItem, type Order, type OrderRow } from '../rules/order.js';
import { emptySlot, standingOf, type Slot } from '../rules/settlement.js';
import type { Replica, Sighting } from '../tables/replica.js';
import type { SaleOutcome } from '../tables/sales.js';
import {
  askEvery,
  cachedBooks,
  ifAvailable,
  readBack,
  saleOrder,
  type CachedBooks,
  type FrontEnd,
  type Secrets,
} from './front-end.js';
import { bringCopies, copiesCounted, copiesInReach, type Holdings } from './supply.js';

/** Copies of one book that are wanted. */
export interface WantedItem {
  readonly bookId: number;
  readonly quantity: number;
  /** The price that the buyer was shown; a sale at another is refused. */
  readonly unitPrice?: number | undefined;
}

export interface Purchase {
  /** Each of another book: all of them are bought, or none. */
  readonly items: readonly WantedItem[];
  /** The client's idempotency key: one key has at most one standing order. */
  readonly key: string;
}

/**
 * A refusal is final for its try: nothing that was sent for it can still become an order. Its items are all
 * those that stand against the order for this reason.
 */
export type Refusal =
  /** It was not to be done in time. No order of this key was in any region, either. */
  | { readonly kind: 'busy'; readonly orderId: string }
  | { readonly kind: 'key-reused' }
  | Objection
  | { readonly kind: 'sold-out'; readonly items: readonly ShortItem[] };

/** What stands against selling at all, whatever is in stock. */
type Objection =
  | {
      readonly kind: 'unknown-book' | 'not-for-sale';
      readonly items: readonly { readonly bookId: number }[];
    }
  | {
      readonly kind: 'price-changed';
      readonly items: readonly { readonly bookId: number; readonly price: number }[];
    };

export interface ShortItem {
  readonly bookId: number;
  /** Copies that are left, in all regions. */
  readonly available: number;
}

export type BuyOutcome =
  | { readonly kind: 'placed' | 'repeated'; readonly order: Order }
  | Refusal
  /** An order of this key may be there, or still come: only the same key may be tried again. */
  | { readonly kind: 'unknown'; readonly orderId: string };

const mostRounds = 8;
/** The last round begins before this, and must end well within the function's timeout. */
const longestTryMs = 12_000;
/** Later than this no step begins: it may take a time-out, and the purchase says what it knows (design B15). */
const longestStepBeginsMs = 18_000;
const firstPauseMs = 20;
const longestPauseMs = 1_000;

/** One try to buy, and what it has learned so far. */
interface Attempt {
  readonly front: FrontEnd;
  readonly items: readonly WantedItem[];
  readonly orderId: string;
  readonly bodyHash: string;
  readonly createdAt: string;
  readonly startMs: number;
  /** The cache's items as they were read: what the read-back is joined to. */
  readonly cached: CachedBooks;
  /** Everything that was seen of each book, joined. */
  readonly known: Map<number, BookState>;
  /** Replicas that were sent a sale and did not answer: it may still be carried out there. */
  readonly unanswered: Set<Replica>;
  /** Replicas that did not answer when all were asked last, and others did. */
  silent: ReadonlySet<Replica>;
}

/** Buys copies of books, all or none, once for each key however often it is called. */
export async function buy(
  front: FrontEnd,
  secrets: Pick<Secrets, 'orderSecret'>,
  purchase: Purchase,
): Promise<BuyOutcome> {
  // What is read first may take its time, too.
  const startMs = front.system.now();
  const [secret, cached] = await Promise.all([
    // Without it no region can be asked for the key, that an earlier try may have bought under.
    withOutcome(secrets.orderSecret(), { isUnknown: true }),
    cachedBooks(front, bookIdsOf(purchase)),
  ]);
  const attempt: Attempt = {
    front,
    items: purchase.items,
    orderId: idOfKey(secret, 'order', purchase.key),
    bodyHash: hashOfOrderBody(purchase),
    createdAt: new Date(front.system.now()).toISOString(),
    startMs,
    cached,
    known: new Map([...cached].map(([id, { state }]) => [id, state])),
    unanswered: new Set(),
    silent: new Set(),
  };
  const outcome = await inFirstRegionThatAnswers(attempt);
  if (outcome.kind === 'sold-out') front.telemetry.count('SoldOut');
  return outcome;
}

async function inFirstRegionThatAnswers(attempt: Attempt): Promise<BuyOutcome> {
  for (const replica of saleOrder(attempt.front, attempt.orderId)) {
    const outcome = await sellAt(attempt, replica);
    if (outcome !== 'no-answer') return outcome;
  }
  return giveUp(attempt);
}

async function sellAt(attempt: Attempt, replica: Replica): Promise<BuyOutcome | 'no-answer'> {
  let expected: Slot = emptySlot;
  for (let round = 0; round < mostRounds; round += 1) {
    if (elapsedMs(attempt) > longestTryMs) break;
    const offer = await offerAt(attempt, replica);
    if (offer === 'try-again') continue;
    if (offer.kind !== 'offer') return offer;
    // It takes a time-out to try: a region that answered is not to wait for several of them (design B8).
    if (attempt.silent.has(replica)) return 'no-answer';
    const order = draft(attempt, replica, offer.items);
    const sale = await trySale(attempt, replica, order, expected);
    switch (sale.kind) {
      case 'placed':
        return placed(attempt, order);
      case 'no-answer':
        return 'no-answer';
      case 'asked-again':
        continue;
      case 'slot-changed':
        if (sale.slot.kind === 'order') return answerFrom(attempt, [sale.slot.order]);
        expected = sale.slot;
        continue;
      case 'refused': {
        await pauseAfter(attempt, round);
        const outcome = await provide(attempt, replica, order, sale.books);
        if (outcome !== 'try-again') return outcome;
      }
    }
  }
  return giveUp(attempt);
}

/**
 * Full jitter, between what a round found and what it brings: what was brought is tried at once. Buyers who
 * take the same last copies from each other spread out, until one of them needs less time than lies
 * between them (design B16).
 */
async function pauseAfter({ front }: Attempt, round: number): Promise<void> {
  if (round === 0) return;
  const ceilingMs = Math.min(longestPauseMs, firstPauseMs * 2 ** round);
  await front.system.sleep(front.system.random() * ceilingMs);
}

interface Offer {
  readonly kind: 'offer';
  readonly items: readonly LineItem[];
}

/** What to sell at: the newest prices known, which must be those that the buyer was shown. */
async function offerAt(
  attempt: Attempt,
  replica: Replica,
): Promise<Offer | BuyOutcome | 'try-again'> {
  const { known } = attempt;
  const unknownIds = bookIdsOf(attempt).filter((id) => !isComplete(known.get(id)));
  if (unknownIds.length > 0) {
    const books = await ifAvailable(replica.catalog.getAll(unknownIds));
    for (const { state } of books?.rows ?? []) learn(attempt, state);
  }
  if (objectionTo(attempt) === undefined) return toOffer(attempt);

  const survey = await surveyAll(attempt);
  if (survey.orders.length > 0) return answerFrom(attempt, survey.orders);
  const objection = objectionTo(attempt);
  if (objection === undefined) return toOffer(attempt);
  if (!survey.isWhole) return unknown(attempt);

  // The state that the refusal rests on was read before this look at the slots: an order of this
  // key that led to that state is seen by it (design B9).
  const again = await surveyAll(attempt);
  if (again.orders.length > 0) return answerFrom(attempt, again.orders);
  const stillStands = objectionTo(attempt);
  if (stillStands === undefined) return toOffer(attempt);
  if (!again.isWhole) return unknown(attempt);
  return isDeepStrictEqual(stillStands, objection) ? refuse(attempt, objection) : 'try-again';
}

/** The first reason there is, with all items that it concerns. */
function objectionTo({ items, known }: Attempt): Objection | undefined {
  const itemsOf = (isAgainst: (book: BookState | undefined) => boolean) =>
    items.filter(({ bookId }) => isAgainst(known.get(bookId))).map(({ bookId }) => ({ bookId }));
  const unknownItems = itemsOf((book) => !isComplete(book));
  if (unknownItems.length > 0) return { kind: 'unknown-book', items: unknownItems };
  const unlistedItems = itemsOf((book) => book !== undefined && !isListed(book));
  if (unlistedItems.length > 0) return { kind: 'not-for-sale', items: unlistedItems };
  const changedItems = items.flatMap(({ bookId, unitPrice }) => {
    const price = known.get(bookId)?.registers.price;
    if (price === undefined || unitPrice === undefined || unitPrice === price.value) return [];
    return [{ bookId, price: price.value }];
  });
  return changedItems.length > 0 ? { kind: 'price-changed', items: changedItems } : undefined;
}

function toOffer({ items, known }: Attempt): Offer {
  return {
    kind: 'offer',
    items: items.map(({ bookId, quantity }) => {
      const book = known.get(bookId);
      if (!isComplete(book)) throw new TypeError('an offer needs complete books');
      const { title, price } = book.registers;
      const [unitPrice, total] = [price.value, price.value * quantity];
      return { bookId, title: title.value, quantity, unitPrice, total };
    }),
  };
}

const draft = (attempt: Attempt, replica: Replica, items: readonly LineItem[]): OrderRow => ({
  id: attempt.orderId,
  items,
  total: items.reduce((sum, { total }) => sum + total, 0),
  currency: attempt.front.currency,
  region: replica.region,
  createdAt: attempt.createdAt,
  status: 'placed',
  site: replica.site,
  bodyHash: attempt.bodyHash,
});

/**
 * Sends the sale. Where no answer comes, the slots are looked up in every region at once: if this one
 * answers, the sale may be tried again there, for both tries want the same slot; if not, the next region
 * sells that did answer.
 */
async function trySale(
  attempt: Attempt,
  replica: Replica,
  order: OrderRow,
  expected: Slot,
): Promise<SaleOutcome | { kind: 'no-answer' | 'asked-again' }> {
  try {
    return await replica.sales.sell(order, expected);
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    if (!error.isUnknown) return { kind: 'no-answer' };
    attempt.unanswered.add(replica);
    const { sightings } = await surveyAll(attempt);
    const seen = sightings.get(replica);
    if (seen === undefined) return { kind: 'no-answer' };
    const row = seen.orders.find(({ id }) => id === order.id);
    return row === undefined
      ? { kind: 'asked-again' }
      : { kind: 'slot-changed', slot: { kind: 'order', order: row } };
  }
}

/**
 * Brings to `replica` what the sale lacked there, of all books at once.
 *
 * @param found the books that stood against the sale, as it found them; undefined where one is not there.
 */
async function provide(
  attempt: Attempt,
  replica: Replica,
  tried: OrderRow,
  found: ReadonlyMap<number, StoredBook | undefined>,
): Promise<BuyOutcome | 'no-answer' | 'try-again'> {
  for (const book of found.values()) learn(attempt, book?.state);
  const isBehind = ({ bookId }: LineItem) => isOfferBehind(attempt, bookId, found.get(bookId));
  const lacking = tried.items.filter(({ bookId }) => found.has(bookId));
  const isShort = (item: LineItem) => {
    const book = found.get(item.bookId)?.state;
    const isAsOffered =
      isComplete(book) && isListed(book) && book.registers.price.value === item.unitPrice;
    return isAsOffered && !isBehind(item);
  };
  if (lacking.some(isShort)) return provideCopies(attempt, replica);

  // What is not behind has a newer price than was known, or is off sale: which is known now.
  const joined = await Promise.all(
    lacking
      .filter(isBehind)
      .map(({ bookId }) =>
        ifAvailable(replica.catalog.join(attempt.known.get(bookId) as BookState)),
      ),
  );
  return joined.includes(undefined) ? 'no-answer' : 'try-again';
}

/** Whether a region lacks a book, or has an older price than is known, or an older word on its sale. */
function isOfferBehind({ known }: Attempt, bookId: number, held: StoredBook | undefined): boolean {
  const newest = known.get(bookId);
  const here = held?.state;
  if (!isComplete(newest) || !isComplete(here)) return isComplete(newest);
  return (['price', 'isListed'] as const).some(
    (field) => (newest.registers[field]?.stamp ?? '') > (here.registers[field]?.stamp ?? ''),
  );
}

async function provideCopies(
  attempt: Attempt,
  replica: Replica,
): Promise<BuyOutcome | 'no-answer' | 'try-again'> {
  const { front, items, known } = attempt;
  const survey = await surveyAll(attempt);
  if (survey.orders.length > 0) return answerFrom(attempt, survey.orders);

  const own = survey.sightings.get(replica);
  if (own === undefined) return 'no-answer';
  const lacking = items.filter(({ bookId, quantity }) => {
    const held = own.books.get(bookId);
    return (held?.rights ?? 0) < quantity || isOfferBehind(attempt, bookId, held);
  });
  // Where one item can't be had, nobody's copies are moved: that would only disturb the others (design B6).
  const isInVain = lacking.some(
    ({ bookId, quantity }) =>
      copiesInReach(holdingsIn(survey, bookId), known.get(bookId)) < quantity,
  );
  if (isInVain) return survey.isWhole ? refuseIfSoldOut(attempt, survey) : unknown(attempt);

  const supplies = await Promise.all(
    lacking.map(({ bookId, quantity }) =>
      bringCopies(replica, {
        quantity,
        holdings: holdingsIn(survey, bookId),
        known: known.get(bookId),
        hasTime: () => !isTooLate(attempt),
      }),
    ),
  );
  for (const supply of supplies) learn(attempt, supply?.known);
  if (supplies.includes(undefined)) return 'no-answer';
  if (supplies.some((supply) => supply?.hasMoved === true)) front.telemetry.count('CrossRegionBuy');
  const isStuck = supplies.some((supply) => supply?.isEnough === false && !supply.hasMoved);
  return isStuck && survey.isWhole ? refuseIfSoldOut(attempt, survey) : 'try-again';
}

/** A "sold out" takes every region's answer, twice (design B10): it names each item that both say is short. */
async function refuseIfSoldOut(attempt: Attempt, first: Survey): Promise<BuyOutcome | 'try-again'> {
  const second = await surveyAll(attempt);
  if (second.orders.length > 0) return answerFrom(attempt, second.orders);
  if (!second.isWhole) return unknown(attempt);
  // What the surveys told may be a reason that comes before this one (design B17).
  if (objectionTo(attempt) !== undefined) return 'try-again';
  const short = attempt.items.flatMap(({ bookId, quantity }) => {
    const looks = [holdingsIn(first, bookId), holdingsIn(second, bookId)] as const;
    const available = copiesCounted(...looks, attempt.known.get(bookId));
    if (available === undefined || available >= quantity) return [];
    return [{ bookId, available: Math.max(0, available) }];
  });
  return short.length > 0 ? refuse(attempt, { kind: 'sold-out', items: short }) : 'try-again';
}

interface Survey {
  /** Of the replicas that answered. */
  readonly sightings: ReadonlyMap<Replica, Sighting>;
  /** Rows found under the key, in any region. */
  readonly orders: readonly OrderRow[];
  /** See {@link Answers}. */
  readonly isWhole: boolean;
}

const holdingsIn = ({ sightings }: Survey, bookId: number): Holdings =>
  new Map([...sightings].map(([replica, { books }]) => [replica, books.get(bookId)]));

/** Reads the books and the key's slots in every region: no refusal is given without. */
async function surveyAll(attempt: Attempt): Promise<Survey> {
  const { front, orderId, bodyHash } = attempt;
  const slots = [orderId, disputedId(orderId, bodyHash)];
  const { answers, silent, isWhole } = await askEvery(front, (replica) =>
    replica.sight(bookIdsOf(attempt), slots),
  );
  for (const { books } of answers.values()) {
    for (const { state } of books.values()) learn(attempt, state);
  }
  attempt.silent = answers.size > 0 ? silent : new Set();
  return {
    sightings: answers,
    orders: [...answers.values()].flatMap(({ orders }) => orders),
    isWhole,
  };
}

function learn({ known }: Attempt, state: BookState | undefined): void {
  if (state === undefined) return;
  const before = known.get(state.id);
  known.set(state.id, before === undefined ? state : joinStates(before, state));
}

async function placed(attempt: Attempt, order: OrderRow): Promise<BuyOutcome> {
  await readBack(attempt.front, bookIdsOf(order), order.region, attempt.cached);
  return { kind: 'placed', order: toOrder(order) };
}

/** Answers from orders that were found under the key. */
async function answerFrom(attempt: Attempt, found: readonly OrderRow[]): Promise<BuyOutcome> {
  const { front, bodyHash } = attempt;
  const order = standingOf(found.filter((row) => row.bodyHash === bodyHash));
  if (order !== undefined) {
    // In the order's region, wherever its row was found: only that one surely knows the sale.
    await readBack(front, bookIdsOf(order), order.region, attempt.cached);
    return { kind: isOfThisTry(attempt, order) ? 'placed' : 'repeated', order: toOrder(order) };
  }
  const survey = await surveyAll(attempt);
  if (survey.orders.some((row) => row.bodyHash === bodyHash)) {
    return answerFrom(attempt, survey.orders);
  }
  return survey.isWhole ? refuse(attempt, { kind: 'key-reused' }) : unknown(attempt);
}

/** True of an order that this try itself sent, and whose answer was lost. */
const isOfThisTry = ({ unanswered, createdAt }: Attempt, order: OrderRow): boolean =>
  order.createdAt === createdAt && [...unanswered].some(({ site }) => site === order.site);

/**
 * Gives a refusal, after changing the slot wherever a sale was sent and not answered, so that it
 * can no longer be carried out. Where that fails, the outcome is not known.
 */
async function refuse(attempt: Attempt, refusal: Refusal): Promise<BuyOutcome> {
  for (const replica of attempt.unanswered) {
    if (isTooLate(attempt)) return unknown(attempt);
    try {
      const order = await replica.orders.shut(attempt.orderId);
      if (order === undefined) continue;
      // Of another body: then ours, if it was carried out, was moved aside as disputed.
      const own =
        order.bodyHash === attempt.bodyHash
          ? [order]
          : await replica.orders.find([disputedId(attempt.orderId, attempt.bodyHash)]);
      if (own.length > 0) return answerFrom(attempt, own);
    } catch (error) {
      if (error instanceof UnavailableError) return unknown(attempt);
      throw error;
    }
  }
  return refusal;
}

/** Says that nothing was bought, where that is sure, or that it can't be known. */
async function giveUp(attempt: Attempt): Promise<BuyOutcome> {
  if (isTooLate(attempt)) return unknown(attempt);
  const survey = await surveyAll(attempt);
  if (survey.orders.length > 0) return answerFrom(attempt, survey.orders);
  if (!survey.isWhole) return unknown(attempt);
  return refuse(attempt, { kind: 'busy', orderId: attempt.orderId });
}

/** Whether another step might not end before the function is stopped, whose answer lacks the order's id. */
const isTooLate = (attempt: Attempt): boolean => elapsedMs(attempt) > longestStepBeginsMs;

const elapsedMs = ({ front, startMs }: Attempt): number => front.system.now() - startMs;

const unknown = ({ orderId }: Attempt): BuyOutcome => ({ kind: 'unknown', orderId });
