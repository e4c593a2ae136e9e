/**
 * G5: what a front end acknowledged it shows from then on. Nothing but the shown values is looked
 * at: a price must be one that is not older than what was acknowledged, and a stock must be the sum
 * of versions of the sites' rows that are not.
 */
import type { BookState, Description } from '../../lib/rules/book.js';
import { topicKey } from '../../lib/rules/topic.js';
import { unsoldOf } from '../../lib/rules/ledger.js';
import type { Order, OrderRow } from '../../lib/rules/order.js';
import { regionOf, type Site } from '../../lib/rules/sites.js';
import { freshForMs } from '../places/front-end-place.js';
import {
  bookIdOf,
  idsShown,
  importOutcomesOf,
  isOfWords,
  keyIdAsked,
  type Answer,
  type Try,
} from '../record/history.js';
import { isPurchase } from '../record/purchases.js';
import { cacheOf } from '../places/place.js';
import {
  newestOf,
  operationOf,
  type BookTruth,
  type SeqsByBook,
  type StockChange,
} from '../record/truth.js';
import type { World } from '../worlds/world.js';
import { isWhollyAnswered } from './reach.js';

/** A front end must not show less than this from some step on. */
interface Bound {
  readonly step: number;
  readonly atMs: number;
  /** Where it was committed; undefined where only the cache surely knows it. */
  readonly site: Site | undefined;
  /** The version of a site's row, or the stamp of a register. */
  readonly rowSite?: Site;
  readonly seq?: number;
  readonly field?: keyof Description;
  readonly stamp?: string;
  /** False where the lists that a book was moved into or out of were not named. */
  readonly isListed?: boolean;
}

/** What is looked at of a description. */
const shownFields = ['title', 'topic', 'price', 'isListed'] as const;

/** A place that failed may not be asked for this long. */
const circuitMs = 5_000;
/** How far an index is behind where that is one of the faults. */
const longestLagMs = 10_000;
/** A page that was read while an index was behind is kept for 10 s. */
const keptMs = 11_000;

export class Freshness {
  readonly #world: World;
  readonly #violate: (one: Try, what: string) => void;
  readonly #bounds = new Map<string, Bound[]>();
  /** When a call of each front end failed last. */
  readonly #failedMs = new Map<string, number>();
  /** When each front end read a list last that a region did not answer for. */
  readonly #partlyReadMs = new Map<string, number>();
  /** How long after a book was moved into a list it is surely found there. */
  readonly #listedAfterMs: number;

  constructor(world: World, violate: (one: Try, what: string) => void) {
    this.#world = world;
    this.#violate = violate;
    const { lasting, lagMs } = world.profile;
    this.#listedAfterMs = keptMs + (lasting.includes('index behind') ? longestLagMs : lagMs);
  }

  /** Checks an answer that was not a refusal, and takes up what it binds its front end to. */
  check(one: Try, answer: Answer): void {
    const { route } = one.asked;
    const { truth } = this.#world;
    const { body } = answer;
    if (route === 'info') this.#checkBook(one, body, this.#namedBounds(one, answer));
    if (route === 'search' || route === 'list-books') {
      for (const book of body['books'] as Record<string, unknown>[]) this.#checkBook(one, book);
    }
    if (route === 'search' && isWholeTopic(one)) this.#checkListed(one, answer);
    if (isPurchase(one)) this.#bindOrder(one, body, truth.sales);
    if (isPurchase(one) && answer.status === 201) this.#checkOffers(one, body);
    if (route === 'cancel-order') this.#bindOrder(one, body, truth.cancellations);
    if (route === 'restock-book' || route === 'create-book') this.#bindStock(one, truth.restocks);
    if (route === 'write-off-book') this.#bindStock(one, truth.writeOffs);
    if (route === 'update-book' || route === 'create-book') {
      this.#bindRegisters(one, bookIdOf(one), one.asked.body ?? {});
    }
    if (route === 'import-books') this.#bindImport(one);
  }

