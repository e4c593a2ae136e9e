import { beforeEach, expect, test } from '@jest/globals';
import { reconcileHandler } from '../../../functions/reconcile.js';
import type { Region } from '../../../lib/rules/sites.js';
import { updateBook } from '../../../lib/store/manage-books.js';
import { outage, type Outage } from '../../support/faults/barrier.js';
import { order } from '../../support/books/buyers.js';
import { makeClock } from '../../support/faults/clock.js';
import { expectConverged } from '../../support/books/convergence.js';
import { hostIn } from '../../support/tables/front-ends.js';
import { island } from '../../support/books/islands.js';
import { forgetCursors, reconcilerOf, withoutSweep } from '../../support/stages/reconciling.js';
import { openStage } from '../../support/stages/open.js';

const [us, eu, ap]: [Region, Region, Region] = ['us-east-1', 'eu-west-1', 'ap-south-1'];
const regions = [us, eu, ap];

const stage = await openStage({ regions });

beforeEach(async () => {
  await stage.post.settle();
  await forgetCursors(stage);
});

/** The scheduled function of a region, and the links that the test cuts. */
function functionOf(own: Region): { run: (remainingMs?: number) => Promise<void>; links: Outage } {
  const links = outage();
  const front = stage.front({ faults: [links.interceptor] });
  const handler = reconcileHandler(hostIn(own, front.replicas));
  return {
    links,
    run: (remainingMs = 60_000) =>
      handler({} as never, { getRemainingTimeInMillis: () => remainingMs } as never),
  };
}

async function changedInEach(): Promise<number> {
  const id = await stage.bookEverywhere(us, { stock: 30 });
  for (const [copies, region] of regions.entries()) {
    await order(island(stage.emulators.config, region), id, { quantity: copies + 1 });
    await updateBook(island(stage.emulators.config, region), id, { title: `Of ${region}` });
  }
  for (const region of regions) await stage.post.changes(region);
  return id;
}

test('G4: three regions that never sent a message hold the same after reconcile in each', async () => {
  const id = await changedInEach();

  for (const own of regions) await functionOf(own).run();

  await expectConverged(stage.post.replicas, id);
});

test('G4: one that does not answer does not keep a region from what the others know, and is told of', async () => {
  const id = await changedInEach();
  const here = functionOf(us);
  here.links.cutOff(eu);

  await expect(here.run()).rejects.toThrow(AggregateError);

  const book = await stage.post.replica(us).catalog.get(id);
  expect(book?.state.ledger).toMatchObject({ [`${ap}#1`]: { sold: 3 } });
  expect(book?.state.ledger).not.toHaveProperty([`${eu}#1`]);
  here.links.restore(eu);
  await here.run();
  for (const own of [eu, ap]) await functionOf(own).run();
  await expectConverged(stage.post.replicas, id);
});

test('G4: books and orders reach a region round a cut link, through a third', async () => {
  const id = await changedInEach();

  await reconcilerOf(stage, eu, us).run();
  await reconcilerOf(stage, ap, eu).run();
  await reconcilerOf(stage, eu, ap).run();
  await reconcilerOf(stage, us, eu).run();

  await expectConverged(stage.post.replicas, id);
});

test('G4: a sale that moves no entry of its book, and of which no message came, is found by its order, also through a third region', async () => {
  const id = await stage.bookEverywhere(us, { stock: 30 });
  const chain = [
    [eu, us],
    [ap, eu],
  ] as const;
  const clock = makeClock();
  // What changed a while ago is not compared again.
  clock.advance(60_000);
  const reconcilers = chain.map(([own, other]) =>
    reconcilerOf(stage, own, other, { system: clock.system, faults: [withoutSweep] }),
  );
  for (const reconciler of reconcilers) await reconciler.run();
  await order(island(stage.emulators.config, us), id, { quantity: 4 });
  await stage.post.changes(us);

  for (const reconciler of reconcilers) await reconciler.run();

  await expectConverged(stage.post.replicas, id);
});

test('G4: a function that has no time left touches nothing', async () => {
  const id = await changedInEach();

  await functionOf(us).run(1_000);

  const book = await stage.post.replica(us).catalog.get(id);
  expect(book?.state.ledger).not.toHaveProperty([`${ap}#1`]);
  await functionOf(us).run();
  for (const own of [eu, ap]) await functionOf(own).run();
  await expectConverged(stage.post.replicas, id);
});
