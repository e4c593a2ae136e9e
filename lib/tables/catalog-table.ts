/** One site's catalogue: what the pure rules of books and stock say, said to DynamoDB. */
import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { batchGet } from '../dynamodb/batch-get.js';
import { ifConditionHolds } from '../dynamodb/conditional-write.js';
import type { Expression } from '../dynamodb/expression.js';
import { readEach, readItem, type ReadItems } from '../dynamodb/read-item.js';
import type { TableLink } from '../dynamodb/table-link.js';
import type { TransactItem } from '../dynamodb/transact.js';
import { transactEach } from '../dynamodb/transact-each.js';
import { ItemUnavailableError } from '../errors.js';
import type { UsedKey } from '../rules/keys.js';
import { lostRace, untilWon, usualTries, type Tries } from '../optimistic.js';
import { homeOf, regionOf, type Site } from '../rules/sites.js';
import {
  applyChange,
  firstStockOf,
  giveBackOf,
  moveOf,
  restockOf,
  saleOf,
  writeOffOf,
  type StockChange,
} from '../rules/stock-change.js';
import { rowOf, type Ledger } from '../rules/ledger.js';
import type { System } from '../system.js';
import {
  addsOnlySales,
  descriptionFields,
  difference,
  isComplete,
  joinStates,
  stampedRegisters,
  type BookState,
  type CompleteBook,
  type Description,
  type DescriptionChanges,
} from '../rules/book.js';
import {
  arrivalExpression,
  bookKey,
  creationExpression,
  isSoldAt,
  listedJoinExpression,
  nothingStored,
  recordChange,
  stockExpression,
  toStoredBook,
  type StoredBook,
} from './book-item.js';
import { nextStamp, type Stamp } from '../rules/stamp.js';

export class CatalogTable {
  readonly name: string;
  readonly #site: Site;
  readonly #link: TableLink;
  readonly #system: System;

  constructor(name: string, site: Site, link: TableLink, system: System) {
    this.name = name;
    this.#site = site;
    this.#link = link;
    this.#system = system;
  }

