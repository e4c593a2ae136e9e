/** One site's catalogue: what the pure rules of books and stock say, said to DynamoDB. */
import { GetCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { isNotThere, type Expression } from '../dynamodb/expression.js';
import { readItem } from '../dynamodb/read-item.js';
import { ofEveryShard, shardOf } from '../dynamodb/sharding.js';
import type { TableLink } from '../dynamodb/table-link.js';
import type { TransactItem } from '../dynamodb/transact.js';
import { ConditionFailedError, ItemUnavailableError } from '../errors.js';
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
  type StockChange,
} from '../rules/stock-change.js';
import { emptyRow, rightsOf, rowOf, type Ledger } from '../rules/ledger.js';
import type { System } from '../system.js';
import {
  addsOnlySales,
  descriptionFields,
  difference,
  type BookState,
  type CompleteBook,
  type Description,
  isComplete,
  joinStates,
} from '../rules/book.js';
import {
  bookKey,
  emptyState,
  isSoldAt,
  joinExpression,
  rightsAttribute,
  rowAttribute,
  stockExpression,
  toBookState,
  type Scope,
} from './book-item.js';
import { nextStamp, type Stamp } from '../rules/stamp.js';
import { joinStretches, type Stretch } from '../rules/stretch.js';
import { topicKey } from '../rules/topic.js';

/** A book in a site's own table. */
export interface StoredBook {
  readonly state: BookState;
  /** Copies that this site may sell on its own authority. */
  readonly rights: number;
  /** Whether the site's own row lies there, for sales to write into. */
  readonly hasOwnRow: boolean;
}

/** What a site holds of a book that it has not heard of. */
export const nothingStored = (bookId: number): StoredBook => ({
  state: emptyState(bookId),
  rights: 0,
  hasOwnRow: false,
});

/** Where a key of the listing lies: after every book of the topics before it, by id within one. */
export const listingKeyOf = (topic: string, bookId: number): string =>
  `${topicKey(topic)}\u0000${String(bookId).padStart(15, '0')}`;

/** Of each shard, for one page of topics: of large ones each Query may find only one more. */
const mostQueriesForTopics = 25;

