/** One key and two bodies, accepted apart: both orders stand, in both logs. */
import { describe, expect, test } from '@jest/globals';
import { disputedId, hashOfOrderBody } from '../../../lib/rules/keys.js';
import { copiesOf, type OrderRow } from '../../../lib/rules/order.js';
import type { BooksMessage } from '../../../lib/replication/messages.js';
import { replicate } from '../../../lib/replication/replicate.js';
import type { StoredBook } from '../../../lib/tables/book-item.js';
import { cancelOrder, findOrder, listOrders } from '../../../lib/store/orders.js';
import { realSystem } from '../../../lib/system.js';
import { freshKey, order } from '../../support/books/buyers.js';
import { island, sellApart } from '../../support/books/islands.js';
import { eu, us } from '../../support/tables/neighbours.js';
import { openNeighbours } from '../../support/stages/open.js';
import { logOf } from '../../support/books/order-log.js';
import {
  exchange,
  replicaOf,
  stockBook,
  stockBooks,
  takeStock,
} from '../../support/books/stocked-books.js';
import { listen } from '../../support/tables/telemetry.js';

const { emulators, here, there } = await openNeighbours();
const usReplica = replicaOf(here, us);
const euReplica = replicaOf(here, eu);

const hashOf = (bookId: number, quantity: number): string =>
  hashOfOrderBody({ items: [{ bookId, quantity }] });

/** One key with two quantities: the body whose hash sorts first is sold in `firstHash`. */
async function twoBodies(firstHash: string) {
  const bookId = await stockBook(here, { [us]: 5, [eu]: 5 });
  const key = freshKey();
  const [kept, moved] = [1, 2].sort((one, other) =>
    hashOf(bookId, one) < hashOf(bookId, other) ? -1 : 1,
  ) as [number, number];
  const sell = (region: string) => {
    const quantity = region === firstHash ? kept : moved;
    return sellApart(emulators.config, { region, bookId, key, quantity });
  };
  const [inUs, inEu] = [await sell(us), await sell(eu)];
  const [first, second] = firstHash === us ? [inUs, inEu] : [inEu, inUs];
  const disputed: OrderRow = {
    ...second,
    id: disputedId(second.id, second.bodyHash),
    status: 'disputed',
  };
  return { bookId, key, inUs, inEu, first, disputed };
}

const bothLogs = (bookId: number) =>
  Promise.all([logOf(usReplica, [bookId]), logOf(euReplica, [bookId])]);

