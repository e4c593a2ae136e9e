/** G9: a refusal is final. What was sent for it and not answered can no longer become an order. */
import { describe, expect, test } from '@jest/globals';
import { cancelOrder, findOrder } from '../../../lib/store/orders.js';
import { disputedId, hashOfOrderBody } from '../../../lib/rules/keys.js';
import { outage, type Interceptor } from '../../support/faults/barrier.js';
import { freshKey, order, orderOf, orderUntilAnswered } from '../../support/books/buyers.js';
import {
  afterFirst,
  answerLost,
  before,
  closed,
  first,
  isSurvey,
  isShutting,
  isTransaction,
  late,
  lost,
  to,
  type Matcher,
} from '../../support/faults/faults.js';
import { makeFrontEnd } from '../../support/tables/front-ends.js';
import { eu, us } from '../../support/tables/neighbours.js';
import { openNeighbours } from '../../support/stages/open.js';
import { logOf } from '../../support/books/order-log.js';
import { exchange, replicaOf, stockBook, takeStock } from '../../support/books/stocked-books.js';

const { emulators, here, there, faulty } = await openNeighbours();

/**
 * A front end whose first `tries` sales in us-east-1 hang and may be carried out late, the look-up
 * after each finding nobody there, so that eu-west-1 goes on. `meanwhile` happens before that.
 */
function hanging(
  {
    meanwhile,
    sales = to(us, isTransaction),
  }: {
    meanwhile: () => Promise<unknown>;
    sales?: Matcher;
  },
  ...others: readonly Interceptor[]
) {
  const { interceptor, ...calls } = late(sales);
  const lookUps = first(1, to(us, isSurvey));
  const front = faulty(interceptor, before(to(us, isSurvey), meanwhile), lost(lookUps), ...others);
  return { front, ...calls };
}

/** Buys the last copy and gives it back when told to. */
function rivalOf(bookId: number) {
  let id = '';
  return {
    buys: async () => {
      if (id === '') id = orderOf(await order(here, bookId)).id;
    },
    cancels: () => cancelOrder(here, id),
  };
}

