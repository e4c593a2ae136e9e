import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { disputedId, isDisputedId, keyIdOf } from '../../../lib/rules/keys.js';
import { bookIdsOf, type OrderRow } from '../../../lib/rules/order.js';
import {
  emptySlot,
  settle,
  slotsNeeded,
  standing,
  standingOf,
  type Settlement,
  type Slot,
} from '../../../lib/rules/settlement.js';
import type { Site } from '../../../lib/rules/sites.js';
import { lineItem, orderRow } from '../support/orders.js';
import { chosen, firstFaults, holds, step } from '../../support/random/properties.js';

const keyId = 'f00d';
const us = 'us-east-1#1';
const eu = 'eu-west-1#1';
const ap = 'ap-south-1#1';
const allSites = [us, eu, ap];

/** Three bodies under one key, in the order of their hashes. */
const bodies = [
  { bodyHash: 'aaaa', copies: { 1: 1 } },
  { bodyHash: 'bbbb', copies: { 7: 2, 9: 1 } },
  { bodyHash: 'cccc', copies: { 7: 3 } },
] as const;

/** One region's log of the key, and what its transactions gave back on its shelf. */
interface Region {
  readonly site: Site;
  readonly slots: Map<string, Slot>;
  readonly givenBack: OrderRow[];
}

interface World {
  readonly regions: readonly Region[];
  /** Every sale, as it was answered. */
  readonly sales: OrderRow[];
  readonly cancelled: Set<OrderRow>;
  /** Every row that was ever put anywhere: any of them may arrive anywhere, at any time, again. */
  readonly told: OrderRow[];
  /** Transactions that were decided on what was read, and not sent yet. */
  readonly pending: Transaction[];
  readonly faults: string[];
}

interface Transaction extends Settlement {
  readonly region: Region;
  /** What was read of the slots: a transaction is conditioned on those that it puts. */
  readonly read: ReadonlyMap<string, Slot>;
}

