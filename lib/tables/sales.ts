/** What one site writes to its catalogue and its order log at once. */
import type { TableLink } from '../dynamodb/table-link.js';
import { transact, writeTogether, type TransactItem } from '../dynamodb/transact.js';
import type { StoredBook } from './book-item.js';
import type { CatalogTable } from './catalog-table.js';
import { ItemUnavailableError, UnavailableError } from '../errors.js';
import { keyIdOf, type UsedKey } from '../rules/keys.js';
import { lostRace, untilWon, usualTries } from '../optimistic.js';
import type { LineItem, OrderRow } from '../rules/order.js';
import { slotPart, type OrderTable } from './order-table.js';
import { emptySlot, settle, slotsNeeded, type Slot } from '../rules/settlement.js';
import type { Site } from '../rules/sites.js';
import type { System } from '../system.js';
import { bodyHashIn, keyRecordWrite } from './key-record.js';

/** What came of a try to sell. Every kind is definite: the copies were taken in the first only. */
export type SaleOutcome =
  | { readonly kind: 'placed' }
  /** The order's slot is not as it was expected to be. */
  | { readonly kind: 'slot-changed'; readonly slot: Slot }
  /** Of these books, by their ids, too few rights are here, or another price, or nothing: what was found. */
  | { readonly kind: 'refused'; readonly books: ReadonlyMap<number, StoredBook | undefined> };

/** Whether a key was used before for a creation, a restock or a write-off. */
export type KeyOutcome = 'done' | 'done-before' | 'key-reused' | 'refused';

export interface KeyedChangeOptions {
  readonly reason?: string | undefined;
  readonly isSentOnce?: boolean;
}

export class Sales {
  readonly #site: Site;
  readonly #catalog: CatalogTable;
  readonly #orders: OrderTable;
  readonly #link: TableLink;
  readonly #system: System;

  constructor(
    site: Site,
    catalog: CatalogTable,
    orders: OrderTable,
    link: TableLink,
    system: System,
  ) {
    this.#site = site;
    this.#catalog = catalog;
    this.#orders = orders;
    this.#link = link;
    this.#system = system;
  }

