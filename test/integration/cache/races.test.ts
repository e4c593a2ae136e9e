import { describe, expect, test } from '@jest/globals';
import type { Region } from '../../../lib/rules/sites.js';
import { barrier, type Barrier } from '../../support/faults/barrier.js';
import { shown } from '../../support/books/books.js';
import { order } from '../../support/books/buyers.js';
import { makeClock } from '../../support/faults/clock.js';
import { isWrite, to } from '../../support/faults/faults.js';
import type { FrontEndOptions } from '../../support/tables/front-ends.js';
import { announce } from '../../support/tables/post.js';
import { openStage } from '../../support/stages/open.js';

const seller: Region = 'us-east-1';
/** Hears of nothing once a test has begun: what is read there is old. */
const laggard: Region = 'eu-west-1';

const stage = await openStage();

const front = (options: FrontEndOptions) =>
  stage.front({ ...options, routing: { reads: 'nearest', sales: 'nearest' } });

const steps: [string, () => Barrier][] = [
  [
    'after its read of the cache',
    () => barrier('after', ({ place, command }) => place === 'cache' && command === 'BatchGet'),
  ],
  [
    'after its read of a replica',
    () => barrier('after', ({ place, command }) => place === laggard && command === 'BatchGet'),
  ],
  ['before its write of the cache', () => barrier('before', to('cache', isWrite))],
  ['after its write of the cache', () => barrier('after', to('cache', isWrite))],
];

const starts: [string, { isHeld: boolean }][] = [
  ['an item whose freshness has ended', { isHeld: true }],
  ['no item', { isHeld: false }],
];

describe.each(starts)('G5: where the cache holds %s', (_start, { isHeld }) => {
  describe.each(steps)('a fill that is stopped %s', (_step, makeBarrier) => {
    test.each([
      ['an announcement', { isAnnounced: true }],
      ["this front end's own sale", { isAnnounced: false }],
    ])('never puts the old stock back behind %s', async (_event, { isAnnounced }) => {
      const id = await stage.bookEverywhere(seller);
      const cacheTable = await stage.cacheTable();
      const { system, advance } = makeClock();
      const reader = front({ cacheTable, system, region: laggard });
      if (isHeld) {
        await shown(reader, id);
        advance(31_000);
      }
      const stop = makeBarrier();
      const slow = front({
        cacheTable,
        system,
        region: laggard,
        faults: [stop.interceptor],
      });

      const slowRead = shown(slow, id);
      await stop.reached;
      if (isAnnounced) {
        const elsewhere = front({ cacheTable: await stage.cacheTable(), system });
        await order(elsewhere, id);
        await announce(await stage.post.collect(seller), reader);
      } else {
        await order(front({ cacheTable, system }), id);
      }
      stop.open();
      await slowRead;

      expect((await shown(reader, id)).stock).toBe(19);
      advance(31_000);
      expect((await shown(reader, id)).stock).toBe(19);
    });
  });

  test('two fills at once, of regions that have not heard of each other, join', async () => {
    const id = await stage.bookEverywhere(seller);
    const cacheTable = await stage.cacheTable();
    const { system, advance } = makeClock();
    const elsewhere = await stage.cacheTable();
    const readers = [seller, laggard].map((region) => {
      const stop = barrier('before', to('cache', isWrite));
      const reader = front({ cacheTable, system, region, faults: [stop.interceptor] });
      return { stop, reader };
    });
    if (isHeld) {
      await shown(front({ cacheTable, system }), id);
      advance(31_000);
    }
    for (const region of [seller, laggard]) {
      await order(front({ region, cacheTable: elsewhere, system }), id);
    }

    const reads = readers.map(({ reader }) => shown(reader, id));
    await Promise.all(readers.map(({ stop }) => stop.reached));
    for (const { stop } of readers) stop.open();
    await Promise.all(reads);

    expect((await shown(front({ cacheTable, system }), id)).stock).toBe(18);
  });
});
