/**
 * What really happened: every version of every row, register and order, as it was committed. It sees
 * all tables at once, as nobody in the store can, and checks at each step what must always hold.
 */
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { rowAttribute, rightsAttribute, toBookState } from '../../lib/tables/book-item.js';
import { descriptionFields, isComplete, isListed, type Description } from '../../lib/rules/book.js';
import { isOrderItem, toOrderRow } from '../../lib/tables/order-item.js';
import { keyIdOf } from '../../lib/rules/keys.js';
import { bookIdsOf, type OrderRow } from '../../lib/rules/order.js';
import type { Site } from '../../lib/rules/sites.js';
import { emptyRow, rightsOf, unsoldOf, type StockRow } from '../../lib/rules/ledger.js';
import type { Item, StreamRecord } from '../dynamodb/tables.js';
import type { LateRequest } from '../places/place.js';
import type { Write } from '../places/table-place.js';
import type { Guarantee, Report } from '../clockwork/violations.js';

export interface RowVersion {
  readonly step: number;
  readonly row: StockRow;
}

export interface RegisterVersion {
  readonly step: number;
  /** The operation whose invocation committed it first. */
  readonly by: string;
  /** Where it was committed first. */
  readonly site: Site | undefined;
  readonly stamp: string;
  readonly value: unknown;
}

export interface BookTruth {
  readonly id: number;
  /** Of each site the versions of its own row, in its own table. */
  readonly rows: Map<Site, RowVersion[]>;
  readonly registers: Record<keyof Description, RegisterVersion[]>;
  /** How many copies were for sale over all sites, from each step on. */
  readonly available: { readonly step: number; readonly copies: number }[];
  /** Of each site the copies that it might sell, from each step on. */
  readonly rights: Map<Site, { readonly step: number; readonly rights: number }[]>;
  /** The first step at which each site held the whole book. */
  readonly completeAt: Map<Site, number>;
}

/** Of each book of an order the version of its site's row that the sale, or the cancellation, made. */
export type SeqsByBook = ReadonlyMap<number, number>;

/** A sale as it was committed. */
export interface Sale {
  readonly row: OrderRow;
  readonly step: number;
  /** The invocation that sent it. */
  readonly by: string;
  readonly seqs: SeqsByBook;
}

/** A cancellation as it was committed. */
export type Cancellation = Omit<Sale, 'step'>;

/** A creation, a restock or a write-off as it was committed. */
export interface StockChange {
  readonly keyId: string;
  readonly bookId: number;
  readonly copies: number;
  readonly site: Site;
  readonly seq: number;
  readonly by: string;
}

/** A creation by an import as it was committed: it has no key but the book's id. */
export interface ImportedBook {
  readonly bookId: number;
  readonly copies: number;
  /** The invocation that sent it. */
  readonly by: string;
}

export class Truth {
  readonly books = new Map<number, BookTruth>();
  readonly sales: Sale[] = [];
  /** Sales that came late and in vain, though their orders' slots were as they were to be. */
  readonly openSales: { readonly by: string; readonly step: number }[] = [];
  readonly restocks: StockChange[] = [];
  readonly writeOffs: StockChange[] = [];
  readonly imports: ImportedBook[] = [];
  readonly cancellations: Cancellation[] = [];
  /** Sites whose tables are gone. */
  readonly lost = new Set<Site>();
  /** Books of which only lost tables knew the newest state. */
  readonly forgottenBooks = new Set<number>();
  /** Orders of which only lost tables knew the newest state, and their books. */
  readonly forgottenOrders = new Map<string, readonly number[]>();
  readonly #report: Report;
  readonly #step: () => number;
  /** Copies of each site's standing orders of each book. */
  readonly #standing = new Map<string, number>();
  /** The price of each book in each site's table. */
  readonly #prices = new Map<string, number | undefined>();
  /** The books that are off sale, by each site's table. */
  readonly #offSale = new Set<string>();
  /** What each version of a row says: there can be but one. */
  readonly #versions = new Map<string, string>();
  /** The version of each site's row of each book that each site has. */
  readonly #held = new Map<string, number>();
  /** Of each order, and of each cancelled one, what it did to its books. */
  readonly #seqs = new Map<string, SeqsByBook>();