/** Which part of a list to read. */
interface Part<Entry> {
  /** The first entry that may be in it. */
  readonly from: Entry;
  readonly limit: number;
}

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

  /** @throws ItemUnavailableError */
  toStoredBook(item: Record<string, unknown>): StoredBook {
    return {
      state: readItem(this.#link.where, item, toBookState),
      rights: Number(item[rightsAttribute(this.#site)] ?? 0),
      hasOwnRow: rowAttribute(this.#site) in item,
    };
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
   * The part of a transaction that takes up a book learned elsewhere, on the condition that nothing of
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
    { state, hasOwnRow }: StoredBook,
    incoming: BookState,
    { areOrdersToFollow = false } = {},
  ): Expression | undefined {
    const site = this.#site;
    const added = difference(state, incoming, site);
    if (added === undefined && hasOwnRow) return undefined;

    const update = joinExpression(state, added ?? { registers: {}, rows: {} });
    const joined = joinStates(state, { ...incoming, ledger: added?.rows ?? {} });
    const isMoved = added?.registers.topic !== undefined || !isComplete(state);
    if (isMoved && isComplete(joined)) setIndexKeys(update, joined);
    const arrived = rightsOf(joined.ledger, site) - rightsOf(state.ledger, site);
    if (!hasOwnRow) {
      update.setValue(rowAttribute(site), emptyRow);
      update.require(isNotThere(rowAttribute(site)));
      update.setValue(rightsAttribute(site), rightsOf(joined.ledger, site));
    } else if (arrived > 0) {
      const rights = update.path(rightsAttribute(site));
      update.set(rights, `${rights} + ${update.value(arrived)}`);
    }
    const isFoundByOrders =
      areOrdersToFollow && added !== undefined && hasOwnRow && addsOnlySales(state, added);
    return isFoundByOrders
      ? update.setValue('scope', 'merged')
      : this.#recordChange(update, incoming.id, 'merged');
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

  /** What every write adds: whether it was decided here, and when, for the stream and for reconcile. */
  #recordChange(update: Expression, bookId: number, scope: Scope): Expression {
    return update
      .setValue('scope', scope)
      .setValue('shard', shardOf(String(bookId)))
      .setValue('changedAt', this.#system.now());
  }

  /**
   * The part of a sale's transaction that takes the copies, on the condition that the site has the
   * rights to them and that they cost `unitPrice` each.
   */
  saleWrite(bookId: number, quantity: number, unitPrice: number): TransactItem {
    const update = stockExpression(this.#site, saleOf(quantity)).require(isSoldAt(unitPrice));
    // The order that is written with it is told with the book, and is found in the index of changes.
    update.setValue('scope', 'ordered' satisfies Scope);
    return this.#updateItem(bookId, update, 'ALL_OLD');
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

  #stockUpdate(bookId: number, change: StockChange): Expression {
    return this.#recordChange(stockExpression(this.#site, change), bookId, 'local');
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
    description: Description,
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
      registers: {
        title: { value: description.title, stamp },
        authors: { value: description.authors, stamp },
        topic: { value: description.topic, stamp },
        price: { value: description.price, stamp },
      },
      ledger: applyChange({}, this.#site, change) as Ledger,
    };
    const update = joinExpression(emptyState(bookId), {
      registers: state.registers,
      rows: state.ledger,
      ...(state.home !== undefined && { home: state.home }),
    });
    update.setValue(rightsAttribute(this.#site), rightsOf(state.ledger, this.#site));
    setIndexKeys(update, state);
    this.#recordChange(update, bookId, 'local');
    return { item: this.#updateItem(bookId, update, 'ALL_OLD'), state };
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
    changes: Partial<Description>,
    seen: readonly Stamp[],
    known?: BookState,
  ): Promise<{ before: CompleteBook; after: CompleteBook } | undefined> {
    return untilWon(this.#system, this.#tries(bookId), async (lost) => {
      const before = (lost === 0 ? known : undefined) ?? (await this.get(bookId))?.state;
      if (!isComplete(before)) return undefined;
      const stamps = descriptionFields.map((field) => before.registers[field].stamp);
      const stamp = nextStamp(this.#system.now(), regionOf(this.#site), [...stamps, ...seen]);
      const registers = Object.fromEntries(
        descriptionFields.flatMap((field) =>
          changes[field] === undefined ? [] : [[field, { value: changes[field], stamp }]],
        ),
      );
      const after = joinStates(before, { id: bookId, registers, ledger: {} }) as CompleteBook;
      const update = joinExpression(before, { registers, rows: {} });
      if (changes.topic !== undefined) setIndexKeys(update, after);
      this.#recordChange(update, bookId, 'local');
      // Carried out twice, it would take its own first try for what was there before.
      const written = await ifConditionHolds(
        this.#link.writeOnce(
          new UpdateCommand({ TableName: this.name, Key: bookKey(bookId), ...update.toUpdate() }),
        ),
      );
      return written === undefined ? lostRace : { before, after };
    });
  }

  /**
   * Ids of a topic's books in ascending order, from `from` on; eventually consistent, as indexes are.
   *
   * @throws UnavailableError
   */
  async idsOfTopic(topic: string, { from, limit }: Part<number>): Promise<Stretch<number>> {
    const { Items = [], LastEvaluatedKey } = await this.#link.read(
      new QueryCommand({
        TableName: this.name,
        IndexName: 'by-topic',
        KeyConditionExpression: 'topicKey = :topic AND bookId >= :from',
        ExpressionAttributeValues: { ':topic': topicKey(topic), ':from': from },
        Limit: limit,
      }),
    );
    const ids = Items.map((item) => Number(item['bookId']));
    return { entries: ids, until: LastEvaluatedKey && ids.at(-1) };
  }

  /** Keys of the listing in order, from `from` on, over all of its shards. @throws UnavailableError */
  async listingKeys({ from, limit }: Part<string>): Promise<Stretch<string>> {
    return joinStretches(
      await ofEveryShard((shard) => this.#listingPage(shard, from, limit)),
      byCodePoint,
    );
  }

  /**
   * Topic keys that books here have, in order, from `from` on: a loose scan of the listing. Where
   * topics are large it ends before there are `limit` of them.
   *
   * @throws UnavailableError
   */
  async topics({ from, limit }: Part<string>): Promise<Stretch<string>> {
    return joinStretches(
      await ofEveryShard((shard) => this.#topicsOfShard(shard, from, limit)),
      byCodePoint,
    );
  }

  async #topicsOfShard(shard: string, from: string, limit: number): Promise<Stretch<string>> {
    const topics = new Set<string>();
    let start = from;
    for (let queries = 0; queries < mostQueriesForTopics; queries += 1) {
      const page = await this.#listingPage(shard, start, limit);
      for (const key of page.entries) topics.add(topicOfListingKey(key));
      if (page.until === undefined) return { entries: [...topics] };
      if (topics.size >= limit) break;
      // The rest of the page's last topic would tell nothing new: go on behind it.
      start = `${topicOfListingKey(page.until)}\u0001`;
    }
    const entries = [...topics];
    return { entries, until: entries.at(-1) };
  }

  async #listingPage(shard: string, from: string, limit: number): Promise<Stretch<string>> {
    const { Items = [], LastEvaluatedKey } = await this.#link.read(
      new QueryCommand({
        TableName: this.name,
        IndexName: 'listing',
        KeyConditionExpression:
          from === '' ? 'shelf = :shelf' : 'shelf = :shelf AND shelfKey >= :from',
        ExpressionAttributeValues: { ':shelf': shard, ...(from !== '' && { ':from': from }) },
        Limit: limit,
      }),
    );
    const keys = Items.map((item) => String(item['shelfKey']));
    return { entries: keys, until: LastEvaluatedKey && keys.at(-1) };
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

/** What a write answers; undefined where its condition did not hold. */
async function ifConditionHolds<Answer>(write: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof ConditionFailedError) return undefined;
    throw error;
  }
}

/** Only beside a topic that is written: its condition keeps a slow writer from listing an older one (design S8). */
function setIndexKeys(update: Expression, book: CompleteBook): void {
  const topic = book.registers.topic.value;
  update
    .setValue('topicKey', topicKey(topic))
    .setValue('shelf', shardOf(String(book.id)))
    .setValue('shelfKey', listingKeyOf(topic, book.id));
}

export const topicOfListingKey = (key: string): string => key.split('\u0000', 1)[0] ?? '';

export const bookIdOfListingKey = (key: string): number => Number(key.split('\u0000')[1]);

/** DynamoDB sorts strings by their UTF-8 bytes, which is the order of code points; `<` is not. */
export function byCodePoint(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
