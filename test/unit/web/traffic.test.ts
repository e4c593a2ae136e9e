import { describe, expect, test } from '@jest/globals';
import { copiesOf } from '../../../web/control/figures.js';
import { passagesBetween, type Look } from '../../../web/control/traffic.js';
import type { StoreStatus, QueueStatus, ReplicaRow } from '../../../web/control/types.js';

const [here, there, far] = ['us-east-1', 'eu-west-1', 'ap-south-1'] as const;

const row = (region: string, figures: Partial<ReplicaRow> = {}): ReplicaRow => ({
  region,
  site: `${region}#1`,
  reachable: true,
  stock: 20,
  rights: 10,
  stocked: region === here ? 20 : 0,
  sold: 0,
  ...figures,
});

const queue = (region: string, name: string, waiting: number, inHand = 0): QueueStatus => ({
  region,
  name,
  isDeadLetter: false,
  depth: { waiting, inHand },
});

const look = (rows: readonly ReplicaRow[], queues: QueueStatus[] = []): Look => ({
  bookId: 1,
  copies: copiesOf(rows),
  status: {
    status: 'ok',
    cache: { reachable: true },
    region: here,
    regions: rows.map(({ region }) => ({ region, reachable: true, behindMs: {} })),
    queues,
  } satisfies StoreStatus,
});

describe('the copies of a book', () => {
  test('are all accounted for', () => {
    const copies = copiesOf([
      row(here, { rights: 4, sold: 3, writtenOff: 2, stock: 14 }),
      row(there, { rights: 8, sold: 1, stock: 14 }),
    ]);
    expect(copies).toMatchObject({ stocked: 20, onTheirWay: 2, isAgreed: false });
  });

  test('are agreed upon where no region believes anything else, and none is on its way', () => {
    const rows = [row(here, { sold: 2, rights: 8, stock: 18 }), row(there, { stock: 18 })];
    expect(copiesOf(rows).isAgreed).toBe(true);
    expect(copiesOf([rows[0]!, { ...rows[1]!, stock: 20 }]).isAgreed).toBe(false);
  });

  test('are not known to the last one while a region is away', () => {
    const rows = [row(here), { region: there, site: `${there}#1`, reachable: false }];
    expect(copiesOf(rows)).toMatchObject({ onTheirWay: undefined, isAgreed: false });
  });
});

describe('what passed between two looks', () => {
  const before = look([row(here), row(there)]);

  test('is nothing where nothing changed', () => {
    expect(passagesBetween(before, before)).toEqual([]);
  });

  test('is a sale, and then the news of it', () => {
    const sale = look([row(here), row(there, { sold: 2, rights: 8, stock: 18 })]);
    expect(passagesBetween(before, sale)).toEqual([{ from: 'shop', to: there, messages: 2 }]);
    const news = look([row(here, { stock: 18 }), row(there, { sold: 2, rights: 8, stock: 18 })]);
    expect(passagesBetween(sale, news)).toEqual([{ from: there, to: here, messages: 2 }]);
  });

  test('comes, of three regions, from the one that changed', () => {
    const rows = [row(here), row(there), row(far)];
    const after = look([row(here, { stock: 19 }), row(there, { sold: 1, stock: 19 }), row(far)]);
    expect(passagesBetween(look(rows), after)).toEqual([
      { from: there, to: here, messages: 1 },
      { from: 'shop', to: there, messages: 1 },
    ]);
  });

  test('shows in queues, also where it is not of the chosen book', () => {
    const queues = [queue(there, 'replicate', 3, 2), queue(here, 'invalidate', 0, 1)];
    expect(passagesBetween(before, look([row(here), row(there)], queues))).toEqual([
      { from: here, to: there, messages: 5 },
      { from: here, to: 'shop', messages: 1 },
      { from: there, to: 'shop', messages: 1 },
    ]);
  });

  test('is nothing where a queue holds what it held before', () => {
    const held = look([row(here), row(there)], [queue(there, 'replicate', 3, 2)]);
    expect(passagesBetween(held, held)).toEqual([]);
  });

  test('is nothing where another book was chosen, or a region was away', () => {
    const other = { ...look([row(here, { sold: 9 }), row(there)]), bookId: 2 };
    expect(passagesBetween(before, other)).toEqual([]);
    const away = look([row(here), { region: there, site: `${there}#1`, reachable: false }]);
    expect(passagesBetween(away, look([row(here), row(there, { sold: 3 })]))).toEqual([]);
  });
});
