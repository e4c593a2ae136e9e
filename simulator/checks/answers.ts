/** Checks each answer when it comes, against what was true while it was asked for. */
import { byCodePoint } from '../../lib/tables/listing.js';
import { booksTold, type Message } from '../../lib/replication/messages.js';
import { hashOfOrderBody, idOfKey } from '../../lib/rules/keys.js';
import { orderSecret } from '../places/front-end-site.js';
import {
  bookIdOf,
  entriesOf,
  importOutcomesOf,
  isOfList,
  isRefused,
  type Answer,
  type Try,
} from '../record/history.js';
import { cacheOf } from '../places/place.js';
import type { Write } from '../places/table-place.js';
import type { Guarantee } from '../clockwork/violations.js';
import type { World } from '../worlds/world.js';
import { Freshness } from './freshness.js';
import { Outage } from './outage.js';
import { isKnownAtAny, sitesInReach } from './reach.js';

/** After a fault ended, circuits may be open and retries under way for this long. */
const aftermathMs = 15_000;

const expected: Readonly<Record<string, readonly number[]>> = {
  buy: [200, 201, 404, 409, 422, 503],
  'cancel-order': [200, 404, 503],
  'create-book': [201, 503],
  'get-order': [200, 404, 503],
  'import-books': [200, 503],
  info: [200, 404, 503],
  'list-books': [200, 503],
  'list-orders': [200, 503],
  'list-topics': [200, 503],
  'restock-book': [200, 404, 503],
  search: [200, 503],
  'update-book': [200, 404, 503],
};

export class AnswerChecks {
  readonly tries: Try[] = [];
  readonly #world: World;
  readonly #freshness: Freshness;
  readonly #outage: Outage;
  /** What was wrong when each request was sent. */
  readonly #wrongAtStart = new Map<Try, string>();
  /** Of each key the bodies that it was used with, and since when. */
  readonly #bodies = new Map<string, Map<string, number>>();

  constructor(world: World) {
    this.#world = world;
    this.#freshness = new Freshness(world, (one, what) => this.#violate('G5', one, what));
    this.#outage = new Outage(world, (guarantee, one, what) => this.#violate(guarantee, one, what));
  }

  onAsked(one: Try): void {
    this.tries.push(one);
    this.#wrongAtStart.set(one, this.#wrong());
    if (one.asked.route !== 'buy' || one.asked.key === undefined) return;
    const bodies = this.#bodies.get(one.asked.key) ?? new Map<string, number>();
    this.#bodies.set(one.asked.key, bodies);
    const body = bodyOf(one);
    if (!bodies.has(body)) bodies.set(body, one.startStep);
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
    if (answer.status === 404) this.#checkUnknown(one);
    if (answer.status === 409) this.#checkConflict(one, answer);
    if (answer.status === 422) this.#checkKeyReused(one);
    if (route === 'buy' && isRefused(one)) this.#checkNotSold(one);
    if (answer.status < 300) this.#freshness.check(one, answer);
    if (isOfList(one) && answer.status === 200) this.#checkOrder(one, answer);
  }

  onWrites(writes: readonly Write[]): void {
    this.#outage.onWrites(writes);
  }