  constructor(report: Report, step: () => number) {
    this.#report = report;
    this.#step = step;
  }

  book(id: number): BookTruth {
    let book = this.books.get(id);
    if (book === undefined) {
      book = {
        id,
        rows: new Map(),
        registers: Object.fromEntries(
          descriptionFields.map((field) => [field, [] as RegisterVersion[]]),
        ) as BookTruth['registers'],
        available: [],
        rights: new Map(),
        completeAt: new Map(),
      };
      this.books.set(id, book);
    }
    return book;
  }

  rowOf(bookId: number, site: Site): StockRow | undefined {
    return this.books.get(bookId)?.rows.get(site)?.at(-1)?.row;
  }

  /** How many copies were for sale, over all sites, at each moment between two steps. */
  availableWithin(bookId: number, fromStep: number, toStep: number): number[] {
    const changes = this.books.get(bookId)?.available ?? [];
    return valuesWithin(changes, ({ copies }) => copies, fromStep, toStep);
  }

  /** Whether any site's row of a book changed between two steps. */
  isMoving(bookId: number, fromStep: number, toStep: number): boolean {
    const versions = [...(this.books.get(bookId)?.rows.values() ?? [])].flat();
    return versions.some(({ step }) => step > fromStep && step <= toStep);
  }

  /** The fewest copies that a site might sell at any moment between two steps. */
  fewestRights(bookId: number, site: Site, fromStep: number, toStep: number): number {
    const changes = this.books.get(bookId)?.rights.get(site) ?? [];
    return Math.min(...valuesWithin(changes, ({ rights }) => rights, fromStep, toStep));
  }

  /** Takes up what a command changed. */
  observe(writes: readonly Write[], siteOfTable: (write: Write) => Site | undefined): void {
    const touched = new Map<string, { bookId: number; site: Site; guarantee: Guarantee }>();
    const touch = (bookId: number, site: Site, guarantee: Guarantee) =>
      touched.set(`${bookId} ${site}`, { bookId, site, guarantee });
    for (const write of writes) {
      const site = siteOfTable(write);
      for (const record of write.records) {
        const { after } = record;
        if (after === undefined) continue;
        if ('bookId' in after && !isOrderItem(after)) {
          this.#observeBook(record, after, site, write.invocation.name);
          if (site !== undefined) touch(Number(after['bookId']), site, 'G2');
        }
      }
    }
    for (const write of writes) {
      const site = siteOfTable(write);
      if (site === undefined) continue;
      for (const record of write.records) {
        for (const { items } of this.#observeOrder(record, site, write.invocation.name)) {
          for (const { bookId } of items) touch(bookId, site, items.length > 1 ? 'G10' : 'G2');
        }
        this.#observeKey(record, site, write);
      }
    }
    for (const { bookId, site, guarantee } of touched.values()) {
      this.#checkSold(bookId, site, guarantee);
    }
  }

