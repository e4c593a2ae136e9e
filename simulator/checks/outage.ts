/**
 * G7: what the cache holds is shown, and marked, also where no region answers; what it never held is
 * not denied; and a read that goes without the cache asks every region in reach.
 */
import { isComplete, type BookState } from '../../lib/rules/book.js';
import { regionOf, type Region } from '../../lib/rules/sites.js';
import type { Item } from '../dynamodb/tables.js';
import { freshForMs, longestRequestMs } from '../places/front-end-place.js';
import {
  bookIdOf,
  entriesOf,
  idsShown,
  isBusy,
  isByIsbn,
  isOfList,
  isOfWords,
  isRefused,
  type Answer,
  type Try,
} from '../record/history.js';
import { isPurchase } from '../record/purchases.js';
import { cacheOf } from '../places/place.js';
import type { Write } from '../places/table-place.js';
import type { Guarantee } from '../clockwork/violations.js';
import type { World } from '../worlds/world.js';
import { isKnownAtAny, isWhollyAnswered, regionsThatAnswered } from './reach.js';

/** Longer than a function goes on asking nothing of a region that failed it. */
const circuitOpenMs = 3_000;
/** Longer than a call waits for its answer; it may do so when the request was answered long since. */
const longestCallMs = 7_000;

export class Outage {
  readonly #world: World;
  readonly #violate: (guarantee: Guarantee, one: Try, what: string) => void;
  /** Since which step each front end's cache surely holds each book, and each page. */
  readonly #heldSince = new Map<string, number>();
  /** By each front end's own clock, until when it may have read a region for what its cache holds. */
  readonly #readMs = new Map<string, number>();
  /** Until when a front end's functions may go on without each region. */
  readonly #troubledUntilMs = new Map<string, number>();

  constructor(world: World, violate: (guarantee: Guarantee, one: Try, what: string) => void) {
    this.#world = world;
    this.#violate = violate;
  }

  /** Takes up what requests that read a region, or wrote there, put into a cache. */
  onWrites(writes: readonly Write[]): void {
    const { fronts, regions } = this.#world;
    for (const { place, records, invocation } of writes) {
      const front = fronts.find(({ cache }) => cache === place)?.name;
      const isOfRequest = invocation.name.startsWith('operation');
      const isOfRegion = regions.some(({ name }) => invocation.answered.has(name));
      if (front === undefined || !isOfRequest || !isOfRegion) continue;
      for (const { after } of records) {
        const name = nameOfCached(front, after ?? {});
        if (name === undefined) continue;
        this.#readMs.set(name, Math.max(this.#latestMs(front), this.#readMs.get(name) ?? 0));
      }
    }
  }

  /** Takes up what came of a request, whether it was answered or not. */
  onEnded(one: Try): void {
    for (const { name } of this.#world.regions) this.#noteTrouble(one, name);
    const use = one.answer?.headers['x-cache'];
    if (one.answer?.status !== 200 || isByIsbn(one)) return;
    const isKept = use === 'miss' && this.#isCacheSound(one) && isSurelyKept(one, one.answer);
    if (use === 'hit' || isKept) this.#hold(nameOfRead(one));
  }

  /** What a cache was told of it holds. */
  onAnnounced(front: string, state: BookState): void {
    if (isComplete(state)) this.#hold(nameOfBook(front, state.id));
  }

  /** @param isSteady whether no fault that lasts began or ended meanwhile. */
  check(one: Try, answer: Answer, isSteady: boolean): void {
    this.#checkRegionsAsked(one, answer);
    this.#checkMark(one, answer);
    if (isByIsbn(one)) return;
    if (answer.headers['x-cache'] === 'hit') this.#checkFresh(one, answer);
    if (isSteady) this.#checkHeld(one, answer);
    this.#checkWithoutCache(one, answer);
  }

  #noteTrouble({ front, invocation, endMs }: Try, region: Region): void {
    const asked = invocation?.asked.get(region) ?? 0;
    const unanswered = asked - (invocation?.answered.get(region) ?? 0);
    if (unanswered === 0) return;
    const hasFailed = unanswered === 1 && invocation?.failed.has(region) === true;
    const untilMs = endMs + (hasFailed ? 0 : longestCallMs) + circuitOpenMs;
    const name = `${front} ${region}`;
    this.#troubledUntilMs.set(name, Math.max(untilMs, this.#troubledUntilMs.get(name) ?? 0));
  }

  #hold(name: string): void {
    if (!this.#heldSince.has(name)) this.#heldSince.set(name, this.#world.scheduler.steps);
  }

