/** Checks the tables, once everything has healed and every message has come, against the history. */
import { isDeepStrictEqual } from 'node:util';
import {
  isComplete,
  isListed,
  joinAll,
  toBook,
  type BookState,
  type CompleteBook,
} from '../../lib/rules/book.js';
import { isBookItem, toBookState, listingKeyOf } from '../../lib/tables/book-item.js';
import { isFoundBy, termsOf, wordsOf } from '../../lib/rules/words.js';
import { topicKey } from '../../lib/rules/topic.js';
import { keyIdOf } from '../../lib/rules/keys.js';
import { copiesOf, type Order, type OrderRow } from '../../lib/rules/order.js';
import type { Site } from '../../lib/rules/sites.js';
import { rightsOf, rowOf, stockOf } from '../../lib/rules/ledger.js';
import type { FunctionName } from '../places/front-end-place.js';
import {
  bookIdOf,
  entriesOf,
  idsShown,
  importOutcomesOf,
  isAcknowledged,
  isByIsbn,
  isOfWords,
  isRefused,
  keyIdAsked,
  type Try,
} from '../record/history.js';
import { bodyText, isPurchase, itemsAsked } from '../record/purchases.js';
import { catalogOf } from '../places/layout.js';
import type { StockChange } from '../record/truth.js';
import type { Guarantee } from '../clockwork/violations.js';
import type { World } from '../worlds/world.js';
import { firstWordsDifference } from './words.js';
import { firstDifference, holdingsOf, type Holding } from './holdings.js';

export class FinalChecks {
  readonly #world: World;
  readonly #tries: readonly Try[];
  readonly #holdings: readonly Holding[];

  constructor(world: World, tries: readonly Try[]) {
    this.#world = world;
    this.#tries = tries;
    this.#holdings = holdingsOf(world);
  }

