import { describe, expect, test } from '@jest/globals';
import type { Region } from '../../../lib/rules/sites.js';
import { updateBook } from '../../../lib/store/manage-books.js';
import type { Call, Recording } from '../../support/faults/barrier.js';
import { order } from '../../support/books/buyers.js';
import { makeClock } from '../../support/faults/clock.js';
import { isWrite } from '../../support/faults/faults.js';
import { island } from '../../support/books/islands.js';
import { eu, us } from '../../support/tables/neighbours.js';
import {
  booksOfHome,
  forgetCursors,
  reconcilerOf,
  titleIn,
  withoutSweep,
} from '../../support/stages/reconciling.js';
import { orderIdOfPlace } from '../../../lib/tables/order-item.js';
import { openStage } from '../../support/stages/open.js';

/** Everyone's clock. */
const clock = makeClock();

const stage = await openStage({ system: clock.system });
const ids = await booksOfHome(stage, us, eu, 500);

/** A front end that reaches the region alone that the books are changed in. */
const apart = () => island(stage.emulators.config, us, clock.system.now());

describe('the cost of reconcile', () => {
  const keysRead = ({ calls }: Recording, place: Region): number =>
    calls
      .filter((call) => call.place === place && call.command === 'BatchGet')
      .flatMap(({ input }) => Object.values(input['RequestItems'] as Record<string, Call['input']>))
      .reduce((sum, { Keys }) => sum + (Keys as unknown[]).length, 0);
  const booksWritten = ({ calls }: Recording): number =>
    calls.filter((call) => call.place === eu && call.command === 'Update').length;

  test('follows from what changed: a run without news reads no item, and one change is one', async () => {
    const own = reconcilerOf(stage, eu, us, { system: clock.system, faults: [withoutSweep] });
    clock.advance(60_000);
    await own.run();
    expect(own.counted.Repaired).toBeGreaterThanOrEqual(500);
    expect(await titleIn(stage, eu, ids[499] as number)).toBeDefined();

    own.calls.clear();
    await own.run();
    expect(keysRead(own.calls, us)).toBe(0);
    expect(keysRead(own.calls, eu)).toBe(0);
    expect(own.calls.calls.filter(isWrite).map(({ command }) => command)).toEqual(['Put']);
    expect(own.calls.calls.length).toBeLessThan(20);

    await updateBook(apart(), ids[250] as number, { title: 'Anew' });
    clock.advance(60_000);
    own.calls.clear();
    await own.run();
    expect(await titleIn(stage, eu, ids[250] as number)).toBe('Anew');
    expect(keysRead(own.calls, us)).toBe(1);
    expect(keysRead(own.calls, eu)).toBe(1);
    expect(booksWritten(own.calls)).toBe(1);
    expect(own.calls.calls.length).toBeLessThan(24);
  });

  test('does not follow from what changed long ago, even for a function that has just started', async () => {
    const first = reconcilerOf(stage, eu, us, { system: clock.system, faults: [withoutSweep] });
    clock.advance(600_000);
    await first.run();
    // One book of each shard of the index.
    const later = ids.slice(0, 16);
    for (const id of later) {
      await updateBook(apart(), id, { title: 'Later' });
    }
    await first.run();
    clock.advance(10_000);

    const second = reconcilerOf(stage, eu, us, { system: clock.system, faults: [withoutSweep] });
    await second.run();

    expect(keysRead(second.calls, us)).toBe(16);
    expect(booksWritten(second.calls)).toBe(0);
  });

  test('of the sweep is a part of the table in each run', async () => {
    const own = reconcilerOf(stage, eu, us, { system: clock.system });
    clock.advance(60_000);
    await own.run();
    own.calls.clear();

    await own.run();

    expect(own.calls.counted()[`${us} Scan`]).toBe(1);
    expect(keysRead(own.calls, us)).toBe(0);
    expect(keysRead(own.calls, eu)).toBeLessThanOrEqual(300);
  });

  test('of which only a part can be paid in each run is paid over several, each going on where the last one stopped', async () => {
    await forgetCursors(stage);
    for (const id of ids.slice(100, 400)) {
      await stage.post.replica(us).catalog.move(id, `${eu}#1`, 1);
    }
    await order(apart(), ids[0] as number);
    const own = reconcilerOf(stage, eu, us, { system: clock.system, faults: [withoutSweep] });
    const isDone = async (): Promise<boolean> => {
      const { rows: books } = await stage.post.replica(eu).catalog.getAll(ids.slice(100, 400));
      const theirs = await stage.post.replica(us).orders.placesBefore('~', 10);
      const ours = await stage.post.replica(eu).orders.find(theirs.map(orderIdOfPlace));
      return books.every(({ rights }) => rights === 6) && ours.length === theirs.length;
    };

    let runs = 0;
    do {
      clock.advance(10_000);
      let questions = 0;
      await own.run(() => {
        questions += 1;
        return questions <= 3;
      });
      runs += 1;
      expect(runs).toBeLessThan(30);
    } while (!(await isDone()));

    expect(runs).toBeGreaterThan(1);
  });
});