  /** Takes up what became of a sale that was given up. */
  observeLate({ command, invocation, error }: LateRequest): void {
    if (!(error instanceof TransactionCanceledException)) return;
    const items = command.input['TransactItems'] as readonly { Put?: { Item: Item } }[];
    const slot = items.findIndex(({ Put }) => Put !== undefined && isOrderItem(Put.Item));
    if (error.CancellationReasons?.[slot]?.Code !== 'None') return;
    this.openSales.push({ by: invocation.name, step: this.#step() });
  }

  #observeBook(record: StreamRecord, after: Item, site: Site | undefined, by: string): void {
    const state = toBookState(after);
    const book = this.book(state.id);
    const step = this.#step();
    for (const field of descriptionFields) {
      const register = state.registers[field];
      if (register === undefined) continue;
      const versions = book.registers[field];
      if (versions.some(({ stamp }) => stamp === register.stamp)) continue;
      const version = { step, site, by: operationOf(by), ...register };
      if (field === 'price' || field === 'title') this.#checkAuthor(state.id, field, version);
      versions.push(version);
    }
    if (site !== undefined && !book.completeAt.has(site) && isComplete(state)) {
      book.completeAt.set(site, step);
    }
    for (const [rowSite, row] of Object.entries(state.ledger)) {
      if (site !== undefined) this.#held.set(`${state.id} ${rowSite} ${site}`, row.seq);
      if (record.before?.[rowAttribute(rowSite)] !== after[rowAttribute(rowSite)]) {
        this.#observeVersion(book, rowSite, row, { isOwn: rowSite === site, by });
      }
    }
    if (site === undefined) return;
    this.#prices.set(`${state.id} ${site}`, state.registers.price?.value);
    if (isListed(state)) this.#offSale.delete(`${state.id} ${site}`);
    else this.#offSale.add(`${state.id} ${site}`);
    const own = after[rowAttribute(site)] as unknown as StockRow | undefined;
    if (own === undefined) return;
    const versions = book.rows.get(site) ?? [];
    book.rows.set(site, versions);
    const isFirst = (versions.at(-1)?.row.seq ?? 0) === 0 && own.seq === 1;
    if (isFirst && isOfImport(own)) {
      this.imports.push({ bookId: state.id, copies: own.stocked, by });
    }
    if (versions.at(-1)?.row !== own) versions.push({ step, row: own });
    const rights = Number(after[rightsAttribute(site)]);
    const known = book.rights.get(site) ?? [];
    book.rights.set(site, known);
    if (known.at(-1)?.rights !== rights) known.push({ step, rights });
    this.#checkRights(state.id, site, rights, rightsOf(state.ledger, site));
    this.#checkTotals(book);
  }

  /** Nobody but a site itself makes a version of its row, and each but once; an operator the last. */
  #observeVersion(
    book: BookTruth,
    site: Site,
    row: StockRow,
    { isOwn, by }: { isOwn: boolean; by: string },
  ): void {
    const key = `${book.id} ${site} ${row.seq}`;
    const text = JSON.stringify([
      row.stocked,
      row.sold,
      row.writtenOff,
      sortedEntries(row.moved),
      sortedEntries(row.keys),
    ]);
    const known = this.#versions.get(key);
    if (known === text) return;
    const isRetirement = this.lost.has(site) && by.startsWith('operator');
    if (known === undefined && (isOwn || isRetirement)) {
      this.#versions.set(key, text);
      if (!isOwn) this.#observeRetirement(book, site, row);
      return;
    }
    this.#violate(
      'G1',
      `book ${book.id}: row ${site} has two versions ${row.seq}: ${known}, ${text}`,
    );
  }

  /** A lost site's copies are given on; its sales stay, as far as anyone knows of them. */
  #observeRetirement(book: BookTruth, site: Site, row: StockRow): void {
    const versions = book.rows.get(site) ?? [];
    book.rows.set(site, versions);
    const last = versions.at(-1)?.row ?? emptyRow;
    const isSame =
      row.stocked === last.stocked && row.sold === last.sold && row.writtenOff === last.writtenOff;
    if (!isSame && !this.forgottenBooks.has(book.id)) {
      this.#violate(
        'G1',
        `book ${book.id}: ${site} was retired as ${JSON.stringify(row)}, it was ${JSON.stringify(last)}`,
      );
    }
    versions.push({ step: this.#step(), row });
    this.#checkTotals(book);
  }

  #checkRights(bookId: number, site: Site, rights: number, due: number): void {
    if (rights < 0) this.#violate('G1', `book ${bookId}: ${site} has ${rights} rights`);
    if (rights !== due) {
      this.#violate('G1', `book ${bookId}: ${site} has ${rights} rights, its rows give ${due}`);
    }
  }

  /** Over all books and sites. */
  totals(): { copiesSold: number; copiesOversold: number } {
    const totals = [...this.books.values()].map(totalsOf);
    return {
      copiesSold: totals.reduce((sum, { sold }) => sum + sold, 0),
      copiesOversold: totals.reduce(
        (sum, { sold, stocked }) => sum + Math.max(0, sold - stocked),
        0,
      ),
    };
  }

  #checkTotals(book: BookTruth): void {
    const { stocked, sold, left: copies } = totalsOf(book);
    if (copies < 0) {
      this.#violate(
        'G1',
        `book ${book.id}: ${sold} copies sold of ${stocked} ever stocked, ${copies} left`,
      );
    }
    if (book.available.at(-1)?.copies !== copies) {
      book.available.push({ step: this.#step(), copies });
    }
  }

  /** @returns what lay in the order's slot before, and what lies there now. */
  #observeOrder({ before, after }: StreamRecord, site: Site, by: string): OrderRow[] {
    const former = before !== undefined && isOrderItem(before) ? toOrderRow(before) : undefined;
    const row = after !== undefined && isOrderItem(after) ? toOrderRow(after) : undefined;
    this.#addStanding(former, site, -1);
    this.#addStanding(row, site, 1);
    if (row?.site === site) this.#observeOwnOrder(former, row, by);
    else if (row !== undefined) this.#checkBooksAreHere(row, site);
    return [former, row].filter((one) => one !== undefined);
  }

  #observeOwnOrder(former: OrderRow | undefined, row: OrderRow, by: string): void {
    const { site } = row;
    const seqs = new Map(
      bookIdsOf(row).map((bookId) => [bookId, this.rowOf(bookId, site)?.seq ?? 0]),
    );
    if (!this.#seqs.has(stateOf(row))) this.#seqs.set(stateOf(row), seqs);
    if (former === undefined && row.status === 'placed' && by.startsWith('operation')) {
      this.sales.push({ row, step: this.#step(), by, seqs });
      this.#checkPrices(row, site);
      this.#checkForSale(row, site);
    }
    if (former?.status !== 'cancelled' && row.status === 'cancelled') {
      this.cancellations.push({ row, by, seqs });
    }
  }

  #addStanding(row: OrderRow | undefined, site: Site, sign: 1 | -1): void {
    if (row === undefined || row.site !== site || row.status === 'cancelled') return;
    for (const { bookId, quantity } of row.items) {
      const key = `${bookId} ${site}`;
      this.#standing.set(key, (this.#standing.get(key) ?? 0) + sign * quantity);
    }
  }

  /** Whoever has an order of another site has what it did to each of its books (design M8). */
  #checkBooksAreHere(row: OrderRow, site: Site): void {
    // What a backup brought back was not observed.
    if (this.lost.size > 0) return;
    for (const [bookId, seq] of this.#seqs.get(stateOf(row)) ?? []) {
      const held = this.#held.get(`${bookId} ${row.site} ${site}`) ?? 0;
      if (held >= seq) continue;
      this.#violate(
        'G10',
        `order ${row.id} of ${row.site} is in ${site}, which has its book ${bookId} as of ${held}, not ${seq}`,
      );
    }
  }

  /** Prices and titles are given once: who writes one again was not asked to. */
  #checkAuthor(bookId: number, field: 'price' | 'title', version: RegisterVersion): void {
    const others = this.book(bookId).registers[field];
    const author = others.find(({ value }) => value === version.value)?.by ?? version.by;
    if (author === version.by) return;
    this.#violate(
      'G4',
      `book ${bookId}: ${version.by} brought back the ${field} ${String(version.value)}`,
    );
  }

  /** A sale is made at the prices that its region has at that moment. */
  #checkPrices({ id, items }: OrderRow, site: Site): void {
    for (const { bookId, unitPrice } of items) {
      const price = this.#prices.get(`${bookId} ${site}`);
      if (price === unitPrice) continue;
      this.#violate(
        'G2',
        `order ${id}: book ${bookId} was sold at ${unitPrice} in ${site}, where the price was ${price}`,
      );
    }
  }

  /** Nothing is sold in a region that knows that it is off sale. */
  #checkForSale({ id, items }: OrderRow, site: Site): void {
    for (const { bookId } of items) {
      if (!this.#offSale.has(`${bookId} ${site}`)) continue;
      this.#violate('G2', `order ${id} was sold in ${site}, where book ${bookId} was off sale`);
    }
  }

  #observeKey({ before, after }: StreamRecord, site: Site, write: Write): void {
    const id = after?.['id'];
    if (before !== undefined || typeof id !== 'string' || !id.startsWith('key~')) return;
    for (const book of this.books.values()) {
      const versions = book.rows.get(site) ?? [];
      const last = versions.at(-1);
      if (last?.step !== this.#step()) continue;
      const former = versions.at(-2)?.row ?? emptyRow;
      const writtenOff = (last.row.writtenOff ?? 0) - (former.writtenOff ?? 0);
      const changes = writtenOff > 0 ? this.writeOffs : this.restocks;
      changes.push({
        keyId: id.slice('key~'.length),
        bookId: book.id,
        copies: writtenOff > 0 ? writtenOff : last.row.stocked - former.stocked,
        site,
        seq: last.row.seq,
        by: write.invocation.name,
      });
    }
  }

  #checkSold(bookId: number, site: Site, guarantee: Guarantee): void {
    const sold = this.rowOf(bookId, site)?.sold ?? 0;
    const standing = this.#standing.get(`${bookId} ${site}`) ?? 0;
    if (sold === standing) return;
    this.#violate(
      guarantee,
      `book ${bookId}: ${site} counts ${sold} copies as sold, its orders take ${standing}`,
    );
  }

  #violate(guarantee: Guarantee, what: string): void {
    this.#report({ guarantee, what });
  }
}

