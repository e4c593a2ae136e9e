import { beforeEach, expect, test } from '@jest/globals';
import { hashOfOrderBody, idOfKey } from '../../../lib/rules/keys.js';
import type { OrderRow } from '../../../lib/rules/order.js';
import { WholeOrders } from '../../../simulator/checks/whole-orders.js';
import type { Violation } from '../../../simulator/clockwork/violations.js';
import { orderSecret } from '../../../simulator/places/front-end-place.js';
import type { Write } from '../../../simulator/places/table-place.js';
import type { Answer, Asked, Try } from '../../../simulator/record/history.js';
import { lineItem, orderRow } from '../support/orders.js';

const key = 'order-of-operation-1';
const items = [
  { bookId: 7, quantity: 1 },
  { bookId: 8, quantity: 2 },
];

let violations: Violation[];
let checks: WholeOrders;

beforeEach(() => {
  violations = [];
  checks = new WholeOrders((violation) => violations.push(violation));
});

const tryOf = (asked: Asked, answer?: Partial<Answer>): Try =>
  ({ name: 'operation 1.1', asked, startStep: 1, answer }) as unknown as Try;

const basket = (asked: readonly object[]): Asked => ({
  route: 'place-order',
  key,
  body: { items: asked },
});

/** The order of the key as it ought to be, at the price of 100 for each book. */
const orderOf = (asked: readonly { bookId: number; quantity: number }[] = items): OrderRow =>
  orderRow({
    id: idOfKey(orderSecret, 'order', key),
    items: asked.map((item) => lineItem({ ...item, unitPrice: 100 })),
    bodyHash: hashOfOrderBody({ items: asked }),
  });

const write = (row: object) =>
  checks.onWrites([
    { place: { name: 'us-east-1' }, records: [{ after: row }] } as unknown as Write,
  ]);

const kinds = () => violations.map(({ guarantee }) => guarantee);

test('an order is whole in whatever order its books were asked for, in a table and in answers', () => {
  checks.onAsked(tryOf(basket(items.toReversed())));
  write(orderOf());
  const body = orderOf() as unknown as Answer['body'];
  checks.onAnswered(tryOf(basket(items.toReversed()), { status: 201, body }));
  const listed = { orders: [orderOf()] } as unknown as Answer['body'];
  checks.onAnswered(tryOf({ route: 'list-orders' }, { status: 200, body: listed }));
  expect(violations).toEqual([]);
});

test('an order without one of its books is seen in a table, in an answer and in the log', () => {
  checks.onAsked(tryOf(basket(items)));
  const part = orderOf(items.slice(0, 1));
  const body = part as unknown as Answer['body'];
  const listed = { orders: [part] } as unknown as Answer['body'];
  write(part);
  checks.onAnswered(tryOf({ route: 'get-order' }, { status: 200, body }));
  checks.onAnswered(tryOf({ route: 'list-orders' }, { status: 200, body: listed }));
  expect(kinds()).toEqual(['G10', 'G10', 'G10']);
});

test('so is one whose total is not that of its books, or that is kept under the hash of another body', () => {
  checks.onAsked(tryOf(basket(items)));
  write({ ...orderOf(), total: 100 });
  write({ ...orderOf(), bodyHash: hashOfOrderBody({ items: items.slice(0, 1) }) });
  expect(kinds()).toEqual(['G10', 'G10']);
});

test('where a key was used for two bodies, each is answered with its own', () => {
  checks.onAsked(tryOf(basket(items)));
  checks.onAsked(tryOf(basket(items.slice(0, 1))));
  write(orderOf(items.slice(0, 1)));
  expect(violations).toEqual([]);
  const body = orderOf(items.slice(0, 1)) as unknown as Answer['body'];
  checks.onAnswered(tryOf(basket(items), { status: 200, body }));
  expect(kinds()).toEqual(['G10']);
});