  #boundsOf(one: Try, bookId: number): Bound[] {
    const bounds = this.#bounds.get(`${one.front} ${bookId}`) ?? [];
    return bounds.filter(({ step, site }) => step < one.startStep && this.#isTrusted(one, site));
  }

  /** Whether what this request read must show what was acknowledged of this site. */
  #isTrusted(one: Try, site: Site | undefined): boolean {
    const isCacheRead = isWhollyAnswered(one, cacheOf(one.front));
    const { truth } = this.#world;
    if (isCacheRead || site === undefined || truth.lost.has(site)) return isCacheRead;
    return isWhollyAnswered(one, regionOf(site));
  }

  /** What the regions that an answer names had when it was asked for: it shows their join. */
  #namedBounds({ startStep, startMs, asked }: Try, { headers }: Answer): Bound[] {
    const { truth, sites } = this.#world;
    const book = truth.books.get(Number(asked.path?.['id']));
    const named = headers['x-replica']?.split(', ') ?? [];
    const since = { step: startStep, atMs: startMs };
    return sites
      .filter((site) => named.includes(regionOf(site)))
      .flatMap((site) => {
        const own = book?.rows.get(site)?.findLast(({ step }) => step <= startStep);
        const row = own === undefined ? [] : [{ ...since, site, rowSite: site, seq: own.row.seq }];
        const registers = shownFields.flatMap((field) =>
          (book?.registers[field] ?? [])
            .filter((version) => version.site === site && version.step <= startStep)
            .map(({ stamp }) => ({ ...since, site, field, stamp })),
        );
        return [...row, ...registers];
      });
  }

  #bind(
    one: Try,
    bookId: number,
    bound: Omit<Bound, 'step' | 'atMs' | 'site'> & { site: Site },
  ): void {
    const { front } = one;
    const places = [cacheOf(front), regionOf(bound.site)];
    if (!places.every((place) => isWhollyAnswered(one, place))) return;
    this.#add(front, bookId, { ...bound, step: one.endStep, atMs: one.endMs });
  }

  #add(front: string, bookId: number, bound: Bound): void {
    const key = `${front} ${bookId}`;
    const bounds = this.#bounds.get(key) ?? [];
    this.#bounds.set(key, bounds);
    // What says no more than what is there already is left out: a shop may be open for long.
    const isKnown = bounds.some(
      ({ site, rowSite, field, isListed, seq = 0, stamp = '' }) =>
        site === bound.site &&
        rowSite === bound.rowSite &&
        field === bound.field &&
        isListed === bound.isListed &&
        seq >= (bound.seq ?? 0) &&
        stamp >= (bound.stamp ?? ''),
    );
    if (!isKnown) bounds.push(bound);
  }

  /** What a front end's cache was told it shows from then on. */
  bindAnnounced(front: string, { id, ledger, registers }: BookState, isListed: boolean): void {
    const { steps, nowMs } = this.#world.scheduler;
    const since = { step: steps, atMs: nowMs, site: undefined };
    for (const [rowSite, { seq }] of Object.entries(ledger)) {
      this.#add(front, id, { ...since, rowSite, seq });
    }
    for (const field of shownFields) {
      const stamp = registers[field]?.stamp;
      if (stamp !== undefined) this.#add(front, id, { ...since, field, stamp, isListed });
    }
  }

  /**
   * @param made sales or cancellations; of those of one key that several regions made, the one that
   *   was answered binds.
   */
  #bindOrder(
    one: Try,
    body: Answer['body'],
    made: readonly { readonly row: OrderRow; readonly seqs: SeqsByBook }[],
  ): void {
    const answered = made.find(
      ({ row }) =>
        row.id === body['id'] &&
        row.region === body['region'] &&
        row.createdAt === body['createdAt'],
    );
    if (answered === undefined) return;
    const { site } = answered.row;
    for (const [bookId, seq] of answered.seqs) {
      this.#bind(one, bookId, { site, rowSite: site, seq });
    }
  }

  #bindStock(one: Try, changes: readonly StockChange[]): void {
    const keyId = keyIdAsked(one);
    const made = changes.find((change) => change.keyId === keyId);
    if (made === undefined) return;
    this.#bind(one, made.bookId, { site: made.site, rowSite: made.site, seq: made.seq });
  }

  #bindImport(one: Try): void {
    const outcomes = importOutcomesOf(one);
    const books = (one.asked.body?.['books'] ?? []) as (Description & { readonly id: number })[];
    for (const book of books) {
      const isWritten = ['created', 'changed'].includes(outcomes.get(book.id) ?? '');
      if (isWritten) this.#bindRegisters(one, book.id, { ...book });
    }
  }

  #bindRegisters(one: Try, bookId: number, values: Readonly<Record<string, unknown>>): void {
    const { registers } = this.#world.truth.book(bookId);
    for (const field of shownFields) {
      // Of several tries of one change that all came to be, the first binds for sure.
      const version = registers[field].find(
        ({ value, step, by }) =>
          value === values[field] && step >= one.startStep && by === operationOf(one.name),
      );
      if (version?.site === undefined) continue;
      const least = leastStamp(this.#boundsOf(one, bookId), field);
      if (version.stamp <= least && !this.#world.truth.forgottenBooks.has(bookId)) {
        this.#violate(one, `changed the ${field} as of ${version.stamp}, before ${least}`);
      }
      this.#bind(one, bookId, { site: version.site, field, stamp: version.stamp });
    }
  }

  #checkBook(
    one: Try,
    shown: Readonly<Record<string, unknown>>,
    named: readonly Bound[] = [],
  ): void {
    const { truth } = this.#world;
    const book = truth.books.get(Number(shown['id']));
    if (book === undefined) return this.#violate(one, `shows a book that never was`);
    if (truth.forgottenBooks.has(book.id)) return;
    const bounds = [...this.#boundsOf(one, book.id), ...named];
    for (const field of shownFields) {
      const least = leastStamp(bounds, field);
      const isFresh = book.registers[field].some(
        ({ value, stamp }) => value === shown[field] && stamp >= least,
      );
      // Of a book of which nobody said anything else.
      const isListedFirst = field === 'isListed' && shown[field] === true && least === '';
      if (isFresh || isListedFirst) continue;
      this.#violate(
        one,
        `shows book ${book.id} with the ${field} ${JSON.stringify(shown[field])}, older than ${least}`,
      );
    }
    const stocks = possibleStocks(book, bounds, one.endStep);
    if (stocks.has(Number(shown['stock']))) return;
    const least = bounds.flatMap(({ rowSite, seq }) =>
      seq === undefined ? [] : [`${rowSite} ${seq}`],
    );
    this.#violate(
      one,
      `shows ${JSON.stringify(shown['stock'])} copies of book ${book.id}; with ${least.join(', ')} it could be ${[...stocks].join(', ')}`,
    );
  }

  /** Nobody is sold at a price that this front end replaced before they asked, nor what it took off sale. */
  #checkOffers(one: Try, order: Answer['body']): void {
    // Without the cache, a region that is asked only after a sale was not answered tells it too late.
    const isToldInTime = isWhollyAnswered(one, cacheOf(one.front)) || !this.#hasSilentRegion(one);
    if (!isToldInTime) return;
    for (const { bookId, unitPrice } of order['items'] as Order['items']) {
      if (this.#world.truth.forgottenBooks.has(bookId)) continue;
      const { price, isListed } = this.#world.truth.book(bookId).registers;
      const bounds = this.#boundsOf(one, bookId);
      const least = { price: leastStamp(bounds, 'price'), sale: leastStamp(bounds, 'isListed') };
      const isFresh = price.some(({ value, stamp }) => value === unitPrice && stamp >= least.price);
      if (!isFresh) {
        this.#violate(
          one,
          `sold book ${bookId} at ${unitPrice}, a price older than ${least.price}`,
        );
      }
      const isForSale =
        least.sale === '' ||
        isListed.some(({ value, stamp }) => value === true && stamp >= least.sale);
      if (!isForSale) this.#violate(one, `sold book ${bookId}, off sale by ${least.sale}`);
    }
  }

  #hasSilentRegion({ invocation }: Try): boolean {
    return this.#world.regions.some(({ name }) => invocation?.failed.has(name));
  }

  /** Takes up that a page may have been read, and kept, while a region did not answer. */
  noteReach(one: Try): void {
    const { sites } = this.#world;
    const { asked, invocation, answer, front, startMs, endMs } = one;
    if (asked.route === 'search') {
      const isRead = sites.every((site) => invocation?.answered.has(regionOf(site)));
      // A list that never changed is read from one region; but one may have been passed over.
      const hasFailed = startMs - circuitMs < (this.#failedMs.get(front) ?? 0);
      const isWhole =
        answer?.status === 200 &&
        invocation?.failed.size === 0 &&
        (isRead || !hasFailed || answer.headers['x-cache'] === 'hit');
      if (!isWhole) this.#partlyReadMs.set(front, endMs);
    }
    if (invocation?.failed.size !== 0) this.#failedMs.set(front, endMs);
  }

  /** A book that was moved into a topic here is found there. */
  #checkListed(one: Try, answer: Answer): void {
    const { truth, decisions } = this.#world;
    if (truth.lost.size > 0 || (decisions.faults.get('clock jumped') ?? 0) > 0) return;
    if (one.startMs - freshForMs < (this.#partlyReadMs.get(one.front) ?? 0) + 1_000) return;
    const searched = topicKey(String(one.asked.path?.['topic']));
    const listed = idsShown(answer);
    for (const book of truth.books.values()) {
      const newest = newestOf(book.registers.topic);
      if (newest === undefined || topicKey(String(newest.value)) !== searched) continue;
      // Of two changes that move it, made apart, each names its own lists alone.
      if (book.registers.isListed.length > 0) continue;
      if (listed.includes(book.id) || newest.step > one.startStep) continue;
      const bound = this.#boundsOf(one, book.id).find(
        ({ stamp, isListed }) => stamp === newest.stamp && isListed !== false,
      );
      if (bound === undefined || one.startMs - bound.atMs < this.#listedAfterMs) continue;
      this.#violate(one, `does not find book ${book.id}, which was moved there`);
    }
  }
}

/** No topic here has more books than fit on the largest page. */
const isWholeTopic = (one: Try): boolean => {
  const { query } = one.asked;
  return !isOfWords(one) && query?.['limit'] === '100' && query['cursor'] === undefined;
};

const leastStamp = (bounds: readonly Bound[], field: keyof Description): string =>
  bounds.reduce(
    (least, bound) =>
      bound.field === field && (bound.stamp ?? '') > least ? (bound.stamp ?? '') : least,
    '',
  );

/** Every sum of versions of the sites' rows that a reader may have seen. */
function possibleStocks(book: BookTruth, bounds: readonly Bound[], endStep: number): Set<number> {
  let sums = new Set([0]);
  for (const [site, versions] of book.rows) {
    const leastSeq = Math.max(
      0,
      ...bounds.flatMap((bound) => (bound.rowSite === site ? (bound.seq ?? 0) : [])),
    );
    const copies = new Set<number>(leastSeq === 0 ? [0] : []);
    for (const { row, step } of versions) {
      if (row.seq >= leastSeq && step <= endStep) copies.add(unsoldOf(row));
    }
    const next = new Set<number>();
    for (const sum of sums) for (const one of copies) next.add(sum + one);
    sums = next;
  }
  return sums;
}
