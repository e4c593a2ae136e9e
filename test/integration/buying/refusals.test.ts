/** G6 and G9: a refusal is true, and where the truth can't be known there is none. */
import { describe, expect, test } from '@jest/globals';
import { cancelOrder } from '../../../lib/store/orders.js';
import { updateBook } from '../../../lib/store/manage-books.js';
import { barrier, countAnswers, outage } from '../../support/faults/barrier.js';
import {
  freshKey,
  order,
  onlyItem,
  orderOf,
  orderUntilAnswered,
} from '../../support/books/buyers.js';
import {
  afterFirst,
  first,
  isSurvey,
  isTransaction,
  lost,
  to,
  unreachable,
} from '../../support/faults/faults.js';
import { makeFrontEnd } from '../../support/tables/front-ends.js';
import { eu, us } from '../../support/tables/neighbours.js';
import { openNeighbours } from '../../support/stages/open.js';
import {
  bookAt,
  fail,
  freshBookId,
  replicaOf,
  stockBook,
  takeStock,
  tell,
} from '../../support/books/stocked-books.js';

const { emulators, here, there, ignorant } = await openNeighbours();

describe('sold out is true of one moment', () => {
  // One copy is somewhere all the time. The buyer's front end sees the regions one after the other,
  // and each time the copy has just left the one that it reads second for the one it read first.
  test('a copy that moves behind the back of both reads of the regions is sold', async () => {
    const bookId = await stockBook(here, { [us]: 0, [eu]: 2 });
    const [usReplica, euReplica] = [replicaOf(here, us), replicaOf(here, eu)];
    const firstSold = orderOf(await order(there, bookId));
    await euReplica.catalog.move(bookId, usReplica.site, 1);
    const inFlight = await euReplica.catalog.get(bookId);

    const second = {
      [us]: barrier('before', afterFirst(1, to(us, isSurvey))),
      [eu]: barrier('before', afterFirst(1, to(eu, isSurvey))),
    };
    const firstOfUs = barrier('before', to(us, isSurvey));
    const euReads = countAnswers(to(eu, isSurvey));
    const usReads = countAnswers(to(us, isSurvey));
    const buyer = await ignorant(
      firstOfUs.interceptor,
      second[us].interceptor,
      second[eu].interceptor,
      euReads.interceptor,
      usReads.interceptor,
    );
    const buying = order(buyer, bookId);

    await Promise.all([firstOfUs.reached, euReads.done(1)]);
    await cancelOrder(there, firstSold.id);
    await usReplica.catalog.join(inFlight?.state ?? fail());
    const secondSold = orderOf(await order(here, bookId));
    firstOfUs.open();

    await Promise.all([second[us].reached, second[eu].reached]);
    second[us].open();
    await usReads.done(2);
    await cancelOrder(here, secondSold.id);
    await order(there, bookId);
    second[eu].open();

    expect(orderOf(await buying).region).toBe(us);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 2, left: 0 });
  });

  test('what one look at the regions adds up to zero is not refused for it', async () => {
    const bookId = await stockBook(here, { [us]: 0, [eu]: 2 });
    const [usReplica, euReplica] = [replicaOf(here, us), replicaOf(here, eu)];
    const sold = orderOf(await order(there, bookId));
    await euReplica.catalog.move(bookId, usReplica.site, 1);
    const inFlight = await euReplica.catalog.get(bookId);
    const reading = barrier('before', to(us, isSurvey));
    const euReads = countAnswers(to(eu, isSurvey));
    const buying = order(await ignorant(reading.interceptor, euReads.interceptor), bookId);

    await Promise.all([reading.reached, euReads.done(1)]);
    await cancelOrder(there, sold.id);
    await usReplica.catalog.join(inFlight?.state ?? fail());
    await order(here, bookId);
    reading.open();

    expect((await buying).kind).toBe('placed');
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 2, left: 0 });
  });
});

