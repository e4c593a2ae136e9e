/**
 * Buying: a sale is made in the first region that answers, and what it lacks there (copies, the
 * book, a newer price) is brought there, in rounds. `docs/design.md`, "Buy", tells the rules.
 */
import type { CachedBook } from '../cache/book-cache.js';
import { difference, isComplete, joinStates, type BookState } from '../rules/book.js';
import type { StoredBook } from '../tables/book-item.js';
import { UnavailableError } from '../errors.js';
import { disputedId, hashOfOrderBody, idOfKey, type OrderBody } from '../rules/keys.js';
import { toOrder, type Order, type OrderRow } from '../rules/order.js';
import { emptySlot, standingOf, type Slot } from '../rules/settlement.js';
import type { Replica, Sighting } from '../tables/replica.js';
import type { SaleOutcome } from '../tables/sales.js';
import { rightsOf, rowOf, stockOf, type Ledger } from '../rules/ledger.js';
import {
  askEvery,
  cachedBook,
  ifAvailable,
  readBack,
  saleOrder,
  withOutcome,
  type FrontEnd,
  type Secrets,
} from './front-end.js';

export interface Purchase extends OrderBody {
  /** The client's idempotency key: one key has at most one standing order. */
  readonly key: string;
  /** The price that the buyer was shown; a sale at another is refused. */
  readonly unitPrice?: number;
}

/** A refusal is final for its try: nothing that was sent for it can still become an order. */
export type Refusal =
  /** It was not to be done in time. No order of this key was in any region, either. */
  | { readonly kind: 'busy'; readonly orderId: string }
  | { readonly kind: 'key-reused' }
  | { readonly kind: 'unknown-book' }
  | { readonly kind: 'price-changed'; readonly price: number }
  | { readonly kind: 'sold-out'; readonly available: number };

export type BuyOutcome =
  | { readonly kind: 'placed' | 'repeated'; readonly order: Order }
  | Refusal
  /** An order of this key may be there, or still come: only the same key may be tried again. */
  | { readonly kind: 'unknown'; readonly orderId: string };

const mostRounds = 8;
/** The last round begins before this, and must end well within the function's timeout. */
const longestTryMs = 12_000;
/** A purchase that took this long begins no other step, which may take a time-out: it says what it knows (design B15). */
const longestStepBeginsMs = 18_000;
const longestPauseMs = 200;

/** One try to buy, and what it has learned so far. */
interface Attempt {
  readonly front: FrontEnd;
  readonly purchase: Purchase;
  readonly orderId: string;
  readonly bodyHash: string;
  readonly createdAt: string;
  readonly deadlineMs: number;
  readonly lastStepMs: number;
  /** The cache's item as it was read: what the read-back is joined to. */
  readonly cached: CachedBook | undefined;
  /** Everything that was seen of the book, joined. */
  known: BookState | undefined;
  /** Replicas that were sent a sale and did not answer: it may still be carried out there. */
  readonly unanswered: Set<Replica>;
  /** Replicas that did not answer when all were asked last, and others did. */
  silent: ReadonlySet<Replica>;
}

/** Buys copies of a book, once for each key however often it is called. */
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
    cachedBook(front, purchase.bookId),
  ]);
  const orderId = idOfKey(secret, 'order', purchase.key);
  const attempt: Attempt = {
    front,
    purchase,
    orderId,
    bodyHash: hashOfOrderBody(purchase),
    createdAt: new Date(front.system.now()).toISOString(),
    deadlineMs: startMs + longestTryMs,
    lastStepMs: startMs + longestStepBeginsMs,
    cached,
    known: cached?.state,
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
    await pauseBefore(attempt, round);
    if (attempt.front.system.now() > attempt.deadlineMs) break;

    const offer = await offerAt(attempt, replica);
    if (offer.kind !== 'offer') return offer;
    // It takes a time-out to try: a region that answered is not to wait for several of them (design B8).
    if (attempt.silent.has(replica)) return 'no-answer';
    const order = draft(attempt, replica, offer);
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
        const outcome = await provide(attempt, replica, sale.book, offer.price);
        if (outcome !== 'try-again') return outcome;
      }
    }
  }
  return giveUp(attempt);
}

/** Full jitter: the buyers that met in one round spread out in the next. */
async function pauseBefore({ front }: Attempt, round: number): Promise<void> {
  if (round < 2) return;
  await front.system.sleep(front.system.random() * Math.min(longestPauseMs, 10 * 2 ** round));
}

interface Offer {
  readonly kind: 'offer';
  readonly title: string;
  readonly price: number;
}

