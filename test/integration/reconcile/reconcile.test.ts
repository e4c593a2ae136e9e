import { beforeEach, describe, expect, test } from '@jest/globals';
import { UnavailableError } from '../../../lib/errors.js';
import { beat } from '../../../lib/tables/heartbeat.js';
import { hasCaughtUp } from '../../../lib/replication/reconcile.js';
import type { Replica } from '../../../lib/tables/replica.js';
import type { Region } from '../../../lib/rules/sites.js';
import { restockBook, updateBook } from '../../../lib/store/manage-books.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { cancelOrder } from '../../../lib/store/orders.js';
import { realSystem } from '../../../lib/system.js';
import { outage } from '../../support/faults/barrier.js';
import { create } from '../../support/books/books.js';
import { freshKey, order, orderOf } from '../../support/books/buyers.js';
import { expectConverged } from '../../support/books/convergence.js';
import { afterFirst, to, unreachable } from '../../support/faults/faults.js';
import { testSecrets } from '../../support/tables/front-ends.js';
import { island } from '../../support/books/islands.js';
import { eu, us } from '../../support/tables/neighbours.js';
import {
  forgetCursors,
  readCursor,
  reconcilerOf,
  titleIn,
} from '../../support/stages/reconciling.js';
import { openStage } from '../../support/stages/open.js';

const stage = await openStage();

beforeEach(async () => {
  await stage.post.settle();
  await forgetCursors(stage);
});

/** A front end that reaches one region only. */
const apart = (region: Region): FrontEnd => island(stage.emulators.config, region);

async function reconcileBoth(): Promise<void> {
  for (const own of [us, eu, us, eu]) await reconcilerOf(stage, own, own === us ? eu : us).run();
}

/** What each region may sell of a book. */
async function rightsOf(id: number): Promise<(number | undefined)[]> {
  const books = await Promise.all(stage.post.replicas.map(({ catalog }) => catalog.get(id)));
  return books.map((book) => book?.rights);
}

test('a region has caught up with another once it has followed all of its changes', async () => {
  await create(stage.front(), stage.nextId(us), { stock: 20 });
  const [own, other] = [eu, us].map((region) => stage.post.replica(region)) as [Replica, Replica];
  const reconciler = reconcilerOf(stage, eu, us);

  expect(await hasCaughtUp(own, other)).toBe(false);
  let looks = 0;
  await reconciler.run(() => (looks += 1) < 2);
  expect(await hasCaughtUp(own, other)).toBe(false);
  await reconciler.run();
  expect(await hasCaughtUp(own, other)).toBe(true);
  expect(await hasCaughtUp(other, own)).toBe(false);
});

describe('G4: where no message ever arrived, reconcile', () => {
  test('joins books, sales, cancellations, restocks and changes', async () => {
    const ids = [stage.nextId(us), stage.nextId(eu)];
    for (const id of ids) await create(stage.front(), id, { stock: 20 });
    await reconcileBoth();
    for (const id of ids) {
      for (const region of [us, eu]) {
        const seller = apart(region);
        await order(seller, id, { quantity: 2 });
        const placed = orderOf(await order(seller, id));
        await cancelOrder(await stage.freshFront(), placed.id);
      }
      await updateBook(apart(us), id, { title: 'Of us' });
      await updateBook(apart(eu), id, { price: 5, topic: 'of eu' });
      await restockBook(stage.front(), testSecrets, id, 7, `seven of ${id}`);
    }

    await reconcileBoth();

    for (const id of ids) {
      await expectConverged(stage.post.replicas, id);
      const book = await stage.post.replica(eu).catalog.get(id);
      expect(book?.state.registers).toMatchObject({
        title: { value: 'Of us' },
        price: { value: 5 },
      });
    }
  });

  test('settles a key that both regions sold under, and gives the copies of one back', async () => {
    const id = await stage.bookEverywhere(us, { stock: 20 });
    const key = freshKey();
    await order(apart(us), id, { key, quantity: 3 });
    await order(apart(eu), id, { key, quantity: 3 });

    await reconcileBoth();

    await expectConverged(stage.post.replicas, id);
    expect((await rightsOf(id)).map(Number).sort((one, other) => one - other)).toEqual([7, 10]);
  });

  test('keeps both orders where one key was given to two bodies', async () => {
    const id = await stage.bookEverywhere(us, { stock: 20 });
    const key = freshKey();
    const sale = await order(apart(us), id, { key, quantity: 3 });
    await order(apart(eu), id, { key, quantity: 4 });
    const here = reconcilerOf(stage, us, eu);

    await here.run();
    await reconcileBoth();

    await expectConverged(stage.post.replicas, id);
    expect(here.counted).toMatchObject({ OrderDisputed: 1 });
    expect(here.warned).toEqual([{ orderId: orderOf(sale).id }]);
  });

  test('brings copies that were moved and never arrived, once', async () => {
    const id = await stage.bookEverywhere(us, { stock: 20 });
    await stage.post.replica(us).catalog.move(id, `${eu}#1`, 5);
    await stage.post.replica(eu).catalog.move(id, `${us}#1`, 2);

    await reconcileBoth();
    await reconcileBoth();

    await expectConverged(stage.post.replicas, id);
    expect(await rightsOf(id)).toEqual([7, 13]);
  });

  test('minds neither refusals, nor records of keys, nor heartbeats, nor cursors', async () => {
    const there = stage.post.replica(eu);
    await there.orders.shut('refused');
    await beat(there, realSystem);
    const id = await stage.bookEverywhere(eu);
    await restockBook(stage.front(), testSecrets, id, 2, `two of ${id}`);

    for (let run = 0; run < 4; run += 1) await reconcileBoth();

    await expectConverged(stage.post.replicas, id);
    expect(await stage.post.replica(us).orders.find(['refused'])).toEqual([]);
  });
});

