/** What the pure ledger says of stock, the expressions say to DynamoDB. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { BookState } from '../../../lib/rules/book.js';
import { UnavailableError } from '../../../lib/errors.js';
import { copiesOf, type OrderRow } from '../../../lib/rules/order.js';
import type { Replica } from '../../../lib/tables/replica.js';
import type { KeyUse } from '../../../lib/rules/keys.js';
import {
  applyChange,
  giveBackOf,
  moveOf,
  restockOf,
  saleOf,
} from '../../../lib/rules/stock-change.js';
import {
  emptyRow,
  joinLedgers,
  newerRows,
  rightsOf,
  rowOf,
  sharesOf,
  useOfKey,
  type Ledger,
} from '../../../lib/rules/ledger.js';
import { barrier } from '../../support/faults/barrier.js';
import { freshKey } from '../../support/books/buyers.js';
import { openEmulators } from '../../support/stages/open.js';
import { isBookUpdate, to } from '../../support/faults/faults.js';
import { makeFrontEnd, patience } from '../../support/tables/front-ends.js';
import { chosen, parametersOf, step } from '../../support/random/properties.js';
import { replicaOf, stockBook, takeStock } from '../../support/books/stocked-books.js';
import { lineItem, orderRow } from '../../unit/support/orders.js';

const regions = ['us-east-1', 'eu-west-1', 'ap-south-1'] as const;
const [us, eu] = regions;

const emulators = await openEmulators(regions, patience);
const front = makeFrontEnd(emulators.config);

const stateIn = async (replica: Replica, bookId: number): Promise<BookState> => {
  const book = await replica.catalog.get(bookId);
  if (book === undefined) throw new Error('it is not there');
  return book.state;
};

describe('the expressions agree with the ledger', () => {
  const place = fc.nat({ max: regions.length - 1 });
  const copies = fc.integer({ min: 1, max: 6 });
  const steps = fc.oneof(
    step('sell', { at: place, copies }),
    step('restock', { at: place, copies }),
    step('cancel', { at: place, nth: fc.nat() }),
    step('move', { at: place, to: place, copies }),
    // Somebody hears of what a region held after one of the steps before.
    step('hear', { at: place, nth: fc.nat() }),
  );
  type Step = typeof steps extends fc.Arbitrary<infer One> ? One : never;

  /** Two worlds that live through the same steps: pure ledgers, and tables. */
  async function begin() {
    const stock = Object.fromEntries(regions.map((region, index) => [region, 2 + index]));
    const bookId = await stockBook(front, stock);
    const ledgers = await Promise.all(
      front.replicas.map(async (replica) => (await stateIn(replica, bookId)).ledger),
    );
    const letters: BookState[] = [];
    const orders: OrderRow[][] = front.replicas.map(() => []);
    return { bookId, ledgers, letters, orders };
  }
  type World = Awaited<ReturnType<typeof begin>>;

  async function take(world: World, each: Step): Promise<void> {
    const { bookId, ledgers, letters, orders } = world;
    const replica = front.replicas[each.at] as Replica;
    const { site } = replica;
    const ledger = ledgers[each.at] as Ledger;
    const become = (changed: Ledger | undefined): boolean => {
      if (changed !== undefined) ledgers[each.at] = changed;
      return changed !== undefined;
    };
    switch (each.kind) {
      case 'sell': {
        const order = orderOf(replica, bookId, each.copies);
        const isSold = become(applyChange(ledger, site, saleOf(each.copies)));
        const outcome = await replica.sales.sell(order, { kind: 'empty' });
        expect(outcome.kind).toBe(isSold ? 'placed' : 'refused');
        if (isSold) orders[each.at]?.push(order);
        break;
      }
      case 'cancel': {
        const [order] = orders[each.at]?.splice(each.nth % (orders[each.at]?.length || 1), 1) ?? [];
        if (order === undefined) break;
        become(applyChange(ledger, site, giveBackOf(copiesOf(bookId, order))));
        expect(await replica.sales.cancel(order)).toMatchObject({ status: 'cancelled' });
        break;
      }
      case 'restock': {
        const shares = sharesOf(
          each.copies,
          site,
          front.replicas.map((other) => other.site),
        );
        const key = { id: freshKey(), bodyHash: 'body' };
        const change = replica.catalog.restockWrite(bookId, each.copies, shares, key, ledger);
        expect(await replica.sales.withKey(key, change)).toBe('done');
        const use = useOfKey((await stateIn(replica, bookId)).ledger, key.id) as KeyUse;
        expect(use.bodyHash).toBe('body');
        const noted = { ...key, ...use };
        const restock = restockOf(each.copies, shares, noted, rowOf(ledger, site).keys);
        // The site's row is there, which a ledger tells only once something happened in it.
        become(applyChange({ [site]: emptyRow, ...ledger }, site, restock));
        break;
      }
      case 'move': {
        const taker = front.replicas[each.to] as Replica;
        if (taker === replica) break;
        const isMoved = become(applyChange(ledger, site, moveOf(taker.site, each.copies)));
        const moved = await replica.catalog.move(bookId, taker.site, each.copies);
        expect(moved !== undefined).toBe(isMoved);
        break;
      }
      case 'hear': {
        const letter = chosen(letters, each.nth);
        if (letter === undefined) break;
        become(joinLedgers(ledger, newerRows(ledger, letter.ledger, site)));
        await replica.catalog.join(letter);
      }
    }
    letters.push(await stateIn(replica, bookId));
  }

  test('after every step, in every region', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 10, maxLength: 40 }), async (history) => {
        const world = await begin();
        for (const each of history) {
          await take(world, each);
          const replica = front.replicas[each.at] as Replica;
          const ledger = world.ledgers[each.at] as Ledger;
          const book = await replica.catalog.get(world.bookId);
          expect({ ledger: book?.state.ledger, rights: book?.rights }).toEqual({
            ledger,
            rights: rightsOf(ledger, replica.site),
          });
        }
        await takeStock(front.replicas, world.bookId);
      }),
      parametersOf({ numRuns: 12 }),
    );
  });

  const orderOf = ({ site }: Replica, bookId: number, quantity: number): OrderRow =>
    orderRow({ id: freshKey(), items: [lineItem({ bookId, quantity, unitPrice: 1000 })], site });
});

