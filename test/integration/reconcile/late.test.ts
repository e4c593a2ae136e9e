import { beforeEach, describe, expect, test } from '@jest/globals';
import { updateBook } from '../../../lib/store/manage-books.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import type { Interceptor } from '../../support/faults/barrier.js';
import { create } from '../../support/books/books.js';
import { makeClock } from '../../support/faults/clock.js';
import { island } from '../../support/books/islands.js';
import { eu, us } from '../../support/tables/neighbours.js';
import {
  forgetCursors,
  reconcilerOf,
  titleIn,
  withoutSweep,
} from '../../support/stages/reconciling.js';
import { openStage } from '../../support/stages/open.js';

/** Everyone's clock. */
const { system, advance } = makeClock();

const stage = await openStage({ system });

beforeEach(() => forgetCursors(stage));

/** A front end that reaches the region alone that the books are changed in. */
const apart = (atMs = system.now()): FrontEnd => island(stage.emulators.config, us, atMs);

/** Entries of the index of changes that do not show yet. */
function lateEntries(): { hide(...ids: unknown[]): void; show(): void; interceptor: Interceptor } {
  const hidden = new Set<string>();
  return {
    hide: (...ids) => {
      for (const id of ids) hidden.add(String(id));
    },
    show: () => hidden.clear(),
    interceptor: async (call, proceed) => {
      if (call.command !== 'Query' || call.input['IndexName'] !== 'changes') return proceed();
      const answer = (await proceed()) as { Items?: { id: string }[] };
      return { ...answer, Items: (answer.Items ?? []).filter(({ id }) => !hidden.has(id)) };
    },
  };
}

test('what was compared is forgotten once the index is no longer asked for it', async () => {
  const own = reconcilerOf(stage, eu, us, { system, faults: [withoutSweep] });
  const isRemembered = (id: number) =>
    [...own.compared.keys()].some((place) => place.endsWith(`#${id}`));
  const id = await stage.bookEverywhere(us);
  advance(60_000);
  await own.run();
  expect(isRemembered(id)).toBe(true);

  advance(180_000);
  // Whatever its shard is, the cursor moves on; no order was placed.
  for (let book = 0; book < 16; book += 1) await create(apart(), stage.nextId(us));
  await own.run();

  expect(isRemembered(id)).toBe(false);
});

describe('G4: a change that the index shows late', () => {
  /** A change that the index did not show while the cursor moved on by so much. */
  async function lateChange(aheadMs: number, faults: readonly Interceptor[]) {
    const id = await stage.bookEverywhere(us);
    const entries = lateEntries();
    const own = reconcilerOf(stage, eu, us, { system, faults: [...faults, entries.interceptor] });
    await own.run();
    entries.hide(id);
    await updateBook(apart(), id, { title: 'Shown late' });
    advance(aheadMs);
    // Whatever the shard of the late one is, the cursor of every shard moves on.
    for (let book = 0; book < 16; book += 1) await create(apart(), stage.nextId(us));
    advance(10_000);
    await own.run();
    expect(await titleIn(stage, eu, id)).not.toBe('Shown late');
    entries.show();
    return { late: id, own };
  }

  test('within the overlap is found by the cursor', async () => {
    const { late, own } = await lateChange(100_000, [withoutSweep]);

    await own.run();

    expect(await titleIn(stage, eu, late)).toBe('Shown late');
  });

  test('and later than the overlap is not found by the cursor, and is found by the sweep', async () => {
    let isSwept = false;
    const { late, own } = await lateChange(200_000, [
      (call, proceed) => (isSwept ? proceed() : withoutSweep(call, proceed)),
    ]);
    await own.run();
    expect(await titleIn(stage, eu, late)).not.toBe('Shown late');

    isSwept = true;
    // Over the whole of both tables, a part in each run.
    for (let run = 0; run < 8; run += 1) await own.run();

    expect(await titleIn(stage, eu, late)).toBe('Shown late');
  });

  test('or that shares its millisecond with one that was joined is found by the cursor', async () => {
    const id = await stage.bookEverywhere(us);
    const own = reconcilerOf(stage, eu, us, { system, faults: [withoutSweep] });
    await updateBook(apart(), id, { title: 'First' });
    await own.run();
    expect(await titleIn(stage, eu, id)).toBe('First');

    await updateBook(apart(), id, { title: 'Second' });
    advance(10_000);
    await own.run();

    expect(await titleIn(stage, eu, id)).toBe('Second');
  });

  test('because the clock of its writer was a minute behind is found by the cursor', async () => {
    const id = await stage.bookEverywhere(us);
    const own = reconcilerOf(stage, eu, us, { system, faults: [withoutSweep] });
    await updateBook(apart(), id, { title: 'On time' });
    await own.run();

    await updateBook(apart(system.now() - 60_000), id, { title: 'From behind' });
    await own.run();

    expect(await titleIn(stage, eu, id)).toBe('From behind');
  });
});