describe('G9: a sale that hangs in one region while the other refuses', () => {
  test('can no longer be carried out after "sold out"', async () => {
    const bookId = await stockBook(here, { [us]: 1, [eu]: 0 });
    const rival = rivalOf(bookId);
    const { front, held, release } = hanging({ meanwhile: rival.buys });
    const key = freshKey();

    const outcome = await order(front, bookId, { key });
    expect({ outcome, held: held() }).toEqual({
      outcome: { kind: 'sold-out', items: [{ bookId, available: 0 }] },
      held: 1,
    });
    await rival.cancels();

    expect(await release()).toEqual([false]);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 0, left: 1 });
    expect((await order(here, bookId, { key })).kind).toBe('placed');
  });

  test('can no longer be carried out after "the price has changed"', async () => {
    const bookId = await stockBook(here, { [us]: 1, [eu]: 1 }, { price: 1000 });
    const meanwhile = () => replicaOf(here, eu).catalog.change(bookId, { price: 2000 }, []);
    const { front, held, release } = hanging({ meanwhile });

    const outcome = await order(front, bookId, { unitPrice: 1000 });
    expect({ outcome, held: held() }).toEqual({
      outcome: { kind: 'price-changed', items: [{ bookId, price: 2000 }] },
      held: 1,
    });

    expect(await release()).toEqual([false]);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 0, left: 2 });
  });

  test('can no longer be carried out after "the key was used for another body"', async () => {
    const bookId = await stockBook(here, { [us]: 5, [eu]: 5 });
    const key = freshKey();
    const meanwhile = () => order(there, bookId, { key, quantity: 2 });
    const { front, held, release } = hanging({ meanwhile });

    const outcome = await order(front, bookId, { key, quantity: 1 });
    expect({ outcome, held: held() }).toEqual({ outcome: { kind: 'key-reused' }, held: 1 });

    expect(await release()).toEqual([false]);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 2, left: 8 });
  });

  // The first refusal leaves its nonce in the slot, and the second try's sale is conditioned on it:
  // to put a refusal where there is none would leave that sale possible.
  test('can no longer be carried out where it expected an older refusal in the slot', async () => {
    const bookId = await stockBook(here, { [us]: 1, [eu]: 0 });
    const key = freshKey();
    const firstRival = rivalOf(bookId);
    const firstTry = hanging({ meanwhile: firstRival.buys });
    await order(firstTry.front, bookId, { key });
    await firstRival.cancels();

    const rival = rivalOf(bookId);
    // The first sale of this try learns of the nonce, and the second hangs.
    const secondTry = hanging({
      meanwhile: rival.buys,
      sales: afterFirst(1, to(us, isTransaction)),
    });
    const outcome = await order(secondTry.front, bookId, { key });
    expect({ kind: outcome.kind, held: secondTry.held() }).toEqual({ kind: 'sold-out', held: 1 });
    await rival.cancels();

    expect(await secondTry.release()).toEqual([false]);
    expect(await firstTry.release()).toEqual([false]);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 0, left: 1 });
  });

  test.each([
    ['cannot be changed', () => lost(to(us, isShutting))],
    // That is not sent again: a copy of it that came late could bring an old nonce back.
    ['may have been changed', () => closed('before', first(1, to(us, isShutting)))],
  ])('is not refused while its slot %s, and the same key finds it later', async (_, fault) => {
    const bookId = await stockBook(here, { [us]: 1, [eu]: 0 });
    const rival = rivalOf(bookId);
    const { front, release } = hanging({ meanwhile: rival.buys }, fault());
    const key = freshKey();

    const outcome = await order(front, bookId, { key });
    await rival.cancels();
    const carriedOut = await release();
    const again = await order(here, bookId, { key });

    expect(carriedOut).toEqual([true]);
    expect(again).toMatchObject({ kind: 'repeated', order: { status: 'placed', region: us } });
    expect(outcome).toEqual({ kind: 'unknown', orderId: orderOf(again).id });
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 1, left: 0 });
  });

  test('is not refused while its region does not answer at all', async () => {
    const bookId = await stockBook(here, { [us]: 1, [eu]: 0 });
    const connection = outage();
    const { front, held, release } = hanging(
      { meanwhile: () => Promise.resolve(connection.cutOff(us)) },
      connection.interceptor,
    );
    const key = freshKey();

    const outcome = await order(front, bookId, { key });
    connection.restore(us);
    expect(held()).toBe(1);
    const carriedOut = await release();
    const again = await orderUntilAnswered(here, bookId, { key });

    expect(outcome).toEqual({ kind: 'unknown', orderId: orderOf(again).id });
    expect({ carriedOut, kind: again.kind }).toEqual({ carriedOut: [true], kind: 'repeated' });
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 1, left: 0 });
  });

  test('is the answer where it was carried out before it could be refused', async () => {
    const bookId = await stockBook(here, { [us]: 2, [eu]: 0 });
    let release: () => Promise<boolean[]> = () => Promise.resolve([]);
    const meanwhile = () => Promise.resolve();
    const hung = hanging(
      { meanwhile },
      // After the last look at the slots, before the slot is changed.
      before(to(us, isShutting), () => release()),
    );
    release = hung.release;
    await replicaOf(here, eu).catalog.change(bookId, { price: 2000 }, []);
    await replicaOf(here, us).catalog.change(bookId, { title: 'Another' }, []);

    const outcome = await order(hung.front, bookId, { unitPrice: 1000 });

    expect(outcome).toMatchObject({ kind: 'placed', order: { region: us, total: 1000 } });
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 1, left: 1 });
  });
});

describe('a sale that was not answered in a region that answers again', () => {
  test('is tried again there, and both tries want one slot', async () => {
    const bookId = await stockBook(here, { [us]: 2, [eu]: 2 });
    const { interceptor, release } = late(first(1, to(us, isTransaction)));

    const outcome = await order(faulty(interceptor), bookId);

    expect(orderOf(outcome).region).toBe(us);
    expect(await release()).toEqual([false]);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 1, left: 3 });
  });

  test('is found where it was carried out before the second try', async () => {
    const bookId = await stockBook(here, { [us]: 2, [eu]: 2 });
    const { interceptor, release } = late(first(1, to(us, isTransaction)));
    const front = faulty(before(afterFirst(1, to(us, isTransaction)), release), interceptor);

    const outcome = await order(front, bookId);

    expect(outcome).toMatchObject({ kind: 'placed', order: { region: us } });
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 1, left: 3 });
  });

  test('at another price then, is placed once and at the price it is answered with', async () => {
    const bookId = await stockBook(here, { [us]: 2, [eu]: 2 }, { price: 1000 });
    const { interceptor, release } = late(first(1, to(us, isTransaction)));
    const dearer = () => replicaOf(here, us).catalog.change(bookId, { price: 1200 }, []);
    const front = faulty(interceptor, before(to(us, isSurvey), dearer));

    const outcome = await order(front, bookId);

    expect(orderOf(outcome).total).toBe(1200);
    expect(await release()).toEqual([false]);
    const log = await logOf(replicaOf(here, us), [bookId]);
    expect(log.map(({ total }) => total)).toEqual([1200]);
  });
});