/** What may happen next: regions, bodies and messages are chosen by number. */
const steps = fc.oneof(
  {
    weight: 3,
    arbitrary: step('sell', {
      region: fc.nat(),
      body: fc.nat(),
      price: fc.integer({ min: 1, max: 3 }),
      second: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: step('shut', { region: fc.nat() }) },
  { weight: 3, arbitrary: step('cancel', { region: fc.nat() }) },
  { weight: 4, arbitrary: step('deliver', { region: fc.nat(), message: fc.nat() }) },
  { weight: 3, arbitrary: step('relay', { region: fc.nat(), from: fc.nat(), slot: fc.nat() }) },
  { weight: 3, arbitrary: step('decide', { region: fc.nat(), message: fc.nat() }) },
  { weight: 2, arbitrary: step('commit', { transaction: fc.nat() }) },
);

type Step = typeof steps extends fc.Arbitrary<infer One> ? One : never;

const newWorld = (regionCount: number): World => ({
  regions: allSites
    .slice(0, regionCount)
    .map((site) => ({ site, slots: new Map<string, Slot>(), givenBack: [] })),
  sales: [],
  cancelled: new Set(),
  told: [],
  pending: [],
  faults: [],
});

const orderIn = (region: Region, id: string): OrderRow | undefined => {
  const slot = region.slots.get(id);
  return slot?.kind === 'order' ? slot.order : undefined;
};

const rowsIn = (region: Region): OrderRow[] =>
  [...region.slots.values()].flatMap((slot) => (slot.kind === 'order' ? [slot.order] : []));

const isSameSale = (one: OrderRow, other: OrderRow): boolean =>
  one.site === other.site && one.createdAt === other.createdAt;

function take(world: World, one: Step): void {
  if (one.kind === 'commit') {
    const transaction = chosen(world.pending, one.transaction);
    if (transaction !== undefined) commit(world, transaction);
    return;
  }
  const region = chosen(world.regions, one.region) as Region;
  switch (one.kind) {
    case 'sell': {
      if (orderIn(region, keyId) !== undefined) return;
      const { bodyHash, copies } = chosen(bodies, one.body) as (typeof bodies)[number];
      const sale = orderRow({
        id: keyId,
        bodyHash,
        items: Object.entries(copies).map(([bookId, quantity]) =>
          lineItem({ bookId: Number(bookId), quantity, unitPrice: one.price }),
        ),
        site: region.site,
        createdAt: `2027-01-15T08:00:0${one.second}.000Z`,
      });
      world.sales.push(sale);
      put(world, region, sale);
      return;
    }
    case 'shut':
      if (orderIn(region, keyId) === undefined) {
        region.slots.set(keyId, { kind: 'refusal', nonce: `nonce ${(nonces += 1)}` });
      }
      return;
    case 'cancel': {
      // Only the site that sold cancels its row, wherever the row now lies.
      const own = rowsIn(region).find(({ site }) => site === region.site);
      if (own === undefined || own.status === 'cancelled') return;
      put(world, region, { ...own, status: 'cancelled' });
      region.givenBack.push(own);
      const sale = world.sales.find((other) => isSameSale(other, own));
      if (sale !== undefined) world.cancelled.add(sale);
      return;
    }
    case 'deliver': {
      const row = chosen(world.told, one.message);
      if (row !== undefined) hear(world, region, row);
      return;
    }
    case 'relay': {
      const from = chosen(world.regions, one.from) as Region;
      const row = chosen(rowsIn(from), one.slot);
      if (row !== undefined && from !== region) hear(world, region, row);
      return;
    }
    case 'decide': {
      const row = chosen(world.told, one.message);
      if (row !== undefined) world.pending.push(decide(region, row));
    }
  }
}

let nonces = 0;

function put(world: World, region: Region, row: OrderRow): void {
  region.slots.set(row.id, { kind: 'order', order: row });
  world.told.push(row);
}

/** What `OrderTable.join` does: it reads the slots that are needed, and decides. */
function decide(region: Region, incoming: OrderRow): Transaction {
  const needed = slotsNeeded(incoming, orderIn(region, keyIdOf(incoming.id)));
  const read = new Map(needed.map((id) => [id, region.slots.get(id) ?? emptySlot]));
  return { region, read, ...settle(incoming, read, region.site) };
}

/** Puts and gives back in one transaction, unless a slot that it puts has changed meanwhile. */
function commit(world: World, { region, read, puts, givenBack }: Transaction): void {
  const isAsRead = ({ id }: OrderRow) =>
    conditionOn(region.slots.get(id)) === conditionOn(read.get(id));
  if (!puts.every(isAsRead)) return;
  for (const row of puts) put(world, region, row);
  region.givenBack.push(...givenBack);

  const ids = new Set(puts.map(({ id }) => id));
  // DynamoDB refuses a transaction that names one item twice: a slot, or a book on the shelf.
  const bookIds = givenBack.flatMap(bookIdsOf);
  if (ids.size < puts.length || new Set(bookIds).size < bookIds.length) {
    world.faults.push('a transaction has one item twice');
  }
  if (puts.length === 0 && givenBack.length > 0) {
    world.faults.push('copies are given back on no condition');
  }
  if (givenBack.some(({ site }) => site !== region.site)) {
    world.faults.push('a region gives back what another sold');
  }
}

/** What a put is conditioned on: see `order-table.ts`. */
function conditionOn(slot: Slot = emptySlot): string {
  switch (slot.kind) {
    case 'empty':
      return 'nothing';
    case 'refusal':
      return slot.nonce;
    case 'order':
      return `${slot.order.site} ${slot.order.createdAt} ${slot.order.status}`;
  }
}

function hear(world: World, region: Region, incoming: OrderRow): void {
  commit(world, decide(region, incoming));
  const { puts, givenBack } = decide(region, incoming);
  if (puts.length + givenBack.length > 0) {
    world.faults.push('a row that is heard again changes something');
  }
}

/** What must hold at every moment; empty where all of it does. */
function faultsOf({ regions, sales, faults }: World): string[] {
  const found = [...faults];
  for (const region of regions) {
    for (const row of rowsIn(region)) {
      const isInPlace = isDisputedId(row.id)
        ? row.id === disputedId(keyId, row.bodyHash) && row.status !== 'placed'
        : row.status !== 'disputed';
      if (!isInPlace) found.push(`${row.bodyHash} lies in ${row.id} as ${row.status}`);
    }
    for (const sale of sales.filter(({ site }) => site === region.site)) {
      const rows = rowsIn(region).filter((row) => isSameSale(row, sale));
      const timesGivenBack = region.givenBack.filter((row) => isSameSale(row, sale)).length;
      const isSold = rows.some(({ status }) => status !== 'cancelled');
      if (rows.length > 1) found.push('a sale lies in two slots of its own region');
      if (timesGivenBack !== (isSold ? 0 : 1)) {
        found.push(
          `a sale ${isSold ? 'that stands' : 'that is gone'} gave back ${timesGivenBack}x`,
        );
      }
    }
  }
  return found;
}

/** Every region reads the others' logs, as reconcile does, until none of them learns anything. */
function exchangeAll(world: World): void {
  for (let round = 0; round < 20; round += 1) {
    const before = world.told.length;
    for (const to of world.regions) {
      for (const from of world.regions) {
        for (const row of rowsIn(from)) hear(world, to, row);
      }
    }
    if (world.told.length === before) return;
  }
  world.faults.push('the regions do not come to rest');
}

/** The log that every region must come to, said in another way than the code does. */
function expectedLog({ sales, cancelled }: World): Map<string, OrderRow> {
  const hashes = [...new Set(sales.map(({ bodyHash }) => bodyHash))].sort();
  return new Map(
    hashes.map((hash, index) => {
      const ofBody = sales.filter(({ bodyHash }) => bodyHash === hash);
      const ofBodyCancelled = ofBody.filter((sale) => cancelled.has(sale));
      const isCancelled = ofBodyCancelled.length > 0;
      const [first] = (isCancelled ? ofBodyCancelled : ofBody).sort(
        (one, other) =>
          one.total - other.total ||
          one.createdAt.localeCompare(other.createdAt) ||
          (one.site < other.site ? -1 : 1),
      ) as [OrderRow];
      const id = index === 0 ? keyId : disputedId(keyId, hash);
      const status = isCancelled ? 'cancelled' : index === 0 ? 'placed' : 'disputed';
      return [id, { ...first, id, status }];
    }),
  );
}

const histories = fc.array(steps, { maxLength: 30, size: 'max' });

describe.each([2, 3])(
  '%i regions that sold under one key before they heard of each other',
  (count) => {
    test('G2: each give a sale that does not stand back once, and no other, at every moment', () => {
      holds(
        fc.property(histories, (history) => {
          expect(firstFaults(newWorld(count), history, take, faultsOf)).toEqual([]);
        }),
        1_000,
      );
    });

    test('G2, G4: come to the same log, in which the cheapest of each body stands, or a cancelled one', () => {
      holds(
        fc.property(histories, (history) => {
          const world = newWorld(count);
          for (const one of history) take(world, one);
          exchangeAll(world);
          expect(faultsOf(world)).toEqual([]);
          const expected = expectedLog(world);
          for (const region of world.regions) {
            const log = new Map(rowsIn(region).map((row) => [row.id, row]));
            expect(log).toEqual(expected);
            const standingHere = [...expected.values()].filter(
              ({ site, status }) => site === region.site && status !== 'cancelled',
            );
            const soldHere = world.sales.filter(({ site }) => site === region.site);
            expect(soldHere.length - region.givenBack.length).toBe(standingHere.length);
          }
        }),
        1_000,
      );
    });
  },
);

/** Regions that say what lies in their slots, for the stories below. */
const regionOfSite = (site: Site, ...rows: OrderRow[]): Region => ({
  site,
  slots: new Map(rows.map((order) => [order.id, { kind: 'order', order } as const])),
  givenBack: [],
});

const tell = (region: Region, ...rows: OrderRow[]): void => {
  const world = { ...newWorld(0), regions: [region] };
  for (const row of rows) hear(world, region, row);
  expect(world.faults).toEqual([]);
};

/** Of an order of one item. */
const costing = (unitPrice: number) => ({ items: [lineItem({ unitPrice })] });

const cancelledRow = (row: OrderRow): OrderRow => ({ ...row, status: 'cancelled' });

const disputedRow = (row: OrderRow): OrderRow => ({
  ...row,
  id: disputedId(row.id, row.bodyHash),
  status: 'disputed',
});

describe('two sales of one body', () => {
  const cheap = orderRow({ site: us, ...costing(2000) });
  const dear = orderRow({ site: eu, ...costing(3000) });

  test('G2: leave the cheaper one in both regions, and the other region gives its copies back', () => {
    const [here, there] = [regionOfSite(us, cheap), regionOfSite(eu, dear)];
    tell(here, dear);
    tell(there, cheap);
    expect(rowsIn(here)).toEqual([cheap]);
    expect(rowsIn(there)).toEqual([cheap]);
    expect(here.givenBack).toEqual([]);
    expect(there.givenBack).toEqual([dear]);
  });

  test('G2: leave the one that was cancelled, even if it is dearer, so that the buyer’s wish stands', () => {
    const [here, there] = [regionOfSite(us, cheap), regionOfSite(eu, cancelledRow(dear))];
    tell(here, dear, cancelledRow(dear), dear);
    tell(there, cheap);
    expect(rowsIn(here)).toEqual([cancelledRow(dear)]);
    expect(rowsIn(there)).toEqual([cancelledRow(dear)]);
    expect(here.givenBack).toEqual([cheap]);
    expect(there.givenBack).toEqual([]);
  });

  test('G2: give nothing back where both were cancelled: each did already', () => {
    const there = regionOfSite(eu, cancelledRow(dear));
    tell(there, cancelledRow(cheap));
    expect(rowsIn(there)).toEqual([cancelledRow(cheap)]);
    expect(there.givenBack).toEqual([]);
  });

  test('give nothing back in a third region, which sold neither', () => {
    const third = regionOfSite(ap);
    tell(third, dear, cheap, dear);
    expect(rowsIn(third)).toEqual([cheap]);
    expect(third.givenBack).toEqual([]);
  });

  test('are one sale where they are one: what is told twice takes no copies back', () => {
    const own = orderRow({ bodyHash: 'bbbb', site: us });
    const here = regionOfSite(us, own, disputedRow(own));
    tell(here, orderRow({ bodyHash: 'aaaa', site: eu }));
    expect(here.givenBack).toEqual([]);
  });
});

describe('two bodies under one key', () => {
  const first = orderRow({ bodyHash: 'aaaa', site: eu });
  const second = orderRow({ bodyHash: 'bbbb', site: us });

  test('G3: both stay in both logs, the one whose hash sorts later as disputed', () => {
    const [here, there] = [regionOfSite(us, second), regionOfSite(eu, first)];
    tell(here, first);
    tell(there, second);
    for (const region of [here, there]) {
      expect(rowsIn(region)).toHaveLength(2);
      expect(orderIn(region, keyId)).toEqual(first);
      expect(orderIn(region, disputedId(keyId, 'bbbb'))).toEqual(disputedRow(second));
      expect(region.givenBack).toEqual([]);
    }
  });

  test('are a dispute whoever hears of the other, and are told as one', () => {
    expect(decide(regionOfSite(us, second), first).isDispute).toBe(true);
    expect(decide(regionOfSite(eu, first), second).isDispute).toBe(true);
    expect(decide(regionOfSite(eu, second), orderRow({ site: eu })).isDispute).toBe(false);
  });

  test('are a dispute first, though one was cancelled: it does not end the other', () => {
    const here = regionOfSite(us, cancelledRow(second));
    tell(here, first);
    expect(orderIn(here, keyId)).toEqual(first);
    expect(orderIn(here, disputedId(keyId, 'bbbb'))?.status).toBe('cancelled');

    const there = regionOfSite(eu, cancelledRow(first));
    tell(there, second);
    expect(orderIn(there, keyId)).toEqual(cancelledRow(first));
    expect(orderIn(there, disputedId(keyId, 'bbbb'))).toEqual(disputedRow(second));
    expect(there.givenBack).toEqual([]);
  });

  test('keep an order cancelled that was cancelled in its disputed slot', () => {
    const third = regionOfSite(ap, first);
    tell(third, second, cancelledRow(disputedRow(second)), second, disputedRow(second));
    expect(orderIn(third, disputedId(keyId, 'bbbb'))).toEqual(cancelledRow(disputedRow(second)));
  });

  test('G2: settle two sales of the later body in its own slot', () => {
    const cheaper = orderRow({ bodyHash: 'bbbb', site: ap, ...costing(10) });
    const here = regionOfSite(us, second);
    tell(here, disputedRow(cheaper), first);
    expect(orderIn(here, keyId)).toEqual(first);
    expect(orderIn(here, disputedId(keyId, 'bbbb'))).toEqual(disputedRow(cheaper));
    expect(here.givenBack).toEqual([disputedRow(second)]);
  });

  test('G4: in three regions come to three slots, whichever two meet first', () => {
    const rows = ['aaaa', 'bbbb', 'cccc'].map((bodyHash, index) =>
      orderRow({ bodyHash, site: allSites[index] as Site }),
    ) as [OrderRow, OrderRow, OrderRow];
    const third = regionOfSite(ap, rows[2]);
    tell(third, disputedRow(rows[1]), rows[1], rows[0], rows[1]);
    expect(rowsIn(third).map(({ id, status }) => [id, status])).toEqual(
      expect.arrayContaining([
        [keyId, 'placed'],
        [disputedId(keyId, 'bbbb'), 'disputed'],
        [disputedId(keyId, 'cccc'), 'disputed'],
      ]),
    );
  });
});

describe('a row that arrives', () => {
  test('takes an empty slot, and one that holds a refusal', () => {
    const row = orderRow({ site: eu });
    const refused = regionOfSite(us);
    refused.slots.set(keyId, { kind: 'refusal', nonce: 'a nonce' });
    for (const region of [regionOfSite(us), refused]) {
      tell(region, row);
      expect(rowsIn(region)).toEqual([row]);
    }
  });

  test('is never taken by the site that sold it: that site alone moves and cancels it', () => {
    const own = orderRow({ site: us });
    for (const row of [own, cancelledRow(own), disputedRow(own)]) {
      expect(decide(regionOfSite(us), row)).toMatchObject({
        puts: [],
        givenBack: [],
        isDispute: false,
      });
    }
    const cancelled = regionOfSite(us, cancelledRow(own));
    tell(cancelled, own);
    expect(rowsIn(cancelled)).toEqual([cancelledRow(own)]);
  });

  test('of an incarnation before is taken like any other site’s, and its copies stay where they are', () => {
    const former = orderRow({ site: 'us-east-1#1', ...costing(10) });
    const own = orderRow({ site: 'us-east-1#2' });
    const region = regionOfSite('us-east-1#2', own);
    tell(region, former);
    expect(rowsIn(region)).toEqual([former]);
    expect(region.givenBack).toEqual([own]);
  });
});

describe('the order that stands of one body', () => {
  const one = orderRow({ site: us });

  test.each([
    ['the cancelled one', { status: 'cancelled', ...costing(9000) }],
    ['then the disputed one', { status: 'disputed', ...costing(9000) }],
    ['then the cheaper', { ...costing(2999), createdAt: '2027-01-15T09:00:00.000Z' }],
    [
      'then the one of the lower total, whatever one copy of it costs',
      {
        items: [
          lineItem({ unitPrice: 5000, quantity: 1 }),
          lineItem({ bookId: 9, unitPrice: 100 }),
        ],
      },
    ],
    ['then the earlier', { createdAt: '2027-01-15T07:59:59.999Z', site: 'zz-last-1#1' }],
    ['then the one of the site that sorts first', { site: eu }],
  ] satisfies [string, Partial<OrderRow>][])('is %s', (_which, changes) => {
    const other = orderRow({ site: 'zz-last-1#1', ...changes });
    expect(standing(one, other)).toBe(other);
    expect(standing(other, one)).toBe(other);
  });

  test('is the same in whatever order they are compared', () => {
    const rows = fc.record({
      site: fc.constantFrom(...allSites),
      items: fc.array(
        fc.integer({ min: 1, max: 2 }).map((unitPrice) => lineItem({ unitPrice })),
        { minLength: 1, maxLength: 2 },
      ),
      createdAt: fc.constantFrom('2027-01-15T08:00:01.000Z', '2027-01-15T08:00:02.000Z'),
      status: fc.constantFrom('placed' as const, 'cancelled' as const, 'disputed' as const),
    });
    holds(
      fc.property(fc.array(rows, { maxLength: 5 }), (choices) => {
        const all = choices.map(orderRow);
        // What it is decided by: rows of one sale have the same items.
        const decided = (row: OrderRow | undefined) =>
          row && [row.site, row.createdAt, row.status, row.total];
        expect(decided(standingOf([...all].reverse()))).toEqual(decided(standingOf(all)));
      }),
    );
  });

  test('is none of none', () => {
    expect(standingOf([])).toBeUndefined();
  });
});