describe('merging what another region moved here', () => {
  /** Two states of a book in us-east-1: copies moved to eu-west-1, then more of them. */
  async function movedTwice() {
    const bookId = await stockBook(front, { 'us-east-1': 10, 'eu-west-1': 0, 'ap-south-1': 0 });
    const [giver, taker] = [replicaOf(front, us), replicaOf(front, eu)];
    const earlier = await giver.catalog.move(bookId, taker.site, 3);
    const later = await giver.catalog.move(bookId, taker.site, 2);
    return {
      bookId,
      taker,
      earlier: earlier?.state as BookState,
      later: later?.state as BookState,
    };
  }

  // Both mergers have read the row from before the moves, and the one with the newer row writes last.
  test.each(['the newer', 'the same', 'the older'])(
    'two mergers at once, the slower one of %s row, add each copy once',
    async (row) => {
      const { bookId, taker, earlier, later } = await movedTwice();
      const stop = barrier('before', to(eu, isBookUpdate));
      const slow = makeFrontEnd(emulators.config, { faults: [stop.interceptor] });
      const [faster, slower] = row === 'the older' ? [later, earlier] : [earlier, later];

      const merging = replicaOf(slow, eu).catalog.join(row === 'the same' ? earlier : slower);
      await stop.reached;
      await taker.catalog.join(faster);
      stop.open();
      await merging;
      await taker.catalog.join(later);

      expect(await takeStock(front.replicas, bookId)).toMatchObject({
        left: 10,
        rights: [5, 5, 0],
      });
    },
  );

  test('adds each copy once in any order and however often', async () => {
    const { bookId, taker, earlier, later } = await movedTwice();

    for (const state of [later, earlier, earlier, later]) await taker.catalog.join(state);
    await Promise.all([earlier, later, earlier, later].map((state) => taker.catalog.join(state)));

    expect(await takeStock(front.replicas, bookId)).toMatchObject({ rights: [5, 5, 0] });
  });

  test("never takes a region's own row from elsewhere", async () => {
    const { bookId, taker } = await movedTwice();
    const state = await stateIn(taker, bookId);
    const forged = { ...emptyRow, stocked: 99, seq: 99 };

    const joining = taker.catalog.join({
      ...state,
      ledger: { ...state.ledger, [taker.site]: forged },
    });

    await expect(joining).rejects.toThrow(UnavailableError);
    expect(await stateIn(taker, bookId)).toEqual(state);
  });

  test('a sale between the read and the write of a merge is kept', async () => {
    const { bookId, taker, later } = await movedTwice();
    await taker.catalog.join(later);
    const more = await replicaOf(front, us).catalog.move(bookId, taker.site, 4);
    const stop = barrier('before', to(eu, isBookUpdate));
    const slow = makeFrontEnd(emulators.config, { faults: [stop.interceptor] });

    const merging = replicaOf(slow, eu).catalog.join(more?.state as BookState);
    await stop.reached;
    await taker.catalog.move(bookId, replicaOf(front, us).site, 5);
    stop.open();
    await merging;

    expect(await takeStock(front.replicas, bookId)).toMatchObject({ left: 10, rights: [1, 4, 0] });
  });
});