test('G2: a sale carried out late, after the next region sold, is settled and its copies are back', async () => {
  const bookId = await stockBook(here, { [us]: 2, [eu]: 2 });
  const connection = outage();
  const { front, release } = hanging(
    { meanwhile: () => Promise.resolve(connection.cutOff(us)) },
    connection.interceptor,
  );
  const key = freshKey();

  const outcome = await order(front, bookId, { key });
  connection.restore(us);
  expect(await release()).toEqual([true]);
  expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 2, left: 2 });
  await exchange(here.replicas, bookId);

  expect(orderOf(outcome).region).toBe(eu);
  expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 1, left: 3 });
  const again = await order(here, bookId, { key });
  expect(again.kind).toBe('repeated');
  expect(orderOf(again)).toMatchObject({ id: orderOf(outcome).id, total: 1000 });
});

test('G9: with its database stopped and gone on again, a sale is an order or it is not, and the same key tells', async () => {
  const config = { ...emulators.config, READ_TIMEOUT_MS: 700, WRITE_TIMEOUT_MS: 1_500 };
  const bookId = await stockBook(here, { [us]: 4, [eu]: 0 });
  const database = emulators.process(us);
  const keys = [freshKey(), freshKey(), freshKey()];
  const stopAtSale = before(to(us, isTransaction), () => Promise.resolve(database.kill('SIGSTOP')));
  const front = makeFrontEnd(config, {
    region: us,
    routing: { sales: 'nearest' },
    faults: [stopAtSale],
  });

  const outcomes = await Promise.all(keys.map((key) => order(front, bookId, { key })));
  database.kill('SIGCONT');
  const later = await Promise.all(keys.map((key) => orderUntilAnswered(here, bookId, { key })));

  expect(outcomes.map(({ kind }) => kind)).toEqual(keys.map(() => 'unknown'));
  const ids = outcomes.map((outcome) => outcome.kind === 'unknown' && outcome.orderId);
  expect(later.map((outcome) => orderOf(outcome).id)).toEqual(ids);
  expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 3, left: 1 });
});

test('G9: tries at once of one key near the last copy, whose answers are lost, are never refused its copy', async () => {
  const books = await Promise.all(
    Array.from({ length: 6 }, () => stockBook(here, { [us]: 1, [eu]: 0 })),
  );

  for (const bookId of books) {
    const key = freshKey();
    const front = faulty(
      answerLost(first(1, to(us, isTransaction))),
      lost(first(1, to(us, isSurvey))),
    );
    const outcomes = await Promise.all(
      [front, front, there].map((each) => orderUntilAnswered(each, bookId, { key })),
    );

    expect(new Set(outcomes.map((outcome) => orderOf(outcome).id)).size).toBe(1);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 1, left: 0 });
  }
});

// One key, two bodies. The sale of one is carried out late and meets the other's order before its
// slot is changed: it then stands under the id of a disputed order, and is no refusal.
test('G9: a key is not refused for another body once its own sale stands as disputed', async () => {
  const bookId = await stockBook(here, { [us]: 10, [eu]: 10 });
  const [lower, higher] = [1, 2].sort((one, other) =>
    hashOfOrderBody({ items: [{ bookId, quantity: one }] }) <
    hashOfOrderBody({ items: [{ bookId, quantity: other }] })
      ? -1
      : 1,
  ) as [number, number];
  const key = freshKey();
  let carryOut: () => Promise<unknown> = () => Promise.resolve();
  const hung = hanging(
    { meanwhile: () => order(there, bookId, { key, quantity: lower }) },
    before(to(us, isShutting), () => carryOut()),
  );
  carryOut = async () => {
    expect(await hung.release()).toEqual([true]);
    await exchange(here.replicas, bookId);
  };

  const outcome = await order(hung.front, bookId, { key, quantity: higher });

  const other = orderOf(await order(there, bookId, { key, quantity: lower }));
  const bodyHash = hashOfOrderBody({ items: [{ bookId, quantity: higher }] });
  const standing = await findOrder(here, disputedId(other.id, bodyHash));
  expect(standing?.order).toMatchObject({ status: 'disputed', items: [{ quantity: higher }] });
  expect(outcome).toMatchObject({ kind: 'placed', order: standing?.order });
});