  /**
   * Takes the copies of every item and writes the order in one transaction (design G10), on the condition
   * that the slot is as it was last seen: so a try that is carried out late, after the slot was changed,
   * fails.
   *
   * @throws UnavailableError; where it `isUnknown`, the sale may still be carried out. An
   *   ItemUnavailableError where what refused it can't be read.
   */
  async sell(order: OrderRow, expected: Slot): Promise<SaleOutcome> {
    const sale = await transact<string>(this.#link.writeOnce, {
      ...eachItem(order, ({ bookId, quantity, unitPrice }) =>
        this.#catalog.saleWrite(bookId, quantity, unitPrice),
      ),
      ...this.#orders.slotWrites(order, expected),
    });
    if (sale.isDone) return { kind: 'placed' };
    const { failed } = sale;
    // That the order exists is looked at before any other reason.
    const slot = failed[slotPart(order)];
    if (slot !== undefined) {
      return { kind: 'slot-changed', slot: this.#orders.toSlot(slot.item) };
    }
    const books = order.items.flatMap((item) => {
      const part = failed[partOf(order, item)];
      if (part === undefined) return [];
      return [[item.bookId, part.item && this.#catalog.toStoredBook(part.item)] as const];
    });
    return { kind: 'refused', books: new Map(books) };
  }

  /**
   * Marks an order of this site's own as cancelled and gives all of its copies back, once however often
   * it is called, in one transaction.
   *
   * @returns the row as it then is; undefined where it is no longer as `order` says.
   * @throws UnavailableError
   */
  async cancel(order: OrderRow): Promise<OrderRow | undefined> {
    if (order.status === 'cancelled') return order;
    const cancelled: OrderRow = { ...order, status: 'cancelled' };
    const isDone = await writeTogether(this.#link, {
      ...this.#orders.slotWrites(cancelled, { kind: 'order', order }),
      ...this.#giveBackWrites(order),
    });
    return isDone ? cancelled : undefined;
  }

  /**
   * Joins a row of another site's sale: settles it with what lies under its key, and gives the
   * copies of a sale of this site's own that no longer stands back, in one transaction. Safe to
   * repeat.
   *
   * @param seen what was found here under the row's id: a guess, which the condition of the write
   *   checks. Where it is not given, it is read.
   * @returns how many sales of this site's own were withdrawn; whether two bodies were found under one key.
   * @throws UnavailableError
   */
  join(incoming: OrderRow, seen?: Slot): Promise<{ withdrawn: number; isDispute: boolean }> {
    const orElse = () =>
      new ItemUnavailableError(this.#link.where, incoming.id, 'is always written by others');
    return untilWon(this.#system, { ...usualTries, orElse }, async (lost) => {
      const slots = await this.#slotsNeeded(incoming, lost === 0 ? seen : undefined);
      const { puts, givenBack, isDispute } = settle(incoming, slots, this.#site);
      if (puts.length === 0 && givenBack.length === 0) return { withdrawn: 0, isDispute: false };
      const isDone = await writeTogether(
        this.#link,
        Object.assign(
          {},
          ...puts.map((row) => this.#orders.slotWrites(row, slots.get(row.id) ?? emptySlot)),
          ...givenBack.map((row) => this.#giveBackWrites(row)),
        ),
      );
      return isDone ? { withdrawn: givenBack.length, isDispute } : lostRace;
    });
  }

  /** The parts of a transaction that give the copies of all of an order's items back. */
  #giveBackWrites(order: OrderRow): Record<string, TransactItem> {
    return eachItem(order, ({ bookId, quantity }) => this.#catalog.giveBackWrite(bookId, quantity));
  }

  /** Mostly the row's own slot alone; where the key was given to two bodies, a second read follows. */
  async #slotsNeeded(incoming: OrderRow, own: Slot | undefined): Promise<Map<string, Slot>> {
    const first = own ? new Map([[incoming.id, own]]) : await this.#orders.slots([incoming.id]);
    const current = first.get(keyIdOf(incoming.id));
    const needed = slotsNeeded(incoming, current?.kind === 'order' ? current.order : undefined);
    const others = needed.filter((id) => !first.has(id));
    return others.length === 0 ? first : new Map([...first, ...(await this.#orders.slots(others))]);
  }

  /**
   * Carries out a change of the catalogue together with the record of its key, so that a retry
   * never does it twice.
   *
   * @param options.reason of the change, kept for those who run the store.
   * @param options.isSentOnce of a change that may be refused: a second copy may find that refusal while the
   *   first can still be carried out.
   * @throws UnavailableError; where it `isUnknown`, only the same key may be tried again.
   */
  withKey(
    key: UsedKey,
    change: TransactItem,
    { reason, isSentOnce = false }: KeyedChangeOptions = {},
  ): Promise<KeyOutcome> {
    const send = isSentOnce ? this.#link.writeOnce : this.#link.write;
    const orElse = () => new UnavailableError(this.#link.where, { isUnknown: true });
    const tries = { ...usualTries, mayMeetItself: true, orElse };
    return untilWon<KeyOutcome>(this.#system, tries, async () => {
      const outcome = await transact(send, {
        change,
        record: keyRecordWrite(this.#orders.name, key, this.#system.now(), reason),
      });
      if (outcome.isDone) return 'done';
      const { record } = outcome.failed;
      if (record !== undefined) {
        return bodyHashIn(record.item) === key.bodyHash ? 'done-before' : 'key-reused';
      }
      // Who is at the record may be another try with this key, and the one that the change met.
      return outcome.contended.has('record') ? lostRace : 'refused';
    });
  }
}

const partOf = ({ id }: OrderRow, { bookId }: LineItem): string => `copies of ${bookId} for ${id}`;

/** A part of a transaction for each item of an order. */
const eachItem = (
  order: OrderRow,
  write: (item: LineItem) => TransactItem,
): Record<string, TransactItem> =>
  Object.fromEntries(order.items.map((item) => [partOf(order, item), write(item)]));
