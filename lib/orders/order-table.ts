/** One site's order log. */
import {
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { isDeepStrictEqual } from 'node:util';
import { batchGet } from '../aws/batch-get.js';
import { Expression } from '../aws/expression.js';
import { readEach, readItem, type ReadItems } from '../aws/read-item.js';
import { ofEveryShard } from '../aws/sharding.js';
import type { TableLink } from '../aws/table-link.js';
import type { TransactItem } from '../aws/transact-each.js';
import type { CatalogTable } from '../catalog/catalog-table.js';
import {
  ConditionFailedError,
  ItemUnavailableError,
  TransactionCancelledError,
  UnavailableError,
  type CancellationReason,
} from '../errors.js';
import type { Site } from '../sites.js';
import type { System } from '../system.js';
import { keyIdOf, type OrderRow, type UsedKey } from './order.js';
import { isOrderItem, toOrderItem, toOrderRow, toSlot } from './order-item.js';
import { emptySlot, isSameSale, settle, slotsNeeded, type Slot } from './settlement.js';

/** What came of a try to sell. Every kind is definite: the copies were taken in the first only. */
export type SaleOutcome =
  | { readonly kind: 'placed' }
  /** The order's slot is not as it was expected to be. */
  | { readonly kind: 'slot-changed'; readonly slot: Slot }
  /** Too few rights here, another price, or no such book: `item` is the book as it was found. */
  | { readonly kind: 'refused'; readonly item: Record<string, unknown> | undefined };

/** Whether a key was used before for a creation or a restock. */
export type KeyOutcome = 'done' | 'done-before' | 'key-reused' | 'refused';

const refusalLifetimeSeconds = 24 * 60 * 60;
const mostAttempts = 20;

export class OrderTable {
  readonly name: string;
  readonly #site: Site;
  readonly #catalog: CatalogTable;
  readonly #link: TableLink;
  readonly #system: System;

  constructor(name: string, site: Site, catalog: CatalogTable, link: TableLink, system: System) {
    this.name = name;
    this.#site = site;
    this.#catalog = catalog;
    this.#link = link;
    this.#system = system;
  }

  /**
   * Takes the copies and writes the order in one transaction, on the condition that the slot is as
   * it was last seen: so a try that is carried out late, after the slot was changed, fails.
   *
   * @throws UnavailableError; where it `isUnknown`, the sale may still be carried out.
   */
  async sell(order: OrderRow, expected: Slot): Promise<SaleOutcome> {
    try {
      await this.#link.writeOnce(
        new TransactWriteCommand({
          TransactItems: [
            this.#catalog.saleOf(order.bookId, order.quantity, order.unitPrice),
            this.#putOf(order, expected),
          ],
        }),
      );
      return { kind: 'placed' };
    } catch (error) {
      if (!(error instanceof TransactionCancelledError)) throw error;
      const [book, slot] = error.reasons as [CancellationReason, CancellationReason];
      // That the order exists is looked at before any other reason.
      if (slot.conditionFailed) {
        return { kind: 'slot-changed', slot: this.#toSlot(slot.item) };
      }
      return { kind: 'refused', item: book.item };
    }
  }

  /**
   * Changes a slot that holds no order, so that no sale that was sent before can still take it.
   *
   * @returns the order, where one is there.
   * @throws UnavailableError where that could not be done.
   */
  async shut(orderId: string): Promise<OrderRow | undefined> {
    const update = new Expression();
    update.require(`attribute_not_exists(${update.path('status')})`);
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
    const slots = await this.#slots(orderIds);
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

  async #slots(orderIds: readonly string[]): Promise<Map<string, Slot>> {
    const items = new Map((await this.#items(orderIds)).map((item) => [item['id'], item]));
    return new Map(orderIds.map((id) => [id, this.#toSlot(items.get(id))]));
  }

  async #items(orderIds: readonly string[]): Promise<Record<string, unknown>[]> {
    const found = await batchGet(this.#link, this.#system, {
      [this.name]: orderIds.map((id) => ({ id })),
    });
    return found[this.name] ?? [];
  }

  /** @throws ItemUnavailableError */
  #toSlot(item: Record<string, unknown> | undefined): Slot {
    return item === undefined ? emptySlot : readItem(this.#link.where, item, toSlot);
  }

  /**
   * Marks an order of this site's own as cancelled and gives its copies back, once however often it
   * is called, in one transaction.
   *
   * @returns the row as it then is; undefined where it is no longer as `order` says.
   * @throws UnavailableError
   */
  async cancel(order: OrderRow): Promise<OrderRow | undefined> {
    if (order.status === 'cancelled') return order;
    const cancelled: OrderRow = { ...order, status: 'cancelled' };
    const isDone = await this.#carryOut([
      this.#putOf(cancelled, { kind: 'order', order }),
      this.#catalog.giveBackOf(order.bookId, order.quantity),
    ]);
    return isDone ? cancelled : undefined;
  }

  /**
   * Takes up a row of another site's sale, settles it with what lies under its key, and gives the
   * copies of a sale of this site's own that no longer stands back, in one transaction. Safe to
   * repeat.
   *
   * @param seen what was found here under the row's id: a guess, which the condition of the write
   *   checks. Where it is not given, it is read.
   * @returns what it came to: whether anything changed, and what for.
   * @throws UnavailableError
   */
  async join(incoming: OrderRow, seen?: Slot): Promise<{ withdrawn: number; isDispute: boolean }> {
    let slot = seen;
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      const slots = await this.#slotsNeeded(incoming, slot);
      const { puts, givenBack, isDispute } = settle(incoming, slots, this.#site);
      if (puts.length === 0 && givenBack.length === 0) return { withdrawn: 0, isDispute: false };
      const isDone = await this.#carryOut([
        ...puts.map((row) => this.#putOf(row, slots.get(row.id) ?? emptySlot)),
        ...givenBack.map((row) => this.#catalog.giveBackOf(row.bookId, row.quantity)),
      ]);
      if (isDone) return { withdrawn: givenBack.length, isDispute };
      slot = undefined;
      await this.#system.sleep(this.#system.random() * 20);
    }
    throw new ItemUnavailableError(this.#link.where, incoming.id, 'is always written by others');
  }

  /** The part of a transaction that takes up a row of another site's sale, where its slot is empty. */
  firstJoinOf(incoming: OrderRow): TransactItem {
    return this.#putOf(incoming, emptySlot);
  }

  /** Mostly the row's own slot alone; where the key was given to two bodies, a second read follows. */
  async #slotsNeeded(incoming: OrderRow, own: Slot | undefined): Promise<Map<string, Slot>> {
    const first = own ? new Map([[incoming.id, own]]) : await this.#slots([incoming.id]);
    const current = first.get(keyIdOf(incoming.id));
    const needed = slotsNeeded(incoming, current?.kind === 'order' ? current.order : undefined);
    const others = needed.filter((id) => !first.has(id));
    return others.length === 0 ? first : new Map([...first, ...(await this.#slots(others))]);
  }

  /**
   * Carries out a change of the catalogue together with the record of its key, so that a retry
   * never does it twice.
   *
   * @throws UnavailableError; where it `isUnknown`, only the same key may be tried again.
   */
  async once(key: UsedKey, change: TransactItem): Promise<KeyOutcome> {
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      try {
        await this.#link.write(
          new TransactWriteCommand({ TransactItems: [change, this.#recordOf(key)] }),
        );
        return 'done';
      } catch (error) {
        if (!(error instanceof TransactionCancelledError)) throw error;
        const record = error.reasons[1] as CancellationReason;
        if (record.conditionFailed) {
          return record.item?.['bodyHash'] === key.bodyHash ? 'done-before' : 'key-reused';
        }
        if (!record.isContended) return 'refused';
      }
      // Who is at the record may be another try with this key, and the one that the change met.
      await this.#system.sleep(this.#system.random() * 20);
    }
    throw new UnavailableError(this.#link.where, { isUnknown: true });
  }

  #recordOf({ id, bodyHash }: UsedKey): TransactItem {
    return {
      Put: {
        TableName: this.name,
        Item: { ...recordKey(id), bodyHash, recordedAt: this.#system.now() },
        ConditionExpression: 'attribute_not_exists(id)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    };
  }

  /**
   * Places of the log in descending order, below `before`, over all of its shards; eventually
   * consistent, as indexes are.
   */
  async placesBefore(before: string, limit: number): Promise<{ place: string; id: string }[]> {
    const pages = await ofEveryShard((shard) =>
      this.#link.read(
        new QueryCommand({
          TableName: this.name,
          IndexName: 'recent',
          KeyConditionExpression: 'logShard = :shard AND placed < :before',
          ExpressionAttributeValues: { ':shard': shard, ':before': before },
          ScanIndexForward: false,
          Limit: limit,
        }),
      ),
    );
    return pages
      .flatMap(({ Items = [] }) => Items)
      .map((item) => ({ place: String(item['placed']), id: String(item['id']) }))
      .sort((one, other) => (one.place < other.place ? 1 : -1))
      .slice(0, limit);
  }

  #putOf(row: OrderRow, expected: Slot): TransactItem {
    if (expected.kind === 'order' && isSameSale(row, expected.order)) {
      return this.#updateOf(row, expected.order);
    }
    const condition = new Expression();
    requireSlot(condition, expected);
    return {
      Put: {
        TableName: this.name,
        Item: toOrderItem(row, this.#site, this.#system.now()),
        ...condition.toCondition(),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    };
  }

  /** Names only what changes of an order: a newer version may be adding to the rest. */
  #updateOf(row: OrderRow, known: OrderRow): TransactItem {
    const update = new Expression();
    const before = new Map<string, unknown>(Object.entries(known));
    const after = Object.entries(toOrderItem(row, this.#site, this.#system.now()));
    const changes = after.filter(([field, value]) => !isDeepStrictEqual(value, before.get(field)));
    for (const [field, value] of changes) update.setValue(field, value);
    const replaced = changes.map(([field]) => field).filter((field) => field in row);
    requireOrder(update, known, replaced);
    return {
      Update: {
        TableName: this.name,
        Key: { id: row.id },
        ...update.toUpdate(),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    };
  }

  /**
   * In a transaction, where there is more than one: a write of its own costs half as many units.
   *
   * @returns false where a condition did not hold.
   */
  async #carryOut(items: TransactItem[]): Promise<boolean> {
    const [{ Put, Update } = {}, ...others] = items;
    try {
      if (others.length > 0) {
        await this.#link.write(new TransactWriteCommand({ TransactItems: items }));
      } else if (Put !== undefined) {
        await this.#link.write(new PutCommand(Put));
      } else if (Update !== undefined) {
        await this.#link.write(new UpdateCommand(Update));
      }
      return true;
    } catch (error) {
      if (error instanceof TransactionCancelledError || error instanceof ConditionFailedError) {
        return false;
      }
      throw error;
    }
  }
}

/** Where the use of a key for a creation or a restock is recorded. */
export const recordKey = (keyId: string) => ({ id: `key~${keyId}` });

function requireSlot(condition: Expression, expected: Slot): void {
  switch (expected.kind) {
    case 'empty':
      condition.require(`attribute_not_exists(${condition.path('id')})`);
      return;
    case 'refusal':
      condition.require(`${condition.path('nonce')} = ${condition.value(expected.nonce)}`);
      return;
    case 'order':
      requireOrder(condition, expected.order);
  }
}

function requireOrder(condition: Expression, order: OrderRow, replaced: readonly string[] = []) {
  const read = new Map<string, unknown>(Object.entries(order));
  for (const attribute of new Set(['site', 'createdAt', 'status', ...replaced])) {
    condition.requireUnchanged([attribute], read.get(attribute));
  }
}
