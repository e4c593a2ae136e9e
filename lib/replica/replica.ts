/** One site as a front end or another region sees it: its two tables, and the way to them. */
import { batchGet } from '../aws/batch-get.js';
import type { TableLink } from '../aws/table-link.js';
import { bookKey } from '../catalog/book-item.js';
import { CatalogTable, type ShelvedBook } from '../catalog/catalog-table.js';
import type { OrderRow } from '../orders/order.js';
import { isOrderItem, orderRowSchema } from '../orders/order-item.js';
import { OrderTable } from '../orders/order-table.js';
import { incarnationOf, regionOf, type Region, type Site } from '../sites.js';
import type { System } from '../system.js';

/** What one region says of a book and of an order's slots. */
export interface Sighting {
  readonly replica: Replica;
  readonly book: ShelvedBook | undefined;
  readonly orders: readonly OrderRow[];
}

export class Replica {
  readonly site: Site;
  readonly region: Region;
  readonly catalog: CatalogTable;
  readonly orders: OrderTable;
  readonly link: TableLink;
  readonly #system: System;

  /** @param prefix what the names of all tables of this stage start with. */
  constructor(site: Site, prefix: string, link: TableLink, system: System) {
    this.site = site;
    this.region = regionOf(site);
    this.link = link;
    this.#system = system;
    // A restored table gets a name of its own, so that whoever still believes in the former
    // incarnation finds no table to sell from.
    const incarnation = incarnationOf(site);
    this.catalog = new CatalogTable(`${prefix}-catalog-${incarnation}`, site, link, system);
    this.orders = new OrderTable(
      `${prefix}-orders-${incarnation}`,
      site,
      this.catalog,
      link,
      system,
    );
  }

  /**
   * Reads a book and an order's slots in one call, strongly consistent.
   *
   * @throws UnavailableError
   */
  async sight(bookId: number, orderIds: readonly string[]): Promise<Sighting> {
    const found = await batchGet(this.link, this.#system, {
      [this.catalog.name]: [bookKey(bookId)],
      [this.orders.name]: orderIds.map((id) => ({ id })),
    });
    const [book] = found[this.catalog.name] ?? [];
    return {
      replica: this,
      book: book && this.catalog.toShelvedBook(book),
      orders: (found[this.orders.name] ?? [])
        .filter(isOrderItem)
        .map((item) => orderRowSchema.parse(item)),
    };
  }

  /** Reads books, strongly consistent; those that are not here are left out. @throws UnavailableError */
  async books(bookIds: readonly number[]): Promise<ShelvedBook[]> {
    const found = await batchGet(this.link, this.#system, {
      [this.catalog.name]: bookIds.map(bookKey),
    });
    return (found[this.catalog.name] ?? []).map((item) => this.catalog.toShelvedBook(item));
  }
}