describe('G6: while a region that may hold copies does not answer', () => {
  test('a lack of copies is never sold out, and the same key buys them afterwards', async () => {
    const bookId = await stockBook(here, { [us]: 1, [eu]: 1 });
    const connection = outage(eu);
    const buyer = await ignorant(connection.interceptor);
    const key = freshKey();

    const cutOff = await order(buyer, bookId, { quantity: 2, key });
    connection.restore(eu);
    const inReach = await orderUntilAnswered(buyer, bookId, { quantity: 2, key });

    expect(cutOff).toEqual({ kind: 'unknown', orderId: orderOf(inReach).id });
    expect(inReach.kind).toBe('placed');
  });

  test('it is not sold out either where the region in reach believes that all were sold', async () => {
    const bookId = await stockBook(here, { [us]: 0, [eu]: 1 });
    const sold = orderOf(await order(there, bookId));
    await tell(replicaOf(here, eu), replicaOf(here, us), bookId);
    await cancelOrder(there, sold.id);

    const outcome = await order(await ignorant(unreachable(to(eu))), bookId);

    expect(outcome.kind).toBe('unknown');
  });

  test('the copies in reach are sold', async () => {
    const bookId = await stockBook(here, { [us]: 2, [eu]: 1 });

    const outcome = await order(await ignorant(unreachable(to(eu))), bookId, { quantity: 2 });

    expect(outcome.kind).toBe('placed');
  });

  test('a region whose database hangs is passed over, and no copy of it is lost', async () => {
    const bookId = await stockBook(here, { [us]: 2, [eu]: 2 });
    const hasty = { ...emulators.config, READ_TIMEOUT_MS: 700, WRITE_TIMEOUT_MS: 1_500 };
    const buyer = makeFrontEnd(hasty, { region: eu, routing: { sales: 'nearest' } });
    const keys = [freshKey(), freshKey()] as const;
    const database = emulators.process(eu);

    database.kill('SIGSTOP');
    const inReach = await order(buyer, bookId, { quantity: 2, key: keys[0] });
    const lacking = await order(buyer, bookId, { quantity: 1, key: keys[1] });
    database.kill('SIGCONT');

    expect([inReach.kind, lacking.kind]).toEqual(['placed', 'unknown']);
    expect(orderOf(inReach).region).toBe(us);
    const later = await orderUntilAnswered(there, bookId, { quantity: 1, key: keys[1] });
    expect(orderOf(later).region).toBe(eu);
  });

  test('a book that only it may know is not unknown', async () => {
    const connection = outage(eu);
    const buyer = await ignorant(connection.interceptor);
    const [known, unknown] = [await bookAt(there, eu, { stock: 2 }), freshBookId(here)];

    const cutOff = [await order(buyer, known), await order(buyer, unknown)];
    connection.restore(eu);
    const inReach = [await orderUntilAnswered(buyer, known), await order(buyer, unknown)];

    expect(cutOff.map(({ kind }) => kind)).toEqual(['unknown', 'unknown']);
    expect(inReach.map(({ kind }) => kind)).toEqual(['placed', 'unknown-book']);
  });

  test('a price is not refused that may be the newer one there', async () => {
    const bookId = await stockBook(here, { [us]: 1, [eu]: 1 }, { price: 1000 });
    const buyer = await ignorant(unreachable(to(eu)));

    const cutOff = await order(buyer, bookId, { unitPrice: 1200 });
    const inReach = await order(here, bookId, { unitPrice: 1200 });

    expect(cutOff.kind).toBe('unknown');
    expect(inReach).toEqual({ kind: 'price-changed', items: [{ bookId, price: 1000 }] });
  });

  test('with no region in reach nothing is refused', async () => {
    const bookId = await stockBook(here, { [us]: 1, [eu]: 1 });

    const outcome = await order(
      await ignorant(unreachable(({ place }) => place !== 'cache')),
      bookId,
    );

    expect(outcome.kind).toBe('unknown');
  });
});

test('a book that only the other region knows is brought to the one that sells', async () => {
  const bookId = await bookAt(there, eu, { stock: 5 });

  const outcome = await order(here, bookId, { quantity: 5 });

  expect(orderOf(outcome)).toMatchObject({ region: us, items: [{ quantity: 5 }] });
  expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 5, left: 0 });
});