  /** G1 to G4, and G9 to G11. */
  checkTables(): void {
    const { restocks, writeOffs } = this.#world.truth;
    const difference = firstDifference(this.#holdings);
    if (difference !== undefined) this.#violate('G4', difference);
    for (const book of this.#world.truth.books.keys()) this.#checkStock(book);
    for (const site of this.#world.sites) this.#checkIndexes(site);
    const ofWords = firstWordsDifference(this.#world);
    if (ofWords !== undefined) this.#violate('G11', ofWords);
    for (const one of this.#tries) {
      const { route } = one.asked;
      if (isPurchase(one)) this.#checkPurchase(one);
      if (route === 'cancel-order') this.#checkCancellation(one);
      if (['restock-book', 'create-book'].includes(route)) this.#checkStockChange(one, restocks);
      if (route === 'write-off-book') this.#checkStockChange(one, writeOffs);
      if (route === 'import-books') this.#checkImport(one);
    }
    this.#checkKeys();
  }

  /** What every front end shows once nothing is on its way any more. */
  checkShown(shown: readonly Try[]): void {
    const books = new Map<number, BookState>();
    for (const { books: held } of this.#holdings) {
      for (const [id, { state }] of held)
        books.set(id, joinAll([books.get(id), state]) as BookState);
    }
    for (const one of shown) {
      const { answer, asked } = one;
      if (answer?.status !== 200 && asked.route !== 'info') {
        this.#violate(
          'G6',
          `${one.name} at ${one.front} (${asked.route}) was answered ${answer?.status} at the end`,
        );
        continue;
      }
      if (isByIsbn(one)) this.#checkIsbn(one, books);
      else if (asked.route === 'info') this.#checkInfo(one, books.get(bookIdOf(one)));
      if (asked.route === 'search' && !isOfWords(one)) this.#checkSearch(one, books);
    }
    this.#checkWords(shown.filter(isOfWords), books);
    for (const { name } of this.#world.fronts) {
      this.#checkList('list-topics', name, shown, books, ({ registers }) =>
        topicKey(registers.topic.value),
      );
      this.#checkList('list-books', name, shown, books, ({ id, registers }) =>
        listingKeyOf(registers.topic.value, id),
      );
    }
  }

  /** Every page of a list, together. */
  #checkList(
    route: FunctionName,
    front: string,
    shown: readonly Try[],
    books: ReadonlyMap<number, BookState>,
    entryOf: (book: CompleteBook) => string,
  ): void {
    const pages = shown.filter((one) => one.front === front && one.asked.route === route);
    const found = new Set(pages.flatMap(({ answer }) => entriesOf(route, answer?.body ?? {})));
    const states = [...books.values()].filter(isComplete).filter(isListed);
    // What becomes of the places of a forgotten book is anybody's guess.
    const open = new Set(states.filter(({ id }) => this.#isForgotten(id)).map(entryOf));
    const wanted = new Set(states.filter(({ id }) => !this.#isForgotten(id)).map(entryOf));
    const differing = [...new Set([...wanted, ...found])].filter(
      (entry) => wanted.has(String(entry)) !== found.has(entry) && !open.has(String(entry)),
    );
    if (differing.length === 0) return;
    this.#violate('G4', `in the end ${route} at ${front} is wrong in ${differing.join(', ')}`);
  }

  #checkInfo({ front, answer, asked }: Try, state: BookState | undefined): void {
    const id = Number(asked.path?.['id']);
    if (this.#isForgotten(id)) return;
    const wanted = isComplete(state) ? toBook(state, 'USD') : undefined;
    const found = answer?.status === 200 ? answer.body : undefined;
    if (isDeepStrictEqual(found, wanted)) return;
    this.#violate(
      'G4',
      `in the end ${front} shows book ${id} as ${JSON.stringify(found)}, it is ${JSON.stringify(wanted)}`,
    );
  }

  /** Every page of each search by words, together, shows every book that has them. */
  #checkWords(pages: readonly Try[], books: ReadonlyMap<number, BookState>): void {
    const searches = new Set(pages.map(({ front, asked }) => `${front}: ${asked.query?.['q']}`));
    for (const search of searches) {
      const ofSearch = pages.filter(
        ({ front, asked }) => `${front}: ${asked.query?.['q']}` === search,
      );
      const { asked } = ofSearch[0] as Try;
      const terms = termsOf(asked.query?.['q'], asked.query?.['topic']);
      const isWanted = (state: BookState) => {
        const words = wordsOf(state);
        return words !== undefined && isFoundBy(terms, words);
      };
      const wanted = [...books.values()].filter(isWanted).map(({ id }) => id);
      const found = ofSearch.flatMap(({ answer }) => idsShown(answer));
      if (this.#doDiffer(wanted, found) || new Set(found).size < found.length) {
        this.#violate(
          'G11',
          `in the end ${search} finds ${found.join(', ')}, there are ${wanted.join(', ')}`,
        );
      }
    }
  }

  #checkIsbn({ front, answer, asked }: Try, books: ReadonlyMap<number, BookState>): void {
    const isbn = asked.query?.['isbn'];
    const found = answer?.body['id'];
    const wanted = [...books.values()]
      .filter((state) => isComplete(state) && state.registers.isbn?.value === isbn)
      .map(({ id }) => id)
      .sort((one, other) => one - other);
    const isOpen = [...wanted, Number(found)].some((id) => this.#isForgotten(id));
    if (found === wanted[0] || isOpen) return;
    this.#violate(
      'G4',
      `in the end ${front} finds ${JSON.stringify(found)} by ${isbn}, there are ${wanted.join(', ')}`,
    );
  }

