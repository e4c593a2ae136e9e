/** One site's order log. */
import { QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { isDeepStrictEqual } from 'node:util';
import { batchGet } from '../dynamodb/batch-get.js';
import {
  all,
  Expression,
  holds,
  isNotThere,
  isUnchanged,
  type Condition,
} from '../dynamodb/expression.js';
import { readEach, readItem, type ReadItems } from '../dynamodb/read-item.js';
import { ofEveryShard } from '../dynamodb/sharding.js';
import type { TableLink } from '../dynamodb/table-link.js';
import type { TransactItem } from '../dynamodb/transact.js';
import { ConditionFailedError } from '../errors.js';
import type { Site } from '../rules/sites.js';
import type { System } from '../system.js';
import type { OrderRow } from '../rules/order.js';
import { isOrderItem, toEntryItems, toOrderItem, toOrderRow, toSlot } from './order-item.js';
import { emptySlot, isSameSale, type Slot } from '../rules/settlement.js';

const refusalLifetimeSeconds = 24 * 60 * 60;

export class OrderTable {
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

  /**
   * Changes a slot that holds no order, so that no sale that was sent before can still take it (design B12).
   *
   * @returns the order, where one is there.
   * @throws UnavailableError where that could not be done.
   */
  async shut(orderId: string): Promise<OrderRow | undefined> {
    const update = new Expression().require(holdsNoOrder);
    update.setValue('nonce', this.#system.uuid());
    update.setValue('expiresAt', Math.floor(this.#system.now() / 1000) + refusalLifetimeSeconds);
    try {
      // A second copy, carried out late, could bring back a nonce that a sale was sent with since.
      await this.#link.writeOnce(
        new UpdateCommand({
          TableName: this.name,
          Key: { id: orderId },
          ...update.toUpdate(),
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return undefined;
    } catch (error) {
      if (!(error instanceof ConditionFailedError)) throw error;
      return readItem(this.#link.where, error.item ?? { id: orderId }, toOrderRow);
    }
  }

  /** The orders among these slots, strongly consistent. @throws UnavailableError */
  async find(orderIds: readonly string[]): Promise<OrderRow[]> {
    const slots = await this.slots(orderIds);
    return [...slots.values()].flatMap((slot) => (slot.kind === 'order' ? [slot.order] : []));
  }

  /** What lies in these slots, strongly consistent; without those that can't be read. @throws UnavailableError */
  async readableSlots(orderIds: readonly string[]): Promise<Map<string, Slot>> {
    const items = await this.#items(orderIds);
    const found = new Set(items.map((item) => String(item['id'])));
    const { rows } = readEach(
      this.#link.where,
      items,
      (item) => [String(item['id']), toSlot(item)] as const,
    );
    const empty = orderIds.filter((id) => !found.has(id)).map((id) => [id, emptySlot] as const);
    return new Map([...rows, ...empty]);
  }

  /** As `find`, where one order that can't be read is not to stand before the others. */
  async findReadable(orderIds: readonly string[]): Promise<ReadItems<OrderRow>> {
    const items = (await this.#items(orderIds)).filter(isOrderItem);
    return readEach(this.#link.where, items, toOrderRow);
  }

  /** What lies in these slots, strongly consistent. @throws UnavailableError */
  async slots(orderIds: readonly string[]): Promise<Map<string, Slot>> {
    const items = new Map((await this.#items(orderIds)).map((item) => [item['id'], item]));
    return new Map(orderIds.map((id) => [id, this.toSlot(items.get(id))]));
  }

  async #items(orderIds: readonly string[]): Promise<Record<string, unknown>[]> {
    const found = await batchGet(this.#link, this.#system, {
      [this.name]: orderIds.map((id) => ({ id })),
    });
    return found[this.name] ?? [];
  }

  /** @throws ItemUnavailableError */
  toSlot(item: Record<string, unknown> | undefined): Slot {
    return item === undefined ? emptySlot : readItem(this.#link.where, item, toSlot);
  }

  /**
   * The part of a transaction that joins a row of another site's sale, where its slot is empty; undefined
   * of one that takes several writes.
   */
  firstJoinWrite(incoming: OrderRow): TransactItem | undefined {
    const [write, ...others] = Object.values(this.slotWrites(incoming, emptySlot));
    return others.length === 0 ? write : undefined;
  }

  /**
   * Places of the log in descending order, below `before`, over all of its shards; eventually
   * consistent, as indexes are.
   */
  async placesBefore(before: string, limit: number): Promise<string[]> {
    const pages = await ofEveryShard((shard) =>
      this.#placesIn({ index: 'recent', attribute: 'logShard', key: shard }, before, limit),
    );
    return pages.flat().sort().reverse().slice(0, limit);
  }

  /** As {@link placesBefore}, of the orders of one book. */
  placesOfBookBefore(bookId: number, before: string, limit: number): Promise<string[]> {
    return this.#placesIn({ index: 'by-book', attribute: 'book', key: bookId }, before, limit);
  }

  async #placesIn(
    { index, attribute, key }: { index: string; attribute: string; key: string | number },
    before: string,
    limit: number,
  ): Promise<string[]> {
    const { Items = [] } = await this.#link.read(
      new QueryCommand({
        TableName: this.name,
        IndexName: index,
        KeyConditionExpression: `${attribute} = :key AND placed < :before`,
        ExpressionAttributeValues: { ':key': key, ':before': before },
        ScanIndexForward: false,
        Limit: limit,
      }),
    );
    return Items.map((item) => String(item['placed']));
  }

  /**
   * The parts of a transaction that write a row into the slot of its id, on the condition that the slot is as
   * it was seen, and what else it is found by. The part of the slot itself is named by {@link slotPart}.
   */
  slotWrites(row: OrderRow, expected: Slot): Readonly<Record<string, TransactItem>> {
    if (expected.kind === 'order' && isSameSale(row, expected.order)) {
      return { [slotPart(row)]: this.#updateOf(row, expected.order) };
    }
    const entries = toEntryItems(row).map((Item) => ({ Put: { TableName: this.name, Item } }));
    return {
      [slotPart(row)]: {
        Put: {
          TableName: this.name,
          Item: toOrderItem(row, this.#site, this.#system.now()),
          ...new Expression().require(slotIsAsSeen(expected)).toCondition(),
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        },
      },
      ...Object.fromEntries(entries.map((entry) => [entry.Put.Item['id'], entry])),
    };
  }

  /** Names only what changes of an order: a newer version may be adding to the rest (design V5). */
  #updateOf(row: OrderRow, known: OrderRow): TransactItem {
    const update = new Expression();
    const before = new Map<string, unknown>(Object.entries(known));
    const after = Object.entries(toOrderItem(row, this.#site, this.#system.now()));
    const changes = after.filter(([field, value]) => !isDeepStrictEqual(value, before.get(field)));
    for (const [field, value] of changes) update.setValue(field, value);
    const replaced = changes.map(([field]) => field).filter((field) => field in row);
    update.require(orderIsAsRead(known, replaced));
    return {
      Update: {
        TableName: this.name,
        Key: { id: row.id },
        ...update.toUpdate(),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    };
  }
}

export const slotPart = ({ id }: Pick<OrderRow, 'id'>): string => `slot ${id}`;

const holdsNoOrder = isNotThere('status');

function slotIsAsSeen(slot: Slot): Condition {
  switch (slot.kind) {
    case 'empty':
      return isNotThere('id');
    case 'refusal':
      return holds(['nonce'], slot.nonce);
    case 'order':
      return orderIsAsRead(slot.order);
  }
}

function orderIsAsRead(order: OrderRow, replaced: readonly string[] = []): Condition {
  const read = new Map<string, unknown>(Object.entries(order));
  const attributes = new Set(['site', 'createdAt', 'status', ...replaced]);
  return all(...[...attributes].map((attribute) => isUnchanged([attribute], read.get(attribute))));
}