describe.each([us, eu])('with the body whose hash sorts first sold in %s', (firstHash) => {
  test.each([
    ['the regions hear of each other at once', [us, eu]],
    ['every message is doubled', [us, us, eu, eu, us, eu]],
    ['one hears long before the other', [eu, eu, us]],
  ])('both stand in both logs where %s', async (_, arrivals) => {
    const { bookId, inUs, inEu, first, disputed } = await twoBodies(firstHash);

    for (const region of arrivals) {
      await replicaOf(here, region).sales.join(region === us ? inEu : inUs);
    }
    expect(await bothLogs(bookId)).toEqual([
      [first, disputed],
      [first, disputed],
    ]);
    await exchange(here.replicas, bookId);

    expect(await bothLogs(bookId)).toEqual([
      [first, disputed],
      [first, disputed],
    ]);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 3, left: 7 });
  });

  test('the disputed row may come before the rows that it follows from', async () => {
    const { bookId, inUs, inEu, first, disputed } = await twoBodies(firstHash);
    const [home, other] =
      first.site === inUs.site ? [usReplica, euReplica] : [euReplica, usReplica];
    // `other` sold the disputed one. It hears of the first, moves its own, and tells of both.
    await other.sales.join(first);
    await home.sales.join(disputed);
    await home.sales.join(first.site === inUs.site ? inEu : inUs);

    expect(await bothLogs(bookId)).toEqual([
      [first, disputed],
      [first, disputed],
    ]);
  });

  test('a repeat of either body, through either front end, finds its own order', async () => {
    const { bookId, key, inUs, inEu, first, disputed } = await twoBodies(firstHash);
    const repeat = async () => {
      const answers: Record<string, unknown>[] = [];
      for (const front of [here, there]) {
        for (const quantity of [first, disputed].map((row) => copiesOf(bookId, row))) {
          const outcome = await order(front, bookId, { key, quantity });
          expect(outcome.kind).toBe('repeated');
          answers.push({ quantity, outcome });
        }
      }
      return answers;
    };
    // Before they have heard of each other, after one has, and after both have.
    await repeat();
    await usReplica.sales.join(inEu);
    await repeat();
    await euReplica.sales.join(inUs);

    for (const { quantity, outcome } of await repeat()) {
      const { id, region, status } = quantity === copiesOf(bookId, first) ? first : disputed;
      expect(outcome).toMatchObject({ order: { id, region, status, items: [{ quantity }] } });
    }
    expect(await order(here, bookId, { key, quantity: 3 })).toEqual({ kind: 'key-reused' });
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 3, left: 7 });
  });

  test('each is found, listed and cancelled on its own', async () => {
    const { bookId, inUs, inEu, first, disputed } = await twoBodies(firstHash);
    await usReplica.sales.join(inEu);
    await euReplica.sales.join(inUs);
    const listed = await listOrders(here, { limit: 2, after: '' });
    expect(listed.orders.map(({ id }) => id).sort()).toEqual([first.id, disputed.id]);

    for (const [index, { id }] of [disputed, first].entries()) {
      expect((await findOrder(there, id))?.order.id).toBe(id);
      const cancelled = await cancelOrder(index === 0 ? here : there, id);
      expect(cancelled).toMatchObject({ id, status: 'cancelled' });
      const left = index === 0 ? 10 - copiesOf(bookId, first) : 10;
      expect(await takeStock(here.replicas, bookId)).toMatchObject({ left });
    }
    await exchange(here.replicas, bookId);

    expect((await bothLogs(bookId)).flat().map(({ status }) => status)).toEqual(
      Array.from({ length: 4 }, () => 'cancelled'),
    );
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ sold: 0, left: 10 });
  });

  // Were the cancelled one to win over the other body, an acknowledged order would be lost.
  test.each([us, eu])(
    'an order cancelled in %s before they heard of each other leaves the other body standing',
    async (cancelledIn) => {
      const { bookId, inUs, inEu, first, disputed } = await twoBodies(firstHash);
      const row = cancelledIn === us ? inUs : inEu;
      await cancelOrder(island(emulators.config, cancelledIn), row.id);
      const cancelled: OrderRow = { ...row, status: 'cancelled' };

      await usReplica.sales.join(cancelledIn === eu ? cancelled : inEu);
      await euReplica.sales.join(cancelledIn === us ? cancelled : inUs);
      await exchange(here.replicas, bookId);

      const isFirst = cancelled.bodyHash === first.bodyHash;
      const log = isFirst ? [cancelled, disputed] : [first, { ...cancelled, id: disputed.id }];
      expect(await bothLogs(bookId)).toEqual([log, log]);
      const left = 10 - copiesOf(bookId, isFirst ? disputed : first);
      expect(await takeStock(here.replicas, bookId)).toMatchObject({ left });
    },
  );
});

test('two books under one key are a dispute too, and each keeps its copies', async () => {
  const [one, other] = await stockBooks(here, [5, 5], [5, 5]);
  const key = freshKey();
  await sellApart(emulators.config, { region: us, bookId: one, key });
  await sellApart(emulators.config, { region: eu, bookId: other, key });

  await exchange(here.replicas, one, other);

  const logs = await Promise.all(here.replicas.map((replica) => logOf(replica, [one, other])));
  expect(logs[0]).toEqual(logs[1]);
  expect(logs[0]?.map(({ status }) => status)).toEqual(['placed', 'disputed']);
  expect(await takeStock(here.replicas, one)).toMatchObject({ sold: 1 });
  expect(await takeStock(here.replicas, other)).toMatchObject({ sold: 1 });
});

test('a dispute raises an alarm where it is found, once', async () => {
  const { bookId, inUs, inEu } = await twoBodies(us);
  const { telemetry, counted, warned } = listen();

  const { state: book } = (await euReplica.catalog.get(bookId)) as StoredBook;
  for (const row of [inEu, inEu]) {
    const message: BooksMessage = {
      v: 1,
      type: 'books',
      region: eu,
      books: [{ book, lists: [] }],
      orders: [row],
    };
    await replicate({ replica: usReplica, system: realSystem, telemetry }, [message])(message);
  }

  expect(inUs.id).toBe(inEu.id);
  expect(counted).toEqual({ OrderDisputed: 1 });
  expect(warned).toHaveLength(1);
});