  #isCacheSound(one: Try): boolean {
    return isWhollyAnswered(one, cacheOf(one.front)) && one.invocation?.isStruck === false;
  }

  /** The latest that a front end's clock showed to whoever works for it now. */
  #latestMs(front: string): number {
    const { scheduler } = this.#world;
    const sinceMs = scheduler.nowMs - longestRequestMs;
    return this.#world.clockOf(front).shownBetween(sinceMs, scheduler.nowMs).latestMs;
  }

  /** Who refuses knows what every region says; without any, nothing is sold, changed or looked up. */
  #checkRegionsAsked(one: Try, answer: Answer): void {
    const answered = regionsThatAnswered(this.#world, one);
    const guarantee = answered.length === 0 ? 'G7' : 'G6';
    const missing = this.#world.regions.find(({ name }) => !answered.includes(name));
    const restsOnAll = isRefused(one) && (isPurchase(one) || !isBusy(one));
    if (restsOnAll && missing !== undefined) {
      this.#violate(guarantee, one, `was answered ${answer.status} without ${missing.name}`);
    }
    const isRead = one.asked.route === 'info' || isOfList(one);
    if (answer.status < 300 && answered.length === 0 && !isRead) {
      this.#violate(guarantee, one, `was answered ${answer.status} without any region`);
    }
  }

  /** A read claims no more than it rests on. */
  #checkMark(one: Try, { headers }: Answer): void {
    const use = headers['x-cache'];
    const named = headers['x-replica']?.split(', ') ?? [];
    const answered: string[] = regionsThatAnswered(this.#world, one);
    const unheard = named.find((name) => !answered.includes(name));
    if (unheard !== undefined) {
      this.#violate('G7', one, `names ${unheard}, which did not answer`);
    }
    if (use === undefined || one.asked.route === 'get-order') return;
    if ((use === 'miss' || use === 'bypass') && named.length === 0) {
      this.#violate('G7', one, `says ${use}, and names no replica`);
    }
    const isCacheSilent = one.invocation?.answered.has(cacheOf(one.front)) === false;
    if (isCacheSilent && (use === 'hit' || use === 'miss')) {
      this.#violate('G7', one, `says ${use}, and its cache did not answer`);
    }
  }

  /** What is shown without a mark was read of a region, or written there, at most so long ago. */
  #checkFresh(one: Try, answer: Answer): void {
    const { front, startMs, endMs } = one;
    const { earliestMs } = this.#world.clockOf(front).shownBetween(startMs, endMs);
    for (const name of namesShown(one, answer)) {
      const agoMs = earliestMs - (this.#readMs.get(name) ?? Number.NEGATIVE_INFINITY);
      if (agoMs < freshForMs) continue;
      this.#violate('G7', one, `is not marked as stale; ${name} was read ${agoMs} ms before`);
    }
  }

  /** What the cache holds, and says, is shown, whoever else is silent. */
  #checkHeld(one: Try, answer: Answer): void {
    if (answer.status === 200 || !this.#isCacheSound(one)) return;
    const { route } = one.asked;
    // A list that some regions answered for may still need what no region answers for.
    const isList = isOfList(one) && regionsThatAnswered(this.#world, one).length === 0;
    if (route !== 'info' && !isList) return;
    const since = this.#heldSince.get(nameOfRead(one));
    if (since === undefined || since > one.startStep) return;
    this.#violate('G7', one, `was answered ${answer.status}, and the cache held it`);
  }

  /** Without the cache, one region alone may be behind what was shown before: every one is asked. */
  #checkWithoutCache(one: Try, answer: Answer): void {
    const { front, invocation, startMs, startStep, asked } = one;
    if (invocation?.isStruck !== false || invocation.answered.has(cacheOf(front))) return;
    const { sites, truth, fronts } = this.#world;
    const isTroubled = (region: Region) =>
      startMs < (this.#troubledUntilMs.get(`${front} ${region}`) ?? 0);
    // Of a site that is lost, the answer that it has no tables counts as none.
    const believedIn = fronts.find(({ name }) => name === front)?.sites ?? [];
    const passedOver = sites
      .filter((site) => believedIn.includes(site))
      .map(regionOf)
      .find((name) => !invocation.asked.has(name) && !isTroubled(name));
    if (asked.route === 'info' && passedOver !== undefined) {
      this.#violate('G7', one, `did not ask ${passedOver}, and its cache did not answer`);
    }
    if (answer.status !== 503 || truth.lost.size > 0) return;
    const heard = sites.filter((site) => isWhollyAnswered(one, regionOf(site)));
    const isKnown = isKnownAtAny(this.#world, heard, bookIdOf(one), startStep);
    const mustBeAnswered =
      (asked.route === 'info' && isKnown) ||
      ((isOfList(one) || isOfWords(one)) && heard.length > 0);
    if (!mustBeAnswered) return;
    this.#violate('G7', one, `was answered 503 without its cache, and ${heard[0]} answered`);
  }
}

const nameOfBook = (front: string, bookId: number): string => `book ${bookId} at ${front}`;

const nameOfLists = (front: string): string => `any list at ${front}`;

/** Of an item of a cache. */
function nameOfCached(front: string, item: Item): string | undefined {
  if ('bookId' in item) return nameOfBook(front, Number(item['bookId']));
  return 'page' in item ? nameOfLists(front) : undefined;
}

/** The book, or the page, that a request asks for. */
const nameOfRead = (one: Try): string =>
  one.asked.route === 'info'
    ? nameOfBook(one.front, bookIdOf(one))
    : `${one.asked.route} ${JSON.stringify([one.asked.path, one.asked.query])} at ${one.front}`;

/** A page is kept that holds something, and begins the list or goes on behind an entry that is still there. */
const isSurelyKept = ({ asked }: Try, { body }: Answer): boolean =>
  asked.route === 'info' ||
  (asked.query?.['cursor'] === undefined && entriesOf(asked.route, body).length > 0);

/** What an answer shows. */
function namesShown(one: Try, answer: Answer): string[] {
  const { front, asked } = one;
  if (asked.route === 'info') return [nameOfRead(one)];
  return [nameOfLists(front), ...idsShown(answer).map((id) => nameOfBook(front, id))];
}