describe('G4: a run of reconcile that fails', () => {
  async function changedApart(): Promise<number> {
    const id = await stage.bookEverywhere(us, { stock: 20 });
    await stage.post.replica(us).catalog.move(id, `${eu}#1`, 5);
    await order(apart(us), id);
    await updateBook(apart(us), id, { title: 'Anew' });
    await stage.post.changes(us);
    return id;
  }

  test.each([us, eu])(
    'because %s does not answer says so, keeps its cursor, and is made up for',
    async (away) => {
      const links = outage();
      const own = reconcilerOf(stage, eu, us, { faults: [links.interceptor] });
      await own.run();
      const id = await changedApart();
      const before = await readCursor(stage, eu, `${us}#1`);
      links.cutOff(away);

      await expect(own.run()).rejects.toThrow(UnavailableError);

      expect(before).toBeDefined();
      expect(await readCursor(stage, eu, `${us}#1`)).toEqual(before);
      await reconcilerOf(stage, eu, us).run();
      await reconcilerOf(stage, us, eu).run();
      await expectConverged(stage.post.replicas, id);
    },
  );

  test('at any of its calls is repeated harmlessly', async () => {
    const id = await changedApart();

    let failures = 0;
    for (let calls = 0; ; calls += 1) {
      const isOverdue = afterFirst(calls, () => true);
      const killed = reconcilerOf(stage, eu, us, { faults: [unreachable(isOverdue)] });
      try {
        await killed.run();
        break;
      } catch {
        failures += 1;
        expect(failures).toBeLessThan(60);
      }
    }

    expect(failures).toBeGreaterThan(10);
    await reconcilerOf(stage, us, eu).run();
    await expectConverged(stage.post.replicas, id);
    expect((await rightsOf(id))[1]).toBe(15);
  });

  test('at its last write, of the cursor, is repeated harmlessly', async () => {
    const id = await changedApart();
    const isCursor = to(eu, ({ command }) => command === 'Put');
    await expect(
      reconcilerOf(stage, eu, us, { faults: [unreachable(isCursor)] }).run(),
    ).rejects.toThrow();
    expect(await titleIn(stage, eu, id)).toBe('Anew');

    await reconcilerOf(stage, eu, us).run();

    expect((await rightsOf(id))[1]).toBe(15);
  });

  test('to end before the next one starts runs beside it harmlessly', async () => {
    const id = await changedApart();

    await Promise.all(Array.from({ length: 4 }, () => reconcilerOf(stage, eu, us).run()));

    await reconcilerOf(stage, us, eu).run();
    await expectConverged(stage.post.replicas, id);
    expect((await rightsOf(id))[1]).toBe(15);
  });
});
