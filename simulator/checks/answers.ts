/** Checks each answer when it comes, against what was true while it was asked for. */
import { byCodePoint } from '../../lib/tables/listing.js';
import { booksTold, type Message } from '../../lib/replication/messages.js';
import {
  bookIdOf,
  entriesOf,
  importOutcomesOf,
  isOfList,
  isOfWords,
  isRefused,
  keyIdAsked,
  type Answer,
  type Try,
} from '../record/history.js';
import { bodyText, isPurchase, itemsAsked, type AskedItem } from '../record/purchases.js';
import { cacheOf } from '../places/place.js';
import { newestOf, type RegisterVersion } from '../record/truth.js';
import type { Write } from '../places/table-place.js';
import type { Guarantee } from '../clockwork/violations.js';
import type { Site } from '../../lib/rules/sites.js';
import type { World } from '../worlds/world.js';
import { Freshness } from './freshness.js';
import { Outage } from './outage.js';
import { isShownFor, type Shown } from './words.js';
import { isKnownAtAny, sitesInReach } from './reach.js';
import { WholeOrders } from './whole-orders.js';

/** After a fault ended, circuits may be open and retries under way for this long. */
const aftermathMs = 15_000;

const ofPurchase = [200, 201, 404, 409, 422, 503];
const expected: Readonly<Record<string, readonly number[]>> = {
  buy: ofPurchase,
  'cancel-order': [200, 404, 503],
  'create-book': [201, 503],
  'get-order': [200, 404, 503],
  'import-books': [200, 503],
  info: [200, 404, 503],
  'list-books': [200, 503],
  'list-orders': [200, 503],
  'list-topics': [200, 503],
  'place-order': ofPurchase,
  'restock-book': [200, 404, 503],
  search: [200, 503],
  'update-book': [200, 404, 503],
  'write-off-book': [200, 404, 409, 503],
};

export class AnswerChecks {
  readonly tries: Try[] = [];
  readonly #world: World;
  readonly #freshness: Freshness;
  readonly #outage: Outage;
  readonly #wholeOrders: WholeOrders;
  /** What was wrong when each request was sent. */
  readonly #wrongAtStart = new Map<Try, string>();

  constructor(world: World) {
    this.#world = world;
    this.#freshness = new Freshness(world, (one, what) => this.#violate('G5', one, what));
    this.#outage = new Outage(world, (guarantee, one, what) => this.#violate(guarantee, one, what));
    this.#wholeOrders = new WholeOrders(world.report);
  }

  onAsked(one: Try): void {
    this.tries.push(one);
    this.#wrongAtStart.set(one, this.#wrong());
    this.#wholeOrders.onAsked(one);
  }

  onAnswered(one: Try): void {
    const wrongAtStart = this.#wrongAtStart.get(one);
    this.#wrongAtStart.delete(one);
    const { answer } = one;
    const isSteady =
      wrongAtStart === this.#wrong() && this.#world.disturbances.lastEndMs < one.startMs;
    this.#freshness.noteReach(one);
    if (answer !== undefined) this.#outage.check(one, answer, isSteady);
    this.#outage.onEnded(one);
    if (answer === undefined) return this.#checkSound(one, 'got no answer');
    const { route } = one.asked;
    if (!(expected[route] ?? []).includes(answer.status)) {
      return this.#violate('API', one, `was answered ${answer.status}`);
    }
    if (answer.status === 503) this.#checkUnavailable(one, answer, wrongAtStart);
    const outcomes = [...importOutcomesOf(one).values()];
    if (outcomes.some(isUnanswered)) this.#checkSound(one, 'left a book unanswered');
    if (answer.status === 404) this.#checkUnknown(one, answer);
    if (answer.status === 409) this.#checkConflict(one, answer);
    if (answer.status === 422) this.#checkKeyReused(one);
    if (isPurchase(one) && isRefused(one)) this.#checkNotSold(one);
    this.#wholeOrders.onAnswered(one);
    if (answer.status < 300) this.#freshness.check(one, answer);
    if (isOfList(one) && answer.status === 200) this.#checkOrder(one, answer);
    if (isOfWords(one) && answer.status === 200) this.#checkWords(one, answer);
  }

