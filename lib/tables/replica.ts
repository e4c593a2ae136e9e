/** One site as a front end or another region sees it: its tables, and what is read of two at once. */
import { batchGet } from '../dynamodb/batch-get.js';
import { readItem } from '../dynamodb/read-item.js';
import type { TableLink } from '../dynamodb/table-link.js';
import { writeTogether, type TransactItem } from '../dynamodb/transact.js';
import { mostInOneTransaction } from '../dynamodb/transact-each.js';
import { bookKey, type StoredBook } from './book-item.js';
import { CatalogTable } from './catalog-table.js';
import { Listing } from './listing.js';
import { nobodysBookId } from '../rules/book.js';
import type { OrderRow } from '../rules/order.js';
import { isOrderItem, toOrderRow } from './order-item.js';
import { OrderTable } from './order-table.js';
import { incarnationOf, regionOf, type Region, type Site } from '../rules/sites.js';
import type { System } from '../system.js';
import { bodyHashIn, keyRecordKey } from './key-record.js';
import { Sales } from './sales.js';
import { WordsTable } from './words-table.js';

/** What one region says of the books of an order and of its slots. */
export interface Sighting {
  /** By their ids, without those that are not there. */
  readonly books: ReadonlyMap<number, StoredBook>;
  readonly orders: readonly OrderRow[];
}

/** What one region says of a book and of the key of a creation or a restock. */
export interface KeySighting {
  readonly book: StoredBook | undefined;
  /** Of what the key was used for there; undefined where it was not. */
  readonly bodyHash: string | undefined;
}

/** A part of a transaction, which the tables make; nobody else looks into it. */
export type Write = TransactItem;

/** So many writes may be made at once. */
export const mostWritesTogether = mostInOneTransaction;

export class Replica {
  readonly site: Site;
  readonly region: Region;
  readonly catalog: CatalogTable;
  readonly listing: Listing;
  readonly orders: OrderTable;
  readonly sales: Sales;
  readonly words: WordsTable;
  readonly link: TableLink;
  readonly #system: System;

  /** @param prefix what the names of all tables of this stage start with. */
  constructor(site: Site, prefix: string, link: TableLink, system: System) {
    this.site = site;
    this.region = regionOf(site);
    this.link = link;
    this.#system = system;
    // A restored table gets a name of its own, so that whoever still believes in the former
    // incarnation finds no table to sell from (design P3).
    const incarnation = incarnationOf(site);
    this.catalog = new CatalogTable(`${prefix}-catalog-${incarnation}`, site, link, system);
    this.listing = new Listing(this.catalog.name, link);
    this.orders = new OrderTable(`${prefix}-orders-${incarnation}`, site, link, system);
    this.words = new WordsTable(`${prefix}-words-${incarnation}`, link, system);
    this.sales = new Sales(site, this.catalog, this.orders, link, system);
  }

  /**
   * Reads books and an order's slots in one call, strongly consistent.
   *
   * @throws UnavailableError
   */
  async sight(bookIds: readonly number[], orderIds: readonly string[]): Promise<Sighting> {
    const { books, items } = await this.#readBoth(
      bookIds,
      orderIds.map((id) => ({ id })),
    );
    return {
      books,
      orders: items.filter(isOrderItem).map((item) => readItem(this.link.where, item, toOrderRow)),
    };
  }

  /**
   * Reads a book and the record of a key in one call, strongly consistent.
   *
   * @throws UnavailableError
   */
  async sightKey(bookId: number, keyId: string): Promise<KeySighting> {
    const { books, items } = await this.#readBoth([bookId], [keyRecordKey(keyId)]);
    return { book: books.get(bookId), bodyHash: bodyHashIn(items[0]) };
  }

  async #readBoth(bookIds: readonly number[], orderKeys: readonly { readonly id: string }[]) {
    const found = await batchGet(this.link, this.#system, {
      [this.catalog.name]: bookIds.map(bookKey),
      [this.orders.name]: orderKeys,
    });
    const books = (found[this.catalog.name] ?? []).map((item) => this.catalog.toStoredBook(item));
    return {
      books: new Map(books.map((book) => [book.state.id, book])),
      items: found[this.orders.name] ?? [],
    };
  }

  /**
   * Carries out writes to different items, or none of them.
   *
   * @param writes up to {@link mostWritesTogether}.
   * @returns false where a condition did not hold.
   * @throws UnavailableError
   */
  writeTogether(writes: readonly Write[]): Promise<boolean> {
    return writeTogether(this.link, Object.fromEntries(writes.entries()));
  }

  /** See {@link TableLink.isSilent}. */
  get isSilent(): boolean {
    return this.link.isSilent;
  }

  /** See {@link TableLink.probe}. */
  probe(): void {
    this.link.probe(this.catalog.name, bookKey(nobodysBookId));
  }
}
