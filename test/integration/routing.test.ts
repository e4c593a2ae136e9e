import { describe, expect, test } from '@jest/globals';
import type { Region } from '../../lib/rules/sites.js';
import type { FrontEnd } from '../../lib/store/front-end.js';
import { searchByTopic } from '../../lib/store/list-books.js';
import { readBooks } from '../../lib/store/read-books.js';
import { outage, recordCalls, type Place, type Recording } from '../support/faults/barrier.js';
import { freshKey, order, orderOf } from '../support/books/buyers.js';
import { isTransaction } from '../support/faults/faults.js';
import { openStage } from '../support/stages/open.js';

const regions: Region[] = ['us-east-1', 'eu-west-1', 'ap-south-1'];
/** A region that has a front end and no replica. */
const elsewhere: Region = 'sa-east-1';

const stage = await openStage({ regions });

const share = (count: number, whole: number): number => count / whole;

describe('reads', () => {
  test('by round-robin are spread over all regions', async () => {
    const id = await stage.bookEverywhere('us-east-1');
    const front = await stage.freshFront({ freshForMs: 0 });
    const reads = 300;
    const asked = new Map<Region, number>();

    for (let read = 0; read < reads; read += 1) {
      const reading = await readBooks(front, [id]);
      for (const region of reading.regions) asked.set(region, (asked.get(region) ?? 0) + 1);
    }

    expect([...asked.keys()].sort()).toEqual([...regions].sort());
    for (const count of asked.values()) {
      expect(share(count, reads)).toBeGreaterThan(0.2);
      expect(share(count, reads)).toBeLessThan(0.47);
    }
  });

  test.each(regions)(
    "by nearest ask the front end's own region, %s, and another only while that is away",
    async (region) => {
      const id = await stage.bookEverywhere('us-east-1');
      const links = outage();
      const front = await stage.freshFront({
        freshForMs: 0,
        region,
        routing: { reads: 'nearest' },
        faults: [links.interceptor],
      });
      const page = () => searchByTopic(front, `topic ${id}`, { limit: 20, after: '0' });

      for (let read = 0; read < 10; read += 1) {
        expect((await readBooks(front, [id])).regions).toEqual([region]);
        expect((await page()).regions).toEqual([region]);
      }
      links.cutOff(region);
      expect((await readBooks(front, [id])).regions).not.toEqual([region]);
      expect((await readBooks(front, [id])).regions).toHaveLength(1);
      expect((await page()).regions).not.toContain(region);
    },
  );

  test('by nearest are answered where the front end has no replica of its own', async () => {
    const id = await stage.bookEverywhere('us-east-1');
    const front = await stage.freshFront({ region: elsewhere, routing: { reads: 'nearest' } });

    expect((await readBooks(front, [id])).regions).toHaveLength(1);
  });
});

describe('sales', () => {
  interface Counter {
    readonly front: FrontEnd;
    readonly calls: Recording;
  }

  async function counter(region: Region, sales: 'spread' | 'nearest'): Promise<Counter> {
    const calls = recordCalls();
    const front = await stage.freshFront({
      region,
      routing: { sales },
      faults: [calls.interceptor],
    });
    return { front, calls };
  }

  const placesOfSales = ({ calls }: Counter): Place[] =>
    calls.calls.filter(isTransaction).map(({ place }) => place);

  test('that are spread go to the same region first through every front end, and to every region', async () => {
    const id = await stage.bookEverywhere('us-east-1', { stock: 300 });
    const counters = await Promise.all(
      [...regions, elsewhere].map((region) => counter(region, 'spread')),
    );
    const sold = new Map<Place, number>();

    for (let sale = 0; sale < 30; sale += 1) {
      const key = freshKey();
      const places = new Set<Place | undefined>();
      for (const at of counters) {
        at.calls.clear();
        orderOf(await order(at.front, id, { key }));
        places.add(placesOfSales(at)[0]);
      }
      expect(places.size).toBe(1);
      const [place] = places as Set<Place>;
      sold.set(place as Place, (sold.get(place as Place) ?? 0) + 1);
    }

    expect([...sold.keys()].sort()).toEqual([...regions].sort());
    for (const count of sold.values()) expect(share(count, 30)).toBeGreaterThan(0.1);
  });

  test('that are spread are repeated where they were made, whatever front end repeats them', async () => {
    const id = await stage.bookEverywhere('us-east-1', { stock: 300 });
    const key = freshKey();
    const [first, ...others] = await Promise.all(
      [...regions, elsewhere].map((region) => counter(region, 'spread')),
    );
    const placed = orderOf(await order((first as Counter).front, id, { key }));

    for (const { front } of others) {
      expect(await order(front, id, { key })).toEqual({ kind: 'repeated', order: placed });
    }
  });

  test.each(regions)(
    "by nearest are made in the front end's own region, %s, and elsewhere while that is away",
    async (region) => {
      const id = await stage.bookEverywhere('us-east-1', { stock: 300 });
      const links = outage();
      const front = await stage.freshFront({
        region,
        routing: { sales: 'nearest' },
        faults: [links.interceptor],
      });

      for (let sale = 0; sale < 10; sale += 1) {
        expect(orderOf(await order(front, id)).region).toBe(region);
      }
      links.cutOff(region);
      expect(orderOf(await order(front, id)).region).not.toBe(region);
    },
  );
});