  onWrites(writes: readonly Write[]): void {
    this.#outage.onWrites(writes);
    this.#wholeOrders.onWrites(writes);
  }

  onInvalidated(front: string, message: Message): void {
    this.#wholeOrders.onTold(message);
    for (const { state, lists } of booksTold([message]).values()) {
      this.#freshness.bindAnnounced(front, state, lists.length > 0);
      this.#outage.onAnnounced(front, state);
    }
  }

  /** The lasting faults there are, as one text. */
  #wrong(): string {
    return this.#world.disturbances.active.join('; ');
  }

  /** A page shows its entries in order, each once, and only what lies behind the pages before it. */
  #checkOrder(one: Try, { body }: Answer): void {
    const { route, behind } = one.asked;
    const entries = entriesOf(route, body);
    const places = behind === undefined ? entries : [behind, ...entries];
    const isAscending = places.every((place, at) => at === 0 || isBefore(places[at - 1], place));
    if (!isAscending) this.#violate('API', one, `shows ${entries.join(', ')} behind ${behind}`);
  }

  /** A page of a search shows each book once, and only what has all the words. */
  #checkWords(one: Try, { body }: Answer): void {
    const shown = body['books'] as Shown[];
    for (const book of shown) {
      if (!isShownFor(one.asked, book)) this.#violate('G11', one, `shows ${JSON.stringify(book)}`);
    }
    const ids = shown.map(({ id }) => id);
    if (new Set(ids).size < ids.length) {
      this.#violate('G11', one, `shows a book twice: ${ids.join(', ')}`);
    }
  }

  #checkUnavailable(one: Try, answer: Answer, wrongAtStart: string | undefined): void {
    if (!(Number(answer.headers['retry-after']) > 0)) {
      this.#violate('API', one, 'was answered 503 without Retry-After');
    }
    if (isPurchase(one) && typeof answer.body['orderId'] !== 'string') {
      this.#violate('G9', one, 'was answered 503 without the id of the order');
    }
    this.#checkSound(one, 'was answered 503');
    this.#checkRegionsDown(one, wrongAtStart);
  }

  /** Where nothing is wrong, everything is answered. */
  #checkSound(one: Try, what: string): void {
    const { decisions, disturbances, truth } = this.#world;
    if (disturbances.active.length > 0 || truth.lost.size > 0) return;
    if (one.startMs - aftermathMs < decisions.lastFaultMs) return;
    // These are not sent again where their connection was found closed; other regions may lack the book.
    const closed = `connection closed: ${one.name}/`;
    const isCut = decisions.struck.some(({ name }) => name.startsWith(closed));
    if (['update-book', 'import-books', 'write-off-book'].includes(one.asked.route) && isCut)
      return;
    this.#violate('G6', one, `${what}, and nothing was wrong`);
  }

  /** With regions out of reach, and nothing else wrong, the others go on. */
  #checkRegionsDown(one: Try, wrongAtStart: string | undefined): void {
    const { decisions, disturbances, truth, sites } = this.#world;
    const faults = disturbances.active.length;
    if (wrongAtStart !== this.#wrong() || faults === 0) return;
    const lastMs = Math.max(disturbances.lastEndMs, decisions.lastPassingFaultMs);
    if (one.startMs - aftermathMs < lastMs) return;
    if (one.invocation?.isStruck !== false || truth.lost.size > 0) return;
    const inReach = sitesInReach(this.#world, one.front);
    if (inReach.length === 0 || inReach.length !== sites.length - faults) return;
    if (one.invocation.failed.has(cacheOf(one.front))) return;
    const isKnown = (bookId: number) => isKnownAtAny(this.#world, inReach, bookId, one.startStep);
    const mustBeAnswered =
      (one.asked.route === 'info' && isKnown(bookIdOf(one))) ||
      isOfList(one) ||
      isOfWords(one) ||
      (isPurchase(one) && this.#isForSale(one, inReach) && this.#isFirstTry(one));
    if (!mustBeAnswered) return;
    this.#violate('G6', one, `was answered 503 while only this was wrong: ${wrongAtStart}`);
  }

  #isFirstTry({ asked: { key } }: Try): boolean {
    return this.tries.filter(({ asked }) => asked.key === key).length === 1;
  }

  /** Whether these sites know all books of a purchase, and one of them had the copies all the time. */
  #isForSale(one: Try, sites: readonly Site[]): boolean {
    const { startStep, endStep } = one;
    const items = itemsAsked(one);
    const hasCopies = (site: Site) =>
      items.every(
        ({ bookId, quantity }) =>
          this.#world.truth.fewestRights(bookId, site, startStep, endStep) >= quantity,
      );
    return (
      items.every(({ bookId }) => isKnownAtAny(this.#world, sites, bookId, startStep)) &&
      items.every(({ unitPrice }) => unitPrice === undefined) &&
      items.every(({ bookId }) => !this.#wasOffSale(bookId)) &&
      sites.some(hasCopies)
    );
  }

  /** Ever: who does not know that it is back has to ask the region that does. */
  #wasOffSale(bookId: number): boolean {
    return this.#world.truth.book(bookId).registers.isListed.some(({ value }) => value === false);
  }

  /** 404 is for what no region ever knew. */
  #checkUnknown(one: Try, answer: Answer): void {
    const { truth } = this.#world;
    if (['cancel-order', 'get-order'].includes(one.asked.route)) {
      const id = String(one.asked.path?.['id']);
      const sale = truth.sales.find(({ row }) => row.id === id);
      if (sale === undefined || sale.step > one.startStep) return;
      if (truth.forgottenOrders.has(id)) return;
      return this.#violate('G6', one, `denies an order that ${sale.row.site} had`);
    }
    const ids = isPurchase(one) ? itemsAsked(one).map(({ bookId }) => bookId) : [bookIdOf(one)];
    const denied = isPurchase(one) ? itemsTold(answer).map(({ bookId }) => bookId) : ids;
    for (const id of ids.filter((known) => !truth.forgottenBooks.has(known))) {
      const since = Math.min(...(truth.books.get(id)?.completeAt.values() ?? []));
      if (denied.includes(id) && since <= one.startStep) {
        this.#violate('G6', one, `denies book ${id}, which a region had`);
      }
      if (!denied.includes(id) && since > one.endStep) {
        this.#violate('G6', one, `does not deny book ${id}, which no region had`);
      }
    }
  }

  /** A refusal names each book that it is for with what was true at a moment, and no other. */
  #checkConflict(one: Try, answer: Answer): void {
    const isSoldOut = String(answer.body['type']).endsWith('sold-out');
    const isOffSale = String(answer.body['type']).endsWith('not-for-sale');
    const told = itemsTold(answer);
    const asked = itemsAsked(one);
    const stranger = told.find(({ bookId }) => !asked.some((item) => item.bookId === bookId));
    if (told.length === 0) this.#violate('API', one, 'was refused for no book');
    if (stranger) this.#violate('API', one, `was refused for ${stranger.bookId}, no book of it`);
    for (const item of asked) {
      if (this.#world.truth.forgottenBooks.has(item.bookId)) continue;
      const ofItem = told.find(({ bookId }) => bookId === item.bookId);
      if (isSoldOut) this.#checkCopiesTold(one, item, ofItem?.available);
      else if (isOffSale) this.#checkSaleTold(one, item, ofItem !== undefined);
      else this.#checkPriceTold(one, item, ofItem?.price);
    }
  }

  /** @param told how many copies are said to be left; undefined where enough of them were. */
  #checkCopiesTold(one: Try, { bookId, quantity }: AskedItem, told: number | undefined): void {
    const { truth } = this.#world;
    const [fromStep, toStep] = this.#lastLooks(one, bookId);
    const copies = truth.availableWithin(bookId, fromStep, toStep);
    // What changes between the looks can't be said.
    const isTrue =
      told === undefined
        ? copies.some((left) => left >= quantity) || truth.isMoving(bookId, fromStep, toStep)
        : told < quantity && copies.includes(told);
    if (isTrue) return;
    const what = told === undefined ? 'there are enough' : `${told} are left`;
    this.#violate(
      'G6',
      one,
      `was told that of book ${bookId} ${what}; there were ${copies.join(', ')}`,
    );
  }

  /** @param told the price that it is said to have; undefined where it is the one that was asked for. */
  #checkPriceTold(one: Try, { bookId, unitPrice }: AskedItem, told: number | undefined): void {
    const versions = this.#world.truth.book(bookId).registers.price;
    const prices = newestWithin(versions, one.startStep, one.endStep);
    const isTrue =
      told === undefined
        ? unitPrice === undefined || prices.includes(unitPrice)
        : unitPrice !== undefined &&
          prices.some((price) => price !== unitPrice) &&
          versions.some(({ value }) => value === told);
    if (isTrue) return;
    const what = told === undefined ? 'is the same' : `is ${told}`;
    this.#violate(
      'G6',
      one,
      `was told that the price of book ${bookId} ${what}; it was ${prices.join(', ')}`,
    );
  }

  /** @param isTold whether it is said to be off sale. */
  #checkSaleTold(one: Try, { bookId }: AskedItem, isTold: boolean): void {
    const { isListed } = this.#world.truth.book(bookId).registers;
    const sales = newestWithin(isListed, one.startStep, one.endStep);
    if (sales.some((sale) => (sale === false) === isTold)) return;
    const what = isTold ? 'is' : 'is not';
    this.#violate('G6', one, `was told that book ${bookId} ${what} off sale; it was otherwise`);
  }

  /** From the last but one look at a book in any region to the last in any: between the two it was true. */
  #lastLooks(
    { invocation, startStep, endStep }: Try,
    bookId: number,
  ): [fromStep: number, toStep: number] {
    const steps = this.#world.regions.flatMap(({ name }) =>
      (invocation?.looks ?? [])
        .filter(({ place, ids }) => place === name && ids.includes(String(bookId)))
        .slice(-2)
        .map(({ step }) => step),
    );
    return steps.length === 0 ? [startStep, endStep] : [Math.min(...steps), Math.max(...steps)];
  }

  /** Nobody is refused what they have bought. */
  #checkNotSold(one: Try): void {
    const { truth } = this.#world;
    const id = keyIdAsked(one);
    const body = bodyText(itemsAsked(one));
    const sale = truth.sales.find(
      ({ row, step }) => row.id === id && bodyText(row.items) === body && step < one.startStep,
    );
    if (sale === undefined || truth.forgottenOrders.has(id)) return;
    this.#violate('G2', one, `refused what ${sale.by} had bought in ${sale.row.site}`);
  }

  #checkKeyReused(one: Try): void {
    const bodies = this.#wholeOrders.bodiesUntil(one, one.endStep);
    const isOther = bodies.some((body) => body !== bodyText(itemsAsked(one)));
    if (!isOther) this.#violate('G2', one, 'was told that its key had another body');
  }

  #violate(guarantee: Guarantee, one: Try, what: string): void {
    this.#world.report({
      guarantee,
      what: `${one.name} at ${one.front} (${one.asked.route}) ${what}`,
    });
  }
}

const isUnanswered = (outcome: string): boolean => ['busy', 'unknown'].includes(outcome);

const isBefore = (one: string | number | undefined, other: string | number): boolean =>
  typeof one === 'number' && typeof other === 'number'
    ? one < other
    : byCodePoint(String(one), String(other)) < 0;

interface ToldItem {
  readonly bookId: number;
  readonly available?: number;
  readonly price?: number;
}

/** The items that a refusal is for. */
const itemsTold = ({ body }: Answer): readonly ToldItem[] =>
  (body['items'] ?? []) as readonly ToldItem[];

/** The newest value of a register at each moment between two steps. */
function newestWithin(
  versions: readonly RegisterVersion[],
  fromStep: number,
  toStep: number,
): unknown[] {
  const newestAt = (step: number) =>
    newestOf(versions.filter((version) => version.step <= step))?.value;
  const moments = versions.map(({ step }) => step);
  return [fromStep, ...moments.filter((step) => step > fromStep && step <= toStep)].map(newestAt);
}