/** What to sell at: the newest price known, which must be the one that the buyer was shown. */
async function offerAt(attempt: Attempt, replica: Replica): Promise<Offer | BuyOutcome> {
  const { bookId, unitPrice } = attempt.purchase;
  if (!isComplete(attempt.known)) {
    const book = await ifAvailable(replica.catalog.get(bookId));
    learn(attempt, book?.state);
  }
  if (isWelcome(attempt)) return toOffer(attempt);

  const survey = await surveyAll(attempt);
  if (survey.orders.length > 0) return answerFrom(attempt, survey.orders);
  if (isWelcome(attempt)) return toOffer(attempt);
  if (!survey.isWhole) return unknown(attempt);

  // The state that the refusal rests on was read before this look at the slots: an order of this
  // key that led to that state is seen by it (design B9).
  const again = await surveyAll(attempt);
  if (again.orders.length > 0) return answerFrom(attempt, again.orders);
  if (isWelcome(attempt)) return toOffer(attempt);
  if (!again.isWhole) return unknown(attempt);
  const price = isComplete(attempt.known) ? attempt.known.registers.price.value : undefined;
  return price === undefined || unitPrice === undefined
    ? refuse(attempt, { kind: 'unknown-book' })
    : refuse(attempt, { kind: 'price-changed', price });
}

function isWelcome({ known, purchase: { unitPrice } }: Attempt): boolean {
  if (!isComplete(known)) return false;
  return unitPrice === undefined || unitPrice === known.registers.price.value;
}

function toOffer({ known }: Attempt): Offer {
  if (!isComplete(known)) throw new TypeError('an offer needs a complete book');
  const { title, price } = known.registers;
  return { kind: 'offer', title: title.value, price: price.value };
}

function draft(attempt: Attempt, replica: Replica, { title, price }: Offer): OrderRow {
  const { bookId, quantity } = attempt.purchase;
  return {
    id: attempt.orderId,
    bookId,
    title,
    quantity,
    unitPrice: price,
    total: price * quantity,
    currency: attempt.front.currency,
    region: replica.region,
    createdAt: attempt.createdAt,
    status: 'placed',
    site: replica.site,
    bodyHash: attempt.bodyHash,
  };
}

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
    const seen = sightings.find((sighting) => sighting.replica === replica);
    if (seen === undefined) return { kind: 'no-answer' };
    const row = seen.orders.find(({ id }) => id === order.id);
    return row === undefined
      ? { kind: 'asked-again' }
      : { kind: 'slot-changed', slot: { kind: 'order', order: row } };
  }
}

/**
 * Brings to `replica` what the sale lacked there.
 *
 * @param here the book as the sale found it; undefined where it is not there.
 */
async function provide(
  attempt: Attempt,
  replica: Replica,
  here: StoredBook | undefined,
  triedPrice: number,
): Promise<BuyOutcome | 'no-answer' | 'try-again'> {
  learn(attempt, here?.state);
  const price = isComplete(here?.state) ? here.state.registers.price : undefined;
  const isBehind =
    isComplete(attempt.known) &&
    (price === undefined || price.stamp < attempt.known.registers.price.stamp);
  if (isBehind) {
    const delivered = await ifAvailable(replica.catalog.join(attempt.known as BookState));
    return delivered === undefined ? 'no-answer' : 'try-again';
  }
  // A newer price than was known, which it now is.
  if (price?.value !== triedPrice) return 'try-again';
  return bringCopies(attempt, replica);
}

async function bringCopies(
  attempt: Attempt,
  replica: Replica,
): Promise<BuyOutcome | 'no-answer' | 'try-again'> {
  const { front, purchase } = attempt;
  const first = await surveyAll(attempt);
  if (first.orders.length > 0) return answerFrom(attempt, first.orders);

  const own = first.sightings.find((sighting) => sighting.replica === replica);
  if (own === undefined) return 'no-answer';
  let stored = await deliver(replica, own.book, attempt.known);
  if (stored === undefined) return 'no-answer';
  if (stored.rights >= purchase.quantity) return 'try-again';
  // Too few copies for this buyer stay where they are: to move them would only disturb the others (design B6).
  const isInVain = stockOf(attempt.known?.ledger ?? {}) < purchase.quantity;
  if (first.isWhole && isInVain) return refuseIfSoldOut(attempt, first);

  const entitledTo = ({ site }: Replica) => rightsOf(attempt.known?.ledger ?? {}, site);
  const givers = first.sightings
    .filter((sighting) => sighting !== own)
    .sort((one, other) => entitledTo(other.replica) - entitledTo(one.replica));
  let hasMoved = false;
  for (const giver of givers) {
    const missing = purchase.quantity - stored.rights;
    if (missing <= 0 || isTooLate(attempt)) break;
    const given = await takeFrom(attempt, giver, replica, missing);
    if (given === undefined) continue;
    learn(attempt, given.state);
    const arrived = await ifAvailable(replica.catalog.join(given.state));
    if (arrived === undefined) return 'no-answer';
    stored = arrived;
    hasMoved = true;
  }
  if (hasMoved) {
    front.telemetry.count('CrossRegionBuy');
    return 'try-again';
  }

  if (!first.isWhole) {
    const copiesInReach = givers.reduce(
      (sum, giver) => sum + entitledTo(giver.replica),
      stored.rights,
    );
    return copiesInReach >= purchase.quantity ? 'try-again' : unknown(attempt);
  }
  return refuseIfSoldOut(attempt, first);
}