/** A sale, before or after it was cancelled. */
const stateOf = ({ id, site, createdAt, status }: OrderRow): string =>
  `${keyIdOf(id)} ${site} ${createdAt} ${status === 'cancelled'}`;

/** Whether a row's first change was an import: any other of stock has a key, and none is of nothing. */
const isOfImport = ({ stocked, sold, moved, keys }: StockRow): boolean =>
  sold === 0 && Object.keys(keys).length === 0 && (stocked > 0 || Object.keys(moved).length === 0);

const sortedEntries = (record: Readonly<Record<string, unknown>>): [string, unknown][] =>
  Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1));

/** What something that is nothing at first was at each moment between two steps. */
function valuesWithin<Change extends { readonly step: number }>(
  changes: readonly Change[],
  valueOf: (change: Change) => number,
  fromStep: number,
  toStep: number,
): number[] {
  const before = changes.findLast(({ step }) => step <= fromStep);
  const within = changes.filter(({ step }) => step > fromStep && step <= toStep);
  return [before === undefined ? 0 : valueOf(before), ...within.map(valueOf)];
}

/** The version with the latest stamp. */
export const newestOf = (versions: readonly RegisterVersion[]): RegisterVersion | undefined =>
  versions.reduce<RegisterVersion | undefined>(
    (best, version) => (best === undefined || version.stamp > best.stamp ? version : best),
    undefined,
  );

function totalsOf({ rows }: BookTruth): { stocked: number; sold: number; left: number } {
  let stocked = 0;
  let sold = 0;
  let left = 0;
  for (const versions of rows.values()) {
    const row = versions.at(-1)?.row;
    stocked += row?.stocked ?? 0;
    sold += row?.sold ?? 0;
    left += unsoldOf(row ?? emptyRow);
  }
  return { stocked, sold, left };
}

/** `operation 17` of `operation 17.1`; any other invocation is its own. */
export const operationOf = (invocation: string): string =>
  invocation.startsWith('operation') ? invocation.replace(/\.\d+$/, '') : invocation;
