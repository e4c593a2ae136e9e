/**
 * G10: wherever an order is seen, it has all that its key stands for: in a table, in an answer, in a
 * list, in a message.
 * What it takes of its books is `record/truth.ts`'s to check.
 */
import { hashOfOrderBody, keyIdOf } from '../../lib/rules/keys.js';
import type { Message } from '../../lib/replication/messages.js';
import { bookIdsOf, type Order, type OrderRow } from '../../lib/rules/order.js';
import { isOrderItem, toOrderRow } from '../../lib/tables/order-item.js';
import type { Report } from '../clockwork/violations.js';
import type { FunctionName } from '../places/front-end-place.js';
import type { Write } from '../places/table-place.js';
import { isAcknowledged, keyIdAsked, type Try } from '../record/history.js';
import { bodyText, isPurchase, itemsAsked } from '../record/purchases.js';

export class WholeOrders {
  readonly #report: Report;
  /** By the id of each key what it was used for, and since when. */
  readonly #bodies = new Map<string, Map<string, number>>();

  constructor(report: Report) {
    this.#report = report;
  }

  onAsked(one: Try): void {
    if (!isPurchase(one)) return;
    const keyId = keyIdAsked(one);
    const bodies = this.#bodies.get(keyId) ?? new Map<string, number>();
    this.#bodies.set(keyId, bodies);
    const body = bodyText(itemsAsked(one));
    if (!bodies.has(body)) bodies.set(body, one.startStep);
  }

  /** What a purchase's key was used for until a step, as {@link bodyText} has it. */
  bodiesUntil(one: Try, step: number): string[] {
    const bodies = this.#bodies.get(keyIdAsked(one)) ?? new Map<string, number>();
    return [...bodies].filter(([, since]) => since < step).map(([body]) => body);
  }

  onAnswered(one: Try): void {
    if (!isAcknowledged(one)) return;
    for (const order of ordersShown(one)) {
      this.#check(order, `the answer to ${one.name}`);
      const asked = isPurchase(one) ? bodyText(itemsAsked(one)) : undefined;
      if (asked === undefined || bodyText(order.items) === asked) continue;
      this.#violate(
        `${one.name} asked for ${asked}, and was answered with ${bodyText(order.items)}`,
      );
    }
  }

  onWrites(writes: readonly Write[]): void {
    for (const { place, records } of writes) {
      for (const { after } of records) {
        if (after !== undefined && isOrderItem(after)) this.#check(toOrderRow(after), place.name);
      }
    }
  }

  /** Whoever is told of an order is told of all of its books. */
  onTold(message: Message): void {
    if (message.type !== 'books') return;
    const told = new Set(message.books.map(({ book }) => book.id));
    for (const order of message.orders) {
      this.#check(order, `a message of ${message.region}`);
      const missing = bookIdsOf(order).filter((id) => !told.has(id));
      if (missing.length === 0) continue;
      this.#violate(
        `a message of ${message.region} has order ${order.id} without book ${missing.join(', ')}`,
      );
    }
  }

  #check(order: Order | OrderRow, where: string): void {
    const bodies = this.#bodies.get(keyIdOf(order.id));
    const body = bodyText(order.items);
    const isWhole =
      bodies?.has(body) === true &&
      isSummedUp(order) &&
      (!('bodyHash' in order) || order.bodyHash === hashOfOrderBody(order));
    if (isWhole) return;
    const asked = [...(bodies?.keys() ?? [])].join('; or ');
    this.#violate(`${where} has ${JSON.stringify(order)}, its key stands for ${asked}`);
  }

  #violate(what: string): void {
    this.#report({ guarantee: 'G10', what });
  }
}

const routesOfOneOrder: readonly FunctionName[] = [
  'buy',
  'place-order',
  'cancel-order',
  'get-order',
];

function ordersShown({ asked, answer }: Try): readonly Order[] {
  if (asked.route === 'list-orders') return answer?.body['orders'] as readonly Order[];
  return routesOfOneOrder.includes(asked.route) ? [answer?.body as unknown as Order] : [];
}

const isSummedUp = ({ items, total }: Order): boolean =>
  items.every((item) => item.total === item.unitPrice * item.quantity) &&
  total === items.reduce((sum, item) => sum + item.total, 0);