  onInvalidated(front: string, message: Message): void {
    for (const { state, lists } of booksTold([message]).values()) {
      this.#freshness.bindAnnounced(front, state, lists.length > 0);
    }
    this.#outage.onAnnounced(front, message);
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

  #checkUnavailable(one: Try, answer: Answer, wrongAtStart: string | undefined): void {
    if (!(Number(answer.headers['retry-after']) > 0)) {
      this.#violate('API', one, 'was answered 503 without Retry-After');
    }
    if (one.asked.route === 'buy' && typeof answer.body['orderId'] !== 'string') {
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
    // A change is not sent again where its connection was found closed; the others may lack the book.
    const closed = `connection closed: ${one.name}/`;
    const isCut = decisions.struck.some(({ name }) => name.startsWith(closed));
    if (['update-book', 'import-books'].includes(one.asked.route) && isCut) return;
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
    const { route, body } = one.asked;
    const bookId = bookIdOf(one);
    const isKnown = isKnownAtAny(this.#world, inReach, bookId, one.startStep);
    const isFirstTry = this.tries.filter(({ asked }) => asked.key === one.asked.key).length === 1;
    const hasCopies = inReach.some(
      (site) =>
        truth.fewestRights(bookId, site, one.startStep, one.endStep) >= Number(body?.['quantity']),
    );
    const mustBeAnswered =
      (route === 'info' && isKnown) ||
      isOfList(one) ||
      (route === 'buy' && isKnown && isFirstTry && hasCopies && body?.['unitPrice'] === undefined);
    if (!mustBeAnswered) return;
    this.#violate('G6', one, `was answered 503 while only this was wrong: ${wrongAtStart}`);
  }

  /** 404 is for what no region ever knew. */
  #checkUnknown(one: Try): void {
    const { truth } = this.#world;
    if (['cancel-order', 'get-order'].includes(one.asked.route)) {
      const id = String(one.asked.path?.['id']);
      const sale = truth.sales.find(({ row }) => row.id === id);
      if (sale === undefined || sale.step > one.startStep) return;
      if (truth.forgottenOrders.has(id)) return;
      return this.#violate('G6', one, `denies an order that ${sale.row.site} had`);
    }
    const book = truth.books.get(bookIdOf(one));
    if (book === undefined || truth.forgottenBooks.has(book.id)) return;
    const since = Math.min(...book.completeAt.values());
    if (since <= one.startStep) this.#violate('G6', one, 'denies a book that a region had');
  }

  #checkConflict(one: Try, { body }: Answer): void {
    const { truth } = this.#world;
    const bookId = bookIdOf(one);
    if (truth.forgottenBooks.has(bookId)) return;
    if (String(body['type']).endsWith('sold-out')) {
      const told = availableIn(body);
      const copies = truth.availableWithin(bookId, ...this.#lastLooks(one));
      if (told < Number(one.asked.body?.['quantity']) && copies.includes(told)) return;
      return this.#violate(
        'G6',
        one,
        `was told that ${told} are left; there were ${copies.join(', ')}`,
      );
    }
    // The price: it must have been another at some moment.
    const prices = truth.book(bookId).registers.price;
    const newestAt = (step: number) =>
      prices
        .filter((price) => price.step <= step)
        .reduce((best, price) => (price.stamp > best.stamp ? price : best));
    const moments = [one.startStep, ...prices.map(({ step }) => step)];
    const isChanged = moments
      .filter((step) => step >= one.startStep && step <= one.endStep)
      .some((step) => newestAt(step).value !== one.asked.body?.['unitPrice']);
    if (!isChanged) this.#violate('G6', one, 'was told another price, and it was the price');
  }

  /** From the last but one look at any region to the last at any: between the two it was true. */
  #lastLooks({ invocation, startStep, endStep }: Try): [fromStep: number, toStep: number] {
    const looks = this.#world.regions.map(
      ({ name }) => invocation?.looks.get(name)?.slice(-2) ?? [],
    );
    const steps = looks.flat();
    return steps.length === 0 ? [startStep, endStep] : [Math.min(...steps), Math.max(...steps)];
  }

  /** Nobody is refused what they have bought. */
  #checkNotSold(one: Try): void {
    const { truth } = this.#world;
    const id = idOfKey(orderSecret, 'order', one.asked.key ?? '');
    const item = { bookId: bookIdOf(one), quantity: Number(one.asked.body?.['quantity']) };
    const body = { items: [item] };
    const sale = truth.sales.find(
      ({ row, step }) =>
        row.id === id && row.bodyHash === hashOfOrderBody(body) && step < one.startStep,
    );
    if (sale === undefined || truth.forgottenOrders.has(id)) return;
    this.#violate('G2', one, `refused what ${sale.by} had bought in ${sale.row.site}`);
  }

  #checkKeyReused(one: Try): void {
    const bodies = this.#bodies.get(one.asked.key ?? '') ?? new Map<string, number>();
    const others = [...bodies].filter(([body, step]) => body !== bodyOf(one) && step < one.endStep);
    if (others.length === 0) this.#violate('G2', one, 'was told that its key had another body');
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

const availableIn = (body: Answer['body']): number =>
  (body['items'] as { available: number }[])[0]?.available ?? Number.NaN;

/** What an order's key stands for: book and quantity. */
const bodyOf = ({ asked }: Try): string =>
  `${asked.path?.['id']} ${Number(asked.body?.['quantity'])}`;
