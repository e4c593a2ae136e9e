import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import type { Region } from '../../../lib/rules/sites.js';
import { replicaIn, type FrontEnd } from '../../../lib/store/front-end.js';
import { readBooks } from '../../../lib/store/read-books.js';
import { barrier, outage, type Place } from '../../support/faults/barrier.js';
import { create, idsOfTopic } from '../../support/books/books.js';
import { order } from '../../support/books/buyers.js';
import { eventually } from '../../../tools/eventually.js';
import { openStage } from '../../support/stages/open.js';

const here: Region = 'us-east-1';
const there: Region = 'eu-west-1';
const readTimeoutMs = 1_000;
/** Far more than a read takes where nothing hangs, and less than a time-out. */
const slowMs = 900;

const stage = await openStage({
  environment: {
    READ_TIMEOUT_MS: String(readTimeoutMs),
    WRITE_TIMEOUT_MS: '2000',
  },
});

const everything: Place[] = [here, there, 'cache'];

const hang = (place: Place) => stage.emulators.process(place).kill('SIGSTOP');
const goOn = (place: Place) => stage.emulators.process(place).kill('SIGCONT');

afterEach(() => {
  for (const place of everything) goOn(place);
});

const restless = (): Promise<FrontEnd> => stage.freshFront({ freshForMs: 0 });

/** Whether a read, or a sale, waited for something that hangs. */
async function isSlow(read: () => Promise<unknown>): Promise<boolean> {
  const startMs = performance.now();
  await read();
  return performance.now() - startMs > slowMs;
}

async function countSlow(times: number, work: () => Promise<unknown>): Promise<number> {
  let slow = 0;
  for (let turn = 0; turn < times; turn += 1) slow += Number(await isSlow(work));
  return slow;
}

const readsOf =
  (front: FrontEnd, id: number): (() => Promise<void>) =>
  async () => {
    const { books } = await readBooks(front, [id]);
    expect(books.has(id)).toBe(true);
  };

test.each(everything)(
  'G6: where %s hangs, one read waits for it, and no other even for whether it still does',
  async (place) => {
    const id = await stage.bookEverywhere(here);
    const front = await restless();
    const read = readsOf(front, id);
    await read();
    hang(place);

    expect(await countSlow(40, read)).toBe(1);
    // A probe is sent two seconds after the last one.
    await sleep(2_500);
    expect(await countSlow(40, read)).toBe(0);

    expect(await idsOfTopic(front, `topic ${id}`)).toEqual([id]);
  },
);

test.each(everything)(
  'G6: while it is found out whether %s still hangs, no read waits for that',
  async (place) => {
    const id = await stage.bookEverywhere(here);
    const links = outage(place);
    const probe = barrier('before', (call) => call.place === place && isProbing);
    let isProbing = false;
    const front = await stage.freshFront({
      freshForMs: 0,
      faults: [probe.interceptor, links.interceptor],
    });
    const read = readsOf(front, id);
    for (let turn = 0; turn < 20; turn += 1) await read();
    isProbing = true;
    const probing: Promise<void>[] = [];
    const hasReached = probe.reached.then(() => true);
    await eventually(async () => {
      probing.push(read());
      expect(await Promise.race([hasReached, sleep(50)])).toBe(true);
    });

    const reads = Promise.all([...probing, ...Array.from({ length: 20 }, () => read())]);
    const isAnswered = await Promise.race([reads.then(() => true), sleep(3_000)]);
    probe.open();
    await reads;

    expect(isAnswered).toBe(true);
  },
);

test.each([here, there])(
  'G6: a %s that hung is asked again soon after it goes on',
  async (place) => {
    const id = await stage.bookEverywhere(here);
    const front = await restless();
    hang(place);
    for (let turn = 0; turn < 10; turn += 1) await readsOf(front, id)();
    goOn(place);

    await eventually(
      async () => {
        const { regions } = await readBooks(front, [id]);
        expect(regions).toEqual([place]);
      },
      { deadlineMs: 5_000 },
    );
  },
);

test.each([here, there])(
  'G6: a probe hears %s however late it answers, as behind a freeze of the function',
  async (place) => {
    const id = await stage.bookEverywhere(here);
    const front = await restless();
    const replica = replicaIn(front, place);
    hang(place);
    const read = readsOf(front, id);
    await eventually(async () => {
      await read();
      expect(replica?.isSilent).toBe(true);
    });
    // The read that sends the probe.
    await read();
    await sleep(2 * readTimeoutMs);
    goOn(place);

    await eventually(() => expect(replica?.isSilent).toBe(false));
  },
);

test.each([here, there])(
  'G6: sales go on while %s hangs, and at most one of them waits for it',
  async (place) => {
    const id = await stage.bookEverywhere(here, { stock: 60 });
    const front = await restless();
    await readsOf(front, id)();
    hang(place);

    const living = place === here ? there : here;
    const sale = async (): Promise<void> => {
      expect(await order(front, id)).toMatchObject({ kind: 'placed', order: { region: living } });
    };
    // Where it hangs that is asked first: for the sale, and for what became of it.
    expect(await countSlow(20, sale)).toBe(place === here ? 1 : 0);
  },
);

test.each([here, there])(
  'G6: what the others do not know is still asked of a silent %s',
  async (place) => {
    const links = outage(place);
    const front = await stage.freshFront({ freshForMs: 0, faults: [links.interceptor] });
    const known = await stage.bookEverywhere(here);
    const onlyThere = stage.nextId(place);
    await create(await stage.freshFront(), onlyThere);
    for (let turn = 0; turn < 10; turn += 1) await readsOf(front, known)();
    links.restore(place);

    await readsOf(front, onlyThere)();
  },
);
