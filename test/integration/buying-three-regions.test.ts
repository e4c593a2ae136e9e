/** G1 where stock lies in three regions. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { FrontEnd } from '../../lib/store/front-end.js';
import { countKinds, order, orderOf, orderUntilAnswered } from '../support/buyers.js';
import { startEmulators, type Emulators } from '../support/emulators.js';
import { makeCacheTable, makeFrontEnd, patience } from '../support/front-ends.js';
import { replicaOf, shelve, takeStock } from '../support/shelves.js';

const regions = ['us-east-1', 'eu-west-1', 'ap-south-1'] as const;

let emulators: Emulators;
/** One front end in each region, that sells there first. */
let fronts: FrontEnd[];

beforeAll(async () => {
  emulators = await startEmulators(regions, patience);
  fronts = await Promise.all(
    regions.map(async (region) =>
      makeFrontEnd(emulators.config, {
        region,
        routing: { sales: 'nearest' },
        cacheTable: await makeCacheTable(emulators.config),
      }),
    ),
  );
});

afterAll(() => emulators.stop());

const front = (region: (typeof regions)[number]): FrontEnd =>
  fronts[regions.indexOf(region)] as FrontEnd;

test('G1: 100 buyers at once take the last 30 copies of three regions, and none twice', async () => {
  const bookId = await shelve(front('us-east-1'), {
    'us-east-1': 4,
    'eu-west-1': 21,
    'ap-south-1': 5,
  });

  const outcomes = await Promise.all(
    Array.from({ length: 100 }, (_, buyer) =>
      orderUntilAnswered(fronts[buyer % 3] as FrontEnd, bookId),
    ),
  );

  expect(countKinds(outcomes)).toEqual({ placed: 30, 'sold-out': 70 });
  const { replicas } = front('us-east-1');
  expect(await takeStock(replicas, bookId)).toEqual({ sold: 30, left: 0, rights: [0, 0, 0] });
});

test('G1: a purchase gathers what it needs from two other regions', async () => {
  const { replicas } = front('us-east-1');
  const bookId = await shelve(front('us-east-1'), {
    'us-east-1': 1,
    'eu-west-1': 2,
    'ap-south-1': 3,
  });

  const outcome = await order(front('us-east-1'), bookId, { quantity: 6 });

  expect(orderOf(outcome).region).toBe('us-east-1');
  expect(await takeStock(replicas, bookId)).toEqual({ sold: 6, left: 0, rights: [0, 0, 0] });
});

test.each(regions)(
  'copies on their way from one region through another to a third are sold in %s',
  async (region) => {
    const { replicas } = front('us-east-1');
    const bookId = await shelve(front('us-east-1'), {
      'us-east-1': 2,
      'eu-west-1': 1,
      'ap-south-1': 0,
    });
    const [us, eu, ap] = regions.map((name) => replicaOf(front('us-east-1'), name));
    await us?.catalog.move(bookId, eu?.site as string, 2);
    await eu?.catalog.move(bookId, ap?.site as string, 1);
    expect(await takeStock(replicas, bookId)).toEqual({ sold: 0, left: 3, rights: [0, 0, 0] });

    const outcome = await order(front(region), bookId, { quantity: 3 });

    expect(orderOf(outcome).region).toBe(region);
    expect(await takeStock(replicas, bookId)).toEqual({ sold: 3, left: 0, rights: [0, 0, 0] });
  },
);

test('G6: copies of two regions are sold while the third is out of reach', async () => {
  const bookId = await shelve(front('us-east-1'), {
    'us-east-1': 1,
    'eu-west-1': 2,
    'ap-south-1': 1,
  });
  const cutOff = makeFrontEnd(
    { ...emulators.config, DYNAMODB_ENDPOINTS: withoutAp() },
    { region: 'us-east-1', routing: { sales: 'nearest' } },
  );

  const sold = await order(cutOff, bookId, { quantity: 3 });
  const lacking = await order(cutOff, bookId, { quantity: 1 });

  expect([sold.kind, lacking.kind]).toEqual(['placed', 'unavailable']);
  const { replicas } = front('us-east-1');
  expect(await takeStock(replicas, bookId)).toMatchObject({ sold: 3, left: 1 });
});

const withoutAp = () => ({
  ...emulators.config.DYNAMODB_ENDPOINTS,
  // Nothing listens there.
  'ap-south-1': 'http://127.0.0.1:1',
});
