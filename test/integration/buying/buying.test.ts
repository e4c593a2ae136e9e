/** G1: no copy is sold twice, and none is called sold out while one is there. */
import { describe, expect, test } from '@jest/globals';
import type { BookState } from '../../../lib/rules/book.js';
import type { Replica } from '../../../lib/tables/replica.js';
import { ifAvailable, type FrontEnd } from '../../../lib/store/front-end.js';
import {
  byTurns,
  countKinds,
  order,
  orderOf,
  orderUntilAnswered,
} from '../../support/books/buyers.js';
import { openEmulators } from '../../support/stages/open.js';
import { makeFreshFrontEnd, makeFrontEnd, patience } from '../../support/tables/front-ends.js';
import { replicaOf, stockBook, takeStock, tell } from '../../support/books/stocked-books.js';

const emulators = await openEmulators(undefined, patience);
const { config } = emulators;
const here = makeFrontEnd(config, { region: 'us-east-1' });
const there = await makeFreshFrontEnd(config, { region: 'eu-west-1' });

/** A front end that sells in its own region first. */
const nearest = (region: string): FrontEnd =>
  makeFrontEnd(emulators.config, { region, routing: { sales: 'nearest' } });

/** Messages of a book, doubled and in any order: each call sends one and delivers one. */
function gossip(front: FrontEnd, bookId: number): () => Promise<void> {
  const letters: BookState[] = [];
  const anyOf = <Item>(items: readonly Item[]) => items[Math.floor(Math.random() * items.length)];
  return async () => {
    const [from, other] = [anyOf(front.replicas), anyOf(front.replicas)] as [Replica, Replica];
    const book = await ifAvailable(from.catalog.get(bookId));
    if (book !== undefined) letters.push(book.state);
    const letter = anyOf(letters);
    if (letter !== undefined) await ifAvailable(other.catalog.join(letter));
  };
}

test('G1: 200 buyers at once take the last 50 copies of both regions, through two front ends, and none twice', async () => {
  const bookId = await stockBook(here, { 'us-east-1': 25, 'eu-west-1': 25 });
  const spread = gossip(here, bookId);

  const outcomes = await byTurns([here, there], 200, async (front) => {
    const outcome = await orderUntilAnswered(front, bookId);
    await spread();
    return outcome;
  });

  expect(countKinds(outcomes)).toEqual({ placed: 50, 'sold-out': 150 });
  expect(await takeStock(here.replicas, bookId)).toEqual({ sold: 50, left: 0, rights: [0, 0] });
});

test('G1: buyers of several copies each leave fewer than any of them wanted, and sell none twice', async () => {
  const bookId = await stockBook(here, { 'us-east-1': 20, 'eu-west-1': 21 });

  const outcomes = await byTurns([here, there], 30, (front) =>
    orderUntilAnswered(front, bookId, { quantity: 3 }),
  );

  const placed = countKinds(outcomes)['placed'] ?? 0;
  const { sold, left } = await takeStock(here.replicas, bookId);
  expect({ placed, sold, left }).toEqual({ placed: 13, sold: 39, left: 2 });
});

describe('G1: a purchase larger than one region may sell', () => {
  test('gathers the copies of the others', async () => {
    const bookId = await stockBook(here, { 'us-east-1': 3, 'eu-west-1': 4 });

    const outcome = await order(nearest('us-east-1'), bookId, { quantity: 6 });

    expect(orderOf(outcome)).toMatchObject({ region: 'us-east-1', items: [{ quantity: 6 }] });
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 6, left: 1 });
  });

  test('takes the very last copy of both', async () => {
    const bookId = await stockBook(here, { 'us-east-1': 3, 'eu-west-1': 4 });

    const outcome = await order(nearest('eu-west-1'), bookId, { quantity: 7 });

    expect(outcome.kind).toBe('placed');
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ left: 0, rights: [0, 0] });
  });

  test('is sold out, and says how many there are, where all together have too few', async () => {
    const bookId = await stockBook(here, { 'us-east-1': 3, 'eu-west-1': 4 });

    const outcome = await order(here, bookId, { quantity: 8 });

    expect(outcome).toEqual({ kind: 'sold-out', items: [{ bookId, available: 7 }] });
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 0, left: 7 });
  });

  test('brings more than it needs, for the next buyers', async () => {
    const bookId = await stockBook(here, { 'us-east-1': 0, 'eu-west-1': 20 });

    await order(nearest('us-east-1'), bookId);

    expect(await takeStock(here.replicas, bookId)).toEqual({ sold: 1, left: 19, rights: [9, 10] });
  });
});

describe('copies that were moved and never arrived are not sold out', () => {
  const inFlight = async (copies: number): Promise<number> => {
    const bookId = await stockBook(here, { 'us-east-1': copies, 'eu-west-1': 0 });
    const [giver, taker] = [replicaOf(here, 'us-east-1'), replicaOf(here, 'eu-west-1')];
    await giver.catalog.move(bookId, taker.site, copies);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ left: copies, rights: [0, 0] });
    return bookId;
  };

  test.each(['eu-west-1', 'us-east-1'])('a buyer in %s gets them', async (region) => {
    const bookId = await inFlight(2);

    const outcome = await order(nearest(region), bookId, { quantity: 2 });

    expect(orderOf(outcome).region).toBe(region);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ left: 0, rights: [0, 0] });
  });

  test('buyers on both sides at once get all of them, and each once', async () => {
    const bookId = await inFlight(6);

    const outcomes = await Promise.all(
      Array.from({ length: 16 }, (_, buyer) =>
        orderUntilAnswered(nearest(buyer % 2 === 0 ? 'us-east-1' : 'eu-west-1'), bookId),
      ),
    );

    expect(countKinds(outcomes)).toEqual({ placed: 6, 'sold-out': 10 });
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 6, left: 0 });
  });

  test('the message that comes after all adds nothing', async () => {
    const bookId = await inFlight(2);
    const [giver, taker] = [replicaOf(here, 'us-east-1'), replicaOf(here, 'eu-west-1')];
    await order(nearest('eu-west-1'), bookId);

    await tell(giver, taker, bookId);
    await tell(giver, taker, bookId);

    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 1, left: 1 });
  });
});