/**
 * Moves copies from a region that has them to the one that sells, after delivering to it what is
 * still on its way there.
 *
 * @returns the giver's book; undefined where it had none to give, or did not answer.
 */
async function takeFrom(
  attempt: Attempt,
  giver: Sighting,
  to: Replica,
  missing: number,
): Promise<StoredBook | undefined> {
  const { bookId } = attempt.purchase;
  const isMoreOnItsWay =
    rightsOf(attempt.known?.ledger ?? {}, giver.replica.site) > (giver.book?.rights ?? 0);
  const book = isMoreOnItsWay
    ? await deliver(giver.replica, giver.book, attempt.known)
    : giver.book;
  const spare = book?.rights ?? 0;
  // Half of what is there if that is more: the batch serves the next buyers too.
  const copies = Math.min(spare, Math.max(missing, Math.floor(spare / 2)));
  if (copies <= 0) return undefined;
  return ifAvailable(giver.replica.catalog.move(bookId, to.site, copies));
}

/**
 * A region-wide "sold out" takes every region's answer, twice: one pass over regions that change
 * meanwhile can sum to zero while a copy was there all the time. What both passes show was true
 * between them (a double collect; Afek et al., J. ACM 40(4), 1993; design B10).
 */
async function refuseIfSoldOut(attempt: Attempt, first: Survey): Promise<BuyOutcome | 'try-again'> {
  const second = await surveyAll(attempt);
  if (second.orders.length > 0) return answerFrom(attempt, second.orders);
  if (!second.isWhole) return unknown(attempt);
  const seen = ownRows(second);
  if (seqsOf(ownRows(first)) !== seqsOf(seen)) return 'try-again';
  // What one region told of another may be newer than that, and than what a third one has by now (design B11).
  const available = stockOf({ ...attempt.known?.ledger, ...seen });
  if (available >= attempt.purchase.quantity) return 'try-again';
  return refuse(attempt, { kind: 'sold-out', available: Math.max(0, available) });
}

/** Each site's row as that site had it. */
const ownRows = ({ sightings }: Survey): Ledger =>
  Object.fromEntries(
    sightings.map(({ replica: { site }, book }) => [site, rowOf(book?.state.ledger ?? {}, site)]),
  );

const seqsOf = (ledger: Ledger): string =>
  Object.entries(ledger)
    .map(([site, { seq }]) => `${site}:${seq}`)
    .join(' ');

/** Joins what is known into a replica that is behind it, exactly as replication would. */
async function deliver(
  replica: Replica,
  book: StoredBook | undefined,
  known: BookState | undefined,
): Promise<StoredBook | undefined> {
  if (known === undefined) return book;
  if (book !== undefined && difference(book.state, known, replica.site) === undefined) return book;
  return ifAvailable(replica.catalog.join(known));
}

interface Survey {
  readonly sightings: readonly Sighting[];
  /** Rows found under the key, in any region. */
  readonly orders: readonly OrderRow[];
  /** See {@link Answers}. */
  readonly isWhole: boolean;
}

/** Reads the book and the key's slots in every region: no refusal is given without. */
async function surveyAll(attempt: Attempt): Promise<Survey> {
  const { front, purchase, orderId, bodyHash } = attempt;
  const slots = [orderId, disputedId(orderId, bodyHash)];
  const { answers, silent, isWhole } = await askEvery(front, (replica) =>
    replica.sight(purchase.bookId, slots),
  );
  const sightings = [...answers.values()];
  for (const { book } of sightings) learn(attempt, book?.state);
  attempt.silent = answers.size > 0 ? silent : new Set();
  return {
    sightings,
    orders: sightings.flatMap(({ orders }) => orders),
    isWhole,
  };
}

function learn(attempt: Attempt, state: BookState | undefined): void {
  if (state === undefined) return;
  attempt.known = attempt.known === undefined ? state : joinStates(attempt.known, state);
}

async function placed(attempt: Attempt, order: OrderRow): Promise<BuyOutcome> {
  await readBack(attempt.front, order.bookId, order.region, attempt.cached);
  return { kind: 'placed', order: toOrder(order) };
}

/** Answers from orders that were found under the key. */
async function answerFrom(attempt: Attempt, found: readonly OrderRow[]): Promise<BuyOutcome> {
  const { front, bodyHash } = attempt;
  const order = standingOf(found.filter((row) => row.bodyHash === bodyHash));
  if (order !== undefined) {
    // In the order's region, wherever its row was found: only that one surely knows the sale.
    await readBack(front, order.bookId, order.region, attempt.cached);
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
const isTooLate = ({ front, lastStepMs }: Attempt): boolean => front.system.now() > lastStepMs;

const unknown = ({ orderId }: Attempt): BuyOutcome => ({ kind: 'unknown', orderId });