  #checkSearch({ front, answer, asked }: Try, books: ReadonlyMap<number, BookState>): void {
    const searched = topicKey(String(asked.path?.['topic']));
    const wanted = [...books.values()]
      .filter(isComplete)
      .filter((book) => isListed(book) && topicKey(book.registers.topic.value) === searched)
      .map(({ id }) => id);
    const found = idsShown(answer);
    if (!this.#doDiffer(wanted, found)) return;
    this.#violate(
      'G4',
      `in the end ${front} finds ${found.join(', ')} in ${searched}, there are ${wanted.join(', ')}`,
    );
  }

  /** Whether one list has a book that the other lacks, and that is not forgotten. */
  #doDiffer(wanted: readonly number[], found: readonly number[]): boolean {
    return [...wanted, ...found].some(
      (id) => wanted.includes(id) !== found.includes(id) && !this.#isForgotten(id),
    );
  }

  #isForgotten(bookId: number): boolean {
    return this.#world.truth.forgottenBooks.has(bookId);
  }

  #checkStock(bookId: number): void {
    const { truth } = this.#world;
    for (const { site, books } of this.#holdings) {
      const { state, rights = 0 } = books.get(bookId) ?? {};
      const due = rightsOf(state?.ledger ?? {}, site);
      if (rights === due) continue;
      this.#violate('G4', `book ${bookId}: ${site} has ${rights} rights, ${due} are due`);
    }
    if (this.#isForgotten(bookId)) return;
    const [first] = this.#holdings;
    const state = first?.books.get(bookId)?.state;
    if (first === undefined || state === undefined) return;
    const forSale = sumOf(this.#holdings, ({ books }) => books.get(bookId)?.rights ?? 0);
    const left = stockOf(state.ledger);
    if (forSale !== left) {
      this.#violate('G1', `book ${bookId}: ${left} copies are left, ${forSale} are for sale`);
    }
    // A lost site may have told of the copies and not of the order.
    if ([...truth.forgottenOrders.values()].flat().includes(bookId)) return;
    const standing = [...first.orders.values()].filter(({ status }) => status !== 'cancelled');
    const sites = new Set([...Object.keys(state.ledger), ...standing.map((row) => row.site)]);
    for (const site of sites) {
      this.#checkSold(bookId, site, rowOf(state.ledger, site).sold, standing);
    }
    const rows = Object.values(state.ledger);
    const stocked = sumOf(rows, (row) => row.stocked);
    const writtenOff = sumOf(rows, (row) => row.writtenOff ?? 0);
    const isOfBook = (change: { readonly bookId: number }) => change.bookId === bookId;
    if (writtenOff !== sumOf(truth.writeOffs.filter(isOfBook), ({ copies }) => copies)) {
      this.#violate('G2', `book ${bookId}: ${writtenOff} copies are written off, by no such keys`);
    }
    const sold = sumOf(rows, (row) => row.sold);
    if (stocked !== sold + forSale + writtenOff) {
      this.#violate(
        'G1',
        `book ${bookId}: ${stocked} stocked, ${sold} sold, ${writtenOff} written off, ${forSale} for sale`,
      );
    }
    const imports = truth.imports.filter(isOfBook);
    if (imports.length > 1) {
      this.#violate(
        'G2',
        `book ${bookId} was created by ${imports.map(({ by }) => by).join(', ')}`,
      );
    }
    const brought = [...truth.restocks.filter(isOfBook), ...imports];
    const restocked = sumOf(brought, ({ copies }) => copies);
    if (stocked !== restocked) {
      this.#violate(
        'G2',
        `book ${bookId}: ${stocked} copies are stocked, ${restocked} were brought`,
      );
    }
  }

  /** A site's row of a book counts the items of that site's orders, of each order all or none. */
  #checkSold(bookId: number, site: Site, sold: number, standing: readonly OrderRow[]): void {
    const ofSite = standing.filter((row) => row.site === site && copiesOf(bookId, row) > 0);
    const taken = sumOf(ofSite, (row) => copiesOf(bookId, row));
    if (sold >= taken && sold <= taken + this.#strandedCopies(bookId, site)) return;
    this.#violate(
      ofSite.some(({ items }) => items.length > 1) ? 'G10' : 'G2',
      `book ${bookId}: ${site} counts ${sold} copies as sold, its orders take ${taken}`,
    );
  }

  /** The indexes have each book under the topic and the ISBN that it has, and no list has one off sale. */
  #checkIndexes(site: Site): void {
    const books = this.#world.placeOf(site).items(catalogOf(site)).filter(isBookItem);
    for (const item of books) {
      const state = toBookState(item);
      if (!isComplete(state)) continue;
      const topic = state.registers.topic.value;
      const places = [topicKey(topic), listingKeyOf(topic, state.id)];
      const due = [
        ...(isListed(state) ? places : [undefined, undefined]),
        state.registers.isbn?.value ?? undefined,
      ];
      const listed = [item['topicKey'], item['shelfKey'], item['isbnKey']];
      if (isDeepStrictEqual(listed, due)) continue;
      this.#violate(
        'G4',
        `book ${state.id}: ${site} lists it as ${JSON.stringify(listed)}, not ${JSON.stringify(due)}`,
      );
    }
  }

  /** The most copies that a site, where it is lost, sold under keys that were sold again elsewhere: it can't give them back. */
  #strandedCopies(bookId: number, site: Site): number {
    const { lost, sales } = this.#world.truth;
    if (!lost.has(site)) return 0;
    const isSoldElsewhere = ({ id, bodyHash }: OrderRow) =>
      sales.some(({ row }) => row.id === id && row.bodyHash === bodyHash && row.site !== site);
    const stranded = sales.filter(({ row }) => row.site === site && isSoldElsewhere(row));
    return sumOf(stranded, ({ row }) => copiesOf(bookId, row));
  }

  #checkPurchase(one: Try): void {
    const { truth } = this.#world;
    const sales = truth.sales.filter(({ by }) => by === one.name);
    const asked = itemsAsked(one);
    for (const { bookId, unitPrice } of sales.flatMap(({ row }) => row.items)) {
      const shown = asked.find((item) => item.bookId === bookId)?.unitPrice;
      if (shown === undefined || shown === unitPrice) continue;
      this.#violate(
        'G2',
        `${one.name} was shown ${shown} for book ${bookId}, and sold it at ${unitPrice}`,
      );
    }
    if (isRefused(one) && sales.length > 0) {
      this.#violate(
        'G9',
        `${one.name} was refused (${one.answer?.status}), and its sale was carried out`,
      );
    }
    if (isRefused(one) && truth.openSales.some(isLateSaleOf(one))) {
      this.#violate(
        'G9',
        `${one.name} was refused, and its sale lacked but copies to be carried out`,
      );
    }
    if (!isAcknowledged(one)) return;
    const told = one.answer?.body as unknown as OrderRow;
    if (truth.forgottenOrders.has(keyIdOf(told.id))) return;
    for (const { site, orders } of this.#holdings) {
      const row = rowOfKey(orders, told);
      if (row === undefined) {
        this.#violate(
          'G3',
          `${one.name} was told of order ${told.id}, which ${site} does not have`,
        );
        return;
      }
      // Nobody pays for a cancelled one, which stands before a cheaper one of the same key.
      if (row.total > told.total && row.status !== 'cancelled') {
        this.#violate(
          'G2',
          `${one.name} was told ${JSON.stringify(told)}, ${site} has ${JSON.stringify(row)}`,
        );
      }
      if ((row.status === 'cancelled') !== this.#isCancelled(row, told)) {
        this.#violate(
          'G2',
          `order ${row.id} is ${row.status} in ${site}, against what was asked for`,
        );
      }
    }
  }

  /** Whether the order must be cancelled in the end; as it is, where both may be. */
  #isCancelled(row: OrderRow, told: OrderRow): boolean {
    if (told.status === 'cancelled') return true;
    const cancellations = this.#tries.filter(
      ({ asked }) =>
        asked.route === 'cancel-order' && keyIdOf(String(asked.path?.['id'])) === keyIdOf(row.id),
    );
    return cancellations.length > 0 && row.status === 'cancelled';
  }

  #checkCancellation(one: Try): void {
    const isMade = this.#world.truth.cancellations.some(({ by }) => by === one.name);
    if (isRefused(one) && isMade) {
      this.#violate('G9', `${one.name} was told that nothing was done, and it cancelled the order`);
    }
    if (!isAcknowledged(one)) return;
    const told = one.answer?.body as unknown as OrderRow;
    if (this.#world.truth.forgottenOrders.has(keyIdOf(told.id))) return;
    for (const { site, orders } of this.#holdings) {
      const row = rowOfKey(orders, told);
      if (row?.status === 'cancelled' && told.status === 'cancelled') continue;
      this.#violate(
        'G2',
        `${one.name} was told that order ${told.id} is cancelled; in ${site} it is ${row?.status}`,
      );
    }
  }

  /** Each creation, restock and write-off is done once for its key, and where its client was told so. */
  #checkStockChange(one: Try, changes: readonly StockChange[]): void {
    if (this.#isForgotten(bookIdOf(one))) return;
    const keyId = keyIdAsked(one);
    const made = changes.filter((change) => change.keyId === keyId);
    if (made.length > 1) this.#violate('G2', `${one.asked.key} was done ${made.length} times`);
    if (isAcknowledged(one) && made.length === 0) {
      this.#violate('G3', `${one.name} was told that ${one.asked.key} was done, and it was not`);
    }
    if (isRefused(one) && made.some(({ by }) => by === one.name)) {
      this.#violate('G9', `${one.name} was refused, and ${one.asked.key} was done`);
    }
  }

  #checkImport(one: Try): void {
    const { truth } = this.#world;
    const isCreated = (bookId: number) =>
      truth.imports.some((imported) => imported.bookId === bookId && imported.by === one.name);
    for (const [bookId, outcome] of importOutcomesOf(one)) {
      if (this.#isForgotten(bookId)) continue;
      if (outcome === 'created' && !isCreated(bookId)) {
        this.#violate('G3', `${one.name} was told that it created book ${bookId}, and it did not`);
      }
      if (outcome === 'busy' && isCreated(bookId)) {
        this.#violate('G9', `${one.name} was told that book ${bookId} was busy, and created it`);
      }
    }
    const books = (one.asked.body?.['books'] ?? []) as { id: number }[];
    if (isRefused(one) && books.some(({ id }) => isCreated(id))) {
      this.#violate('G9', `${one.name} was refused, and created a book`);
    }
  }

  /** One key has one standing order; where it was used for two bodies, one of each. */
  #checkKeys(): void {
    const [first] = this.#holdings;
    const byKey = new Map<string, OrderRow[]>();
    for (const row of first?.orders.values() ?? []) {
      const rows = byKey.get(keyIdOf(row.id)) ?? [];
      byKey.set(keyIdOf(row.id), [...rows, row]);
    }
    for (const [key, rows] of byKey) {
      // What two losses made of a dispute: who was to keep the key's own id is known to nobody.
      if (this.#world.truth.forgottenOrders.has(key)) continue;
      const bodies = new Set(rows.map(({ bodyHash }) => bodyHash));
      if (bodies.size < rows.length) {
        this.#violate('G2', `the key of order ${key} has ${JSON.stringify(rows)}`);
      }
    }
    this.#checkHeldTwice();
  }

  /** Where nothing is wrong, no key is ever sold in two regions. */
  #checkHeldTwice(): void {
    const { truth, decisions } = this.#world;
    if (decisions.lastFaultMs > Number.NEGATIVE_INFINITY) return;
    const sold = new Set<string>();
    for (const { row } of truth.sales) {
      const key = `${row.id} ${row.bodyHash}`;
      if (sold.has(key) && this.#world.profile.routing.sales === 'spread') {
        this.#violate('G2', `order ${row.id} was sold twice, and nothing was wrong`);
      }
      sold.add(key);
    }
  }

  #violate(guarantee: Guarantee, what: string): void {
    this.#world.report({ guarantee, what });
  }
}

const isLateSaleOf =
  (one: Try) =>
  ({ by, step }: { readonly by: string; readonly step: number }): boolean =>
    by === one.name && step > one.endStep;

const sumOf = <One>(all: readonly One[], figure: (one: One) => number): number =>
  all.reduce((sum, one) => sum + figure(one), 0);

/** The row of an order, or of another of the same key and body. */
const rowOfKey = (orders: ReadonlyMap<string, OrderRow>, told: Order): OrderRow | undefined =>
  [...orders.values()].find(
    ({ id, items }) => keyIdOf(id) === keyIdOf(told.id) && bodyText(items) === bodyText(told.items),
  );