  /** Strongly consistent. @throws UnavailableError */
  async get(bookId: number): Promise<StoredBook | undefined> {
    const { Item } = await this.#link.read(
      new GetCommand({ TableName: this.name, Key: bookKey(bookId), ConsistentRead: true }),
    );
    return Item && this.toStoredBook(Item);
  }

  /** Strongly consistent; books that are not here are left out. @throws UnavailableError */
  async getAll(bookIds: readonly number[]): Promise<ReadItems<StoredBook>> {
    const found = await batchGet(this.#link, this.#system, { [this.name]: bookIds.map(bookKey) });
    return readEach(this.#link.where, found[this.name] ?? [], (item) => this.toStoredBook(item));
  }

  /** @throws ItemUnavailableError */
  toStoredBook(item: Record<string, unknown>): StoredBook {
    return readItem(this.#link.where, item, (read) => toStoredBook(read, this.#site));
  }

  /**
   * Joins a book learned elsewhere: of each other site the newer row, of each register the newer
   * value, and the copies that were moved here since the rows that were known. Safe to repeat.
   *
   * @param options.seen the book as it was read here after `incoming` was read there: a guess, which
   *   the condition of the write checks. Where it is not given, the book is read.
   * @param options.areOrdersToFollow whether the caller goes on to join the orders that `incoming` came
   *   with: who follows what changes here finds its sales by them, so the book need not be found for these.
   * @returns the book as this table now holds it.
   * @throws UnavailableError, an ItemUnavailableError where others know more of this site's sales than
   *   it does itself.
   */
  join(
    incoming: BookState,
    { seen, areOrdersToFollow = false }: { seen?: StoredBook; areOrdersToFollow?: boolean } = {},
  ): Promise<StoredBook> {
    return untilWon(this.#system, this.#tries(incoming.id), async (lost) => {
      const known = (lost === 0 ? seen : undefined) ?? (await this.#stored(incoming.id));
      this.#requireMemory(known, incoming);
      const update = this.#joinUpdate(known, incoming, { areOrdersToFollow });
      if (update === undefined) return known;
      return (await ifConditionHolds(this.#write(incoming.id, update))) ?? lostRace;
    });
  }

  #tries(bookId: number): Tries {
    const orElse = () => this.#itemUnavailable(bookId, 'is always written by others');
    return { ...usualTries, orElse };
  }

  /**
   * The part of a transaction that joins a book learned elsewhere, on the condition that nothing of
   * it is here.
   *
   * @throws ItemUnavailableError where others know of this site's sales of it.
   */
  firstJoinWrite(incoming: BookState): TransactItem {
    const nothing = nothingStored(incoming.id);
    this.#requireMemory(nothing, incoming);
    return this.#updateItem(incoming.id, this.#joinUpdate(nothing, incoming) as Expression);
  }

  async #stored(bookId: number): Promise<StoredBook> {
    return (await this.get(bookId)) ?? nothingStored(bookId);
  }

  #itemUnavailable(bookId: number, why: string): ItemUnavailableError {
    return new ItemUnavailableError(this.#link.where, bookKey(bookId).id, why);
  }

  /**
   * Nobody can know more of this site's row than its table, unless the table was restored or emptied
   * under the same incarnation: then its rights are not to be trusted (design J4).
   */
  #requireMemory(known: StoredBook, incoming: BookState): void {
    const site = this.#site;
    const remembered = rowOf(known.state.ledger, site).seq;
    if (rowOf(incoming.ledger, site).seq <= remembered) return;
    throw this.#itemUnavailable(
      incoming.id,
      `was sold in ${site}, which has forgotten it: its tables must come back as the next incarnation`,
    );
  }

  #joinUpdate(
    known: StoredBook,
    incoming: BookState,
    { areOrdersToFollow = false } = {},
  ): Expression | undefined {
    const added = difference(known.state, incoming, this.#site);
    if (added === undefined && known.hasOwnRow) return undefined;
    const update = arrivalExpression(this.#site, known, added ?? { registers: {}, rows: {} });
    const isFoundByOrders =
      areOrdersToFollow &&
      added !== undefined &&
      known.hasOwnRow &&
      addsOnlySales(known.state, added);
    const changedAtMs = isFoundByOrders ? undefined : this.#system.now();
    return recordChange(update, incoming.id, 'merged', changedAtMs);
  }

  /** Carries an update out. @returns the book as this table then holds it. */
  async #write(bookId: number, update: Expression): Promise<StoredBook> {
    const { Attributes } = await this.#link.write(
      new UpdateCommand({
        TableName: this.name,
        Key: bookKey(bookId),
        ...update.toUpdate(),
        ReturnValues: 'ALL_NEW',
      }),
    );
    return this.toStoredBook(Attributes ?? {});
  }

  /**
   * The part of a sale's transaction that takes the copies, on the condition that the site has the
   * rights to them, and that they are for sale and cost `unitPrice` each.
   */
  saleWrite(bookId: number, quantity: number, unitPrice: number): TransactItem {
    const update = stockExpression(this.#site, saleOf(quantity)).require(isSoldAt(unitPrice));
    // The order that is written with it is told with the book, and is found in the index of changes.
    return this.#updateItem(bookId, recordChange(update, bookId, 'ordered'), 'ALL_OLD');
  }

  /** The part of a transaction that gives sold copies back. */
  giveBackWrite(bookId: number, quantity: number): TransactItem {
    return this.#updateItem(bookId, this.#stockUpdate(bookId, giveBackOf(quantity)));
  }

  /**
   * The part of a transaction that adds new copies, notes the key that brought them, and moves the
   * other sites' shares on to them.
   *
   * @param known the rows as they were last seen: outdated keys of the own one go. Where it has none,
   *   and another restock is noted meanwhile, the transaction is refused.
   */
  restockWrite(
    bookId: number,
    quantity: number,
    shares: Readonly<Record<Site, number>>,
    key: UsedKey,
    known: Ledger,
  ): TransactItem {
    const use = { ...key, usedAt: this.#system.now() };
    const change = restockOf(quantity, shares, use, rowOf(known, this.#site).keys);
    return this.#updateItem(bookId, this.#stockUpdate(bookId, change));
  }

  /**
   * The part of a transaction that takes unsold copies out of the stock, and notes the key that did, on
   * the condition that the site has the rights to them.
   *
   * @param known as of {@link restockWrite}.
   */
  writeOffWrite(bookId: number, quantity: number, key: UsedKey, known: Ledger): TransactItem {
    const use = { ...key, usedAt: this.#system.now() };
    const change = writeOffOf(quantity, use, rowOf(known, this.#site).keys);
    return this.#updateItem(bookId, this.#stockUpdate(bookId, change));
  }

  #stockUpdate(bookId: number, change: StockChange): Expression {
    const update = stockExpression(this.#site, change);
    return recordChange(update, bookId, 'local', this.#system.now());
  }

  /**
   * The part of a transaction that creates a book with its first restock, on the condition that it
   * is not there (design I2). `state` is what the item then holds.
   *
   * @param key noted beside the copies that it brought; of a creation that goes by the book's id alone
   *   there is none.
   */
  creationWrite(
    bookId: number,
    description: Omit<Description, 'isListed'>,
    stock: number,
    shares: Readonly<Record<Site, number>>,
    sites: readonly Site[],
    key?: UsedKey,
  ): { item: TransactItem; state: CompleteBook } {
    const region = regionOf(this.#site);
    const nowMs = this.#system.now();
    const stamp = nextStamp(nowMs, region, []);
    const change = firstStockOf(stock, shares, key && { ...key, usedAt: nowMs });
    const state: CompleteBook = {
      id: bookId,
      home: homeOf(bookId, sites),
      registers: stampedRegisters(description, stamp) as CompleteBook['registers'],
      ledger: applyChange({}, this.#site, change) as Ledger,
    };
    const update = creationExpression(this.#site, state);
    recordChange(update, bookId, 'local', nowMs);
    return { item: this.#updateItem(bookId, update, 'ALL_OLD'), state };
  }

  /**
   * Creates up to 100 different books, each where it is not there, in as few transactions as that takes.
   *
   * @param creations the arguments of {@link creationWrite} of each.
   * @returns in order: the book as it was created, or as it was found.
   * @throws UnavailableError; none was created then, or, where it `isUnknown`, perhaps some.
   */
  async createAll(
    creations: readonly Parameters<CatalogTable['creationWrite']>[],
  ): Promise<({ readonly created: CompleteBook } | { readonly found: BookState | undefined })[]> {
    const writes = creations.map((creation) => this.creationWrite(...creation));
    const results = await transactEach(
      this.#link,
      writes.map(({ item }) => item),
    );
    return writes.map(({ state }, place) => {
      const result = results[place];
      if (result?.isDone !== false) return { created: state };
      return { found: result.item && this.toStoredBook(result.item).state };
    });
  }

  /**
   * Moves copies to another site. They are nobody's until that site has joined this row.
   *
   * @returns the book as this table now holds it; undefined where the rights do not suffice (any more,
   *   where it was sent again).
   * @throws UnavailableError
   */
  move(bookId: number, to: Site, quantity: number): Promise<StoredBook | undefined> {
    const update = this.#stockUpdate(bookId, moveOf(to, quantity));
    return ifConditionHolds(this.#write(bookId, update));
  }

  /**
   * Writes the given fields of a book, each stamped later than what it replaces here and than
   * `seen`, the stamps that the caller knows of elsewhere.
   *
   * @param known the book as it was just read here, to save a read: only a guess, which the write's
   *   condition checks.
   * @returns the state before and after; undefined where the book is not here.
   * @throws UnavailableError
   */
  change(
    bookId: number,
    changes: DescriptionChanges,
    seen: readonly Stamp[],
    known?: BookState,
  ): Promise<{ before: CompleteBook; after: CompleteBook } | undefined> {
    return untilWon(this.#system, this.#tries(bookId), async (lost) => {
      const before = (lost === 0 ? known : undefined) ?? (await this.get(bookId))?.state;
      if (!isComplete(before)) return undefined;
      const stamps = descriptionFields.flatMap((field) => before.registers[field]?.stamp ?? []);
      const stamp = nextStamp(this.#system.now(), regionOf(this.#site), [...stamps, ...seen]);
      const registers = stampedRegisters(changes, stamp);
      const after = joinStates(before, { id: bookId, registers, ledger: {} }) as CompleteBook;
      const update = listedJoinExpression(before, { registers, rows: {} });
      recordChange(update, bookId, 'local', this.#system.now());
      // Carried out twice, it would take its own first try for what was there before.
      const written = await ifConditionHolds(
        this.#link.writeOnce(
          new UpdateCommand({ TableName: this.name, Key: bookKey(bookId), ...update.toUpdate() }),
        ),
      );
      return written === undefined ? lostRace : { before, after };
    });
  }

  #updateItem(bookId: number, update: Expression, onFailure?: 'ALL_OLD'): TransactItem {
    return {
      Update: {
        TableName: this.name,
        Key: bookKey(bookId),
        ...update.toUpdate(),
        ...(onFailure && { ReturnValuesOnConditionCheckFailure: onFailure }),
      },
    };
  }
}