describe('before a refusal the key is looked up in every region', () => {
  test('the buyer of the last copy is not told "sold out" of it through another front end', async () => {
    const bookId = await stockBook(here, { [us]: 0, [eu]: 1 });
    const key = freshKey();
    const bought = orderOf(await order(there, bookId, { key }));

    const again = await order(here, bookId, { key });

    expect(again).toEqual({ kind: 'repeated', order: bought });
  });

  test('nor "the price has changed", where it has since', async () => {
    const bookId = await stockBook(here, { [us]: 1, [eu]: 1 }, { price: 1000 });
    const key = freshKey();
    const bought = orderOf(await order(there, bookId, { key, unitPrice: 1000 }));
    await updateBook(here, bookId, { price: 2000 });
    await tell(replicaOf(here, eu), replicaOf(here, us), bookId);
    await tell(replicaOf(here, us), replicaOf(here, eu), bookId);

    const again = await order(here, bookId, { key, unitPrice: 1000 });

    expect(again).toEqual({ kind: 'repeated', order: bought });
  });

  test('also where the key buys between the looks at two regions', async () => {
    const bookId = await stockBook(here, { [us]: 1, [eu]: 1 }, { price: 1000 });
    const key = freshKey();
    const reading = barrier('before', to(us, isSurvey));
    const euReads = countAnswers(to(eu, isSurvey));
    const buyer = await ignorant(reading.interceptor, euReads.interceptor);
    await replicaOf(here, us).catalog.change(bookId, { price: 2000 }, []);

    const refused = order(buyer, bookId, { key, unitPrice: 1000 });
    await Promise.all([reading.reached, euReads.done(1)]);
    const bought = orderOf(await order(there, bookId, { key, unitPrice: 1000 }));
    reading.open();

    expect(await refused).toEqual({ kind: 'repeated', order: bought });
  });

  test('while one of them does not answer there is no refusal', async () => {
    const bookId = await stockBook(here, { [us]: 0, [eu]: 1 });
    await order(there, bookId);
    // The second look at the regions is the one that fails.
    const buyer = await ignorant(lost(afterFirst(1, to(eu, isSurvey))));

    expect((await order(buyer, bookId)).kind).toBe('unknown');
  });
});

test('an order is looked at before any other reason of a sale that was cancelled', async () => {
  const bookId = await stockBook(here, { [us]: 1, [eu]: 0 });
  const bought = orderOf(await order(here, bookId));
  const { orders, sales } = replicaOf(here, us);
  const [row] = await orders.find([bought.id]);

  const outcome = await sales.sell(
    { ...(row ?? fail()), items: [{ ...onlyItem(bought), unitPrice: 1 }] },
    { kind: 'empty' },
  );

  expect(outcome).toEqual({ kind: 'slot-changed', slot: { kind: 'order', order: row } });
});

test('a refusal changes nothing, and moves no copies', async () => {
  const bookId = await stockBook(here, { [us]: 1, [eu]: 1 });
  const kinds = [
    await order(here, bookId, { quantity: 3 }),
    await order(here, bookId, { unitPrice: 1 }),
    await order(here, freshBookId(here)),
  ].map(({ kind }) => kind);

  expect(kinds).toEqual(['sold-out', 'price-changed', 'unknown-book']);
  expect(await takeStock(here.replicas, bookId)).toMatchObject({
    sold: 0,
    left: 2,
    rights: [1, 1],
  });
});

test('one lost answer of a region does not make it pass for one that has no copies', async () => {
  const bookId = await stockBook(here, { [us]: 0, [eu]: 2 });
  const buyer = await ignorant(
    lost(first(1, to(eu, isTransaction))),
    lost(first(1, to(eu, isSurvey))),
  );

  const outcome = await orderUntilAnswered(buyer, bookId, { quantity: 2 });

  expect(outcome.kind).toBe('placed');
});
