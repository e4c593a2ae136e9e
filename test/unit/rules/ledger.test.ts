import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { outdatedKeys } from '../../../lib/rules/keys.js';
import {
  applyChange,
  giveBackOf,
  moveOf,
  restockOf,
  saleOf,
  writeOffOf,
  type StockChange,
} from '../../../lib/rules/stock-change.js';
import {
  emptyRow,
  joinLedgers,
  newerRows,
  retire,
  rightsOf,
  rowOf,
  sayOnlySales,
  sharesOf,
  stockOf,
  unsoldOf,
  useOfKey,
  type Ledger,
} from '../../../lib/rules/ledger.js';
import type { Site } from '../../../lib/rules/sites.js';
import { ledgers, ours, rowOfSeq, theirs, thirds } from '../support/books.js';
import { testJoin } from '../support/joins.js';
import { chosen, firstFaults, holds, step } from '../../support/random/properties.js';

const allSites = [ours, theirs, thirds];

const use = (usedAt: number) => ({ bodyHash: 'a body', usedAt });

const sell = (ledger: Ledger, site: Site, copies: number) =>
  applyChange(ledger, site, saleOf(copies));

const giveBack = (ledger: Ledger, site: Site, copies: number) =>
  applyChange(ledger, site, giveBackOf(copies)) as Ledger;

const move = (ledger: Ledger, from: Site, to: Site, copies: number) =>
  applyChange(ledger, from, moveOf(to, copies));

const writeOff = (ledger: Ledger, site: Site, copies: number) => {
  const { keys, seq } = rowOf(ledger, site);
  return applyChange(ledger, site, writeOffOf(copies, { id: `key ${seq}`, ...use(0) }, keys));
};

/** In a row that is there, be it empty. */
function restock(
  ledger: Ledger,
  site: Site,
  copies: number,
  shares: StockChange['moved'] = {},
  key = { id: `key ${rowOf(ledger, site).seq}`, ...use(0) },
): Ledger {
  const change = restockOf(copies, shares, key, rowOf(ledger, site).keys);
  return applyChange({ [site]: emptyRow, ...ledger }, site, change) as Ledger;
}

/** What may happen next: sites, messages and parts of what is there are chosen by number. */
const steps = fc.oneof(
  {
    weight: 4,
    arbitrary: step('sell', { site: fc.nat(), copies: fc.integer({ min: 1, max: 8 }) }),
  },
  {
    weight: 1,
    arbitrary: step('write off', { site: fc.nat(), copies: fc.integer({ min: 1, max: 8 }) }),
  },
  { weight: 1, arbitrary: step('give back', { site: fc.nat(), copies: fc.nat() }) },
  {
    weight: 2,
    arbitrary: step('restock', {
      site: fc.nat(),
      copies: fc.integer({ min: 1, max: 12 }),
      shares: fc.array(fc.nat(6), { maxLength: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: step('move', {
      site: fc.nat(),
      to: fc.nat(),
      copies: fc.integer({ min: 1, max: 8 }),
    }),
  },
  { weight: 4, arbitrary: step('send', { site: fc.nat() }) },
  { weight: 4, arbitrary: step('deliver', { site: fc.nat(), message: fc.nat() }) },
  { weight: 1, arbitrary: step('drop', { message: fc.nat() }) },
);

type Step = typeof steps extends fc.Arbitrary<infer One> ? One : never;

const histories = fc.array(steps, { maxLength: 60, size: 'max' });

/** Sites, each with the ledger that it knows, and messages that stay until they are dropped. */
interface World {
  readonly sites: readonly Site[];
  readonly ledgers: Map<Site, Ledger>;
  readonly messages: Ledger[];
}

const newWorld = (siteCount: number): World => {
  const sites = allSites.slice(0, siteCount);
  return { sites, ledgers: new Map(sites.map((site) => [site, {}])), messages: [] };
};

const knownAt = (world: World, site: Site): Ledger => world.ledgers.get(site) ?? {};

const ownRow = (world: World, site: Site) => rowOf(knownAt(world, site), site);

function take(world: World, one: Step): void {
  if (one.kind === 'drop') {
    if (world.messages.length > 0) world.messages.splice(one.message % world.messages.length, 1);
    return;
  }
  const site = chosen(world.sites, one.site) as Site;
  const known = knownAt(world, site);
  const keep = (ledger: Ledger | undefined) => ledger && world.ledgers.set(site, ledger);
  switch (one.kind) {
    case 'sell': {
      keep(sell(known, site, one.copies));
      return;
    }
    case 'write off':
      keep(writeOff(known, site, one.copies));
      return;
    case 'give back':
      // Only what this site sold: each order is given back once, in its own site.
      keep(giveBack(known, site, one.copies % (rowOf(known, site).sold + 1)));
      return;
    case 'restock':
      keep(restock(known, site, one.copies, sharesWithin(world, site, one.copies, one.shares)));
      return;
    case 'move': {
      const others = world.sites.filter((other) => other !== site);
      keep(move(known, site, chosen(others, one.to) as Site, one.copies));
      return;
    }
    case 'send':
      world.messages.push(known);
      return;
    case 'deliver': {
      const message = chosen(world.messages, one.message);
      if (message !== undefined) merge(world, site, message);
    }
  }
}

const sharesWithin = (world: World, site: Site, copies: number, wanted: readonly number[]) => {
  let left = copies;
  return Object.fromEntries(
    world.sites
      .filter((other) => other !== site)
      .map((other, index) => {
        const share = Math.min(left, wanted[index] ?? 0);
        left -= share;
        return [other, share];
      }),
  );
};

function merge(world: World, site: Site, message: Ledger): void {
  const known = knownAt(world, site);
  world.ledgers.set(site, { ...known, ...newerRows(known, message, site) });
}

/** Every site hears what every other one knows, without loss. */
function exchangeAll(world: World): void {
  for (const to of world.sites) {
    for (const from of world.sites) {
      if (from !== to) merge(world, to, knownAt(world, from));
    }
  }
}

const total = (numbers: readonly number[]): number =>
  numbers.reduce((sum, number) => sum + number, 0);

/** For each pair of sites the copies that one has given and the other has not yet heard of. */
const copiesInFlight = (world: World): number[] =>
  world.sites.flatMap((to) =>
    world.sites.map((from) => {
      const given = ownRow(world, from).moved[to] ?? 0;
      return given - (rowOf(knownAt(world, to), from).moved[to] ?? 0);
    }),
  );

/** What of the guarantee does not hold; empty where all of it does. */
function faultsOf(world: World): string[] {
  const rows = world.sites.map((site) => ownRow(world, site));
  const left = total(rows.map(unsoldOf));
  const rights = world.sites.map((site) => rightsOf(knownAt(world, site), site));
  const inFlight = copiesInFlight(world);
  const views = [...world.ledgers.values(), ...world.messages];
  const mustHold = {
    'no more copies are sold and written off than were stocked': left >= 0,
    'no site has rights below none': rights.every((copies) => copies >= 0),
    'no site gave back more than it sold': rows.every((row) => row.sold >= 0),
    'no giver takes back what it gave': inFlight.every((copies) => copies >= 0),
    'each copy left is someone’s, or in flight': total(rights) + total(inFlight) === left,
    'no one is shown less than no stock': views.every((ledger) => stockOf(ledger) >= 0),
  };
  return Object.entries(mustHold).flatMap(([rule, isKept]) => (isKept ? [] : rule));
}

describe.each([2, 3])('%i sites that sell from one stock', (siteCount) => {
  test('G1: sell no copy twice, whatever is sold, moved, given back, lost, doubled or reordered', () => {
    holds(
      fc.property(histories, (history) => {
        expect(firstFaults(newWorld(siteCount), history, take, faultsOf)).toEqual([]);
      }),
      600,
    );
  });

  test('G4: know the same rows once all have heard each other, and every copy is someone’s', () => {
    holds(
      fc.property(histories, (history) => {
        const world = newWorld(siteCount);
        for (const one of history) take(world, one);
        exchangeAll(world);
        const ownRows = Object.fromEntries(
          world.sites
            .map((site) => [site, ownRow(world, site)] as const)
            .filter(([, row]) => row.seq > 0),
        );
        for (const site of world.sites) expect(knownAt(world, site)).toEqual(ownRows);
        expect(total(copiesInFlight(world))).toBe(0);
        expect(total(world.sites.map((site) => rightsOf(ownRows, site)))).toBe(stockOf(ownRows));
      }),
    );
  });
});

describe('the rights of a site', () => {
  const stocked = restock({}, ours, 10, { [theirs]: 4 });

  test('are what it stocked, less what it gave away', () => {
    expect(rightsOf(stocked, ours)).toBe(6);
    expect(rightsOf(stocked, theirs)).toBe(4);
    expect(stockOf(stocked)).toBe(10);
  });

  test('G1: end a sale of one copy more, and allow the sale of the last', () => {
    expect(sell(stocked, ours, 7)).toBeUndefined();
    expect(rightsOf(sell(stocked, ours, 6) ?? {}, ours)).toBe(0);
  });

  test('G1: end a move of one copy more, and allow the move of the last', () => {
    expect(move(stocked, ours, theirs, 7)).toBeUndefined();
    const moved = move(stocked, ours, theirs, 6) ?? {};
    expect([rightsOf(moved, ours), rightsOf(moved, theirs)]).toEqual([0, 10]);
  });

  test('do not hold copies that are on their way here in a row not yet heard of', () => {
    const here = {};
    const there = move(restock({}, theirs, 5), theirs, ours, 5) ?? {};
    expect(rightsOf(here, ours)).toBe(0);
    expect(rightsOf(joinLedgers(here, there), ours)).toBe(5);
  });

  test('of an incarnation that is gone are not those of the next one', () => {
    const known = restock({}, 'us-east-1#1', 10);
    expect(rightsOf(known, 'us-east-1#2')).toBe(0);
    expect(stockOf(known)).toBe(10);
  });

  test('G1: end a write-off of one copy more, and allow that of the last', () => {
    expect(writeOff(stocked, ours, 7)).toBeUndefined();
    const writtenOff = writeOff(stocked, ours, 6) ?? {};
    expect([rightsOf(writtenOff, ours), stockOf(writtenOff)]).toEqual([0, 4]);
    expect(writtenOff[ours]).toMatchObject({ stocked: 10, sold: 0, writtenOff: 6 });
    expect(writeOff(restock(writtenOff, ours, 2), ours, 2)?.[ours]).toMatchObject({
      writtenOff: 8,
    });
  });

  test('grow by what is given back', () => {
    const sold = sell(stocked, ours, 5) ?? {};
    expect(rightsOf(giveBack(sold, ours, 3), ours)).toBe(4);
    expect(stockOf(giveBack(sold, ours, 3))).toBe(8);
  });
});

describe('a row', () => {
  test('has a higher seq after each change of it, and no other row has', () => {
    const before = { ...restock({}, ours, 10), ...restock({}, theirs, 10) };
    for (const after of [
      sell(before, ours, 1),
      giveBack(before, ours, 0),
      restock(before, ours, 1),
      move(before, ours, theirs, 1),
      writeOff(before, ours, 1),
    ]) {
      expect(after?.[ours]?.seq).toBe(2);
      expect(after?.[theirs]).toBe(before[theirs]);
    }
  });
});

describe('G2: the keys of restocks', () => {
  const hour = 60 * 60 * 1000;
  /** So many keys, used one after the other. */
  const usesOf = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`key ${at}`, use(at)]));

  test('are known wherever the copies are that they brought', () => {
    const first = restock({}, theirs, 5, {}, { id: 'one', ...use(1) });
    const there = restock(first, theirs, 5, {}, { id: 'two', ...use(2) });
    const here = joinLedgers(restock({}, ours, 1), there);
    expect(['one', 'two', 'three'].map((key) => useOfKey(here, key)?.usedAt)).toEqual([
      1,
      2,
      undefined,
    ]);
  });

  test('that are outdated go as another comes', () => {
    const old = restock({}, ours, 1, {}, { id: 'old', ...use(0) });
    const young = restock(old, ours, 1, {}, { id: 'young', ...use(24 * hour + 1) });
    expect(young[ours]?.keys).toEqual({ young: use(24 * hour + 1) });
  });

  test('are not noted in a row that is not there, or that was seen without any and has some', () => {
    const change = restockOf(1, {}, { id: 'late', ...use(0) }, {});
    expect(applyChange({}, ours, change)).toBeUndefined();
    expect(applyChange({ [ours]: emptyRow }, ours, change)).toBeDefined();
    expect(applyChange(restock({}, ours, 1), ours, change)).toBeUndefined();
  });

  test('are held for a day', () => {
    const keys = { old: use(0), young: use(hour) };
    expect(outdatedKeys(keys, 24 * hour)).toEqual([]);
    expect(outdatedKeys(keys, 24 * hour + 1)).toEqual(['old']);
  });

  test('are held up to twenty of them, with the one that comes: the newest', () => {
    expect(outdatedKeys(usesOf(21), 21).sort()).toEqual(['key 0', 'key 1']);
  });

  test('go the oldest first, and not all at once: an expression has its limits', () => {
    expect(outdatedKeys(usesOf(100), 100)).toEqual(
      Array.from({ length: 20 }, (_, number) => `key ${19 - number}`),
    );
  });
});

describe('ledgers that are joined', () => {
  testJoin(ledgers, joinLedgers);

  test('G4: hold no row that is older than one of those that were joined', () => {
    holds(
      fc.property(ledgers, ledgers, (one, other) => {
        expect(newerRows(joinLedgers(one, other), other)).toEqual({});
      }),
    );
  });

  test('hold the newer row of each site', () => {
    const known = { [ours]: rowOfSeq(3), [theirs]: rowOfSeq(1) };
    const incoming = { [ours]: rowOfSeq(2), [theirs]: rowOfSeq(2), [thirds]: rowOfSeq(1) };
    expect(joinLedgers(known, incoming)).toEqual({
      [ours]: rowOfSeq(3),
      [theirs]: rowOfSeq(2),
      [thirds]: rowOfSeq(1),
    });
  });

  test('G1: never bring a site its own row, not even one that is newer than it remembers', () => {
    const incoming = { [ours]: rowOfSeq(9), [theirs]: rowOfSeq(9) };
    expect(newerRows({ [ours]: rowOfSeq(3) }, incoming, ours)).toEqual({ [theirs]: rowOfSeq(9) });
    expect(newerRows({}, incoming, ours)).toEqual({ [theirs]: rowOfSeq(9) });
  });
});

test('retiring a site moves all that it had left to its heir, once, whatever comes late', () => {
  holds(
    fc.property(ledgers, ledgers, (ledger, late) => {
      const left = rightsOf(ledger, theirs);
      const retired = retire(ledger, theirs, ours);
      if (left <= 0) {
        expect(retired).toBeUndefined();
        return;
      }
      const heard = joinLedgers(retired as Ledger, { [theirs]: rowOf(late, theirs) });
      expect(heard).toEqual(retired);
      expect(rightsOf(heard, theirs)).toBe(0);
      expect(rightsOf(heard, ours)).toBe(rightsOf(ledger, ours) + left);
      expect(stockOf(heard)).toBe(stockOf(ledger));
      expect(retire(heard, theirs, thirds)).toBeUndefined();
    }),
  );
});

test('G1: of two operators at once, the one who knows of more copies of a retired site is heard', () => {
  const earlier: Ledger = { [theirs]: { ...emptyRow, stocked: 5, sold: 1, seq: 2 } };
  const later = {
    ...earlier,
    [thirds]: { ...emptyRow, stocked: 9, moved: { [theirs]: 3 }, seq: 2 },
  };
  const one = retire(earlier, theirs, ours) as Ledger;
  const other = retire(later, theirs, ours) as Ledger;

  expect(joinLedgers(one, other)).toEqual(other);
  expect(joinLedgers(other, one)).toEqual(other);
  expect(rightsOf(other, ours)).toBe(7);
  expect(retire(joinLedgers(one, later), theirs, ours)).toEqual(other);
});

describe('rows say only that copies were sold', () => {
  const row = { ...emptyRow, stocked: 9, sold: 2, moved: { [theirs]: 3 }, seq: 4 };
  const known = { [ours]: row };
  const sold = { ...row, sold: 3, seq: 5 };

  test.each([
    ['where copies were sold', { [ours]: sold }, true],
    [
      'where copies that came from elsewhere were sold',
      { [theirs]: { ...emptyRow, sold: 1, seq: 1 } },
      true,
    ],
    ['not where copies were given back', { [ours]: { ...row, sold: 1, seq: 5 } }, false],
    ['not where as many were given back as were sold', { [ours]: { ...row, seq: 6 } }, false],
    [
      'not where copies were moved, too',
      { [ours]: { ...sold, moved: { [theirs]: 4 }, seq: 6 } },
      false,
    ],
    ['not where copies came, too', { [ours]: { ...sold, stocked: 10, seq: 6 } }, false],
    ['not where copies were written off', { [ours]: { ...sold, writtenOff: 1, seq: 6 } }, false],
    ['not where a later version knows more, too', { [ours]: { ...sold, onLoan: 1 } }, false],
    [
      'not where another site gave copies',
      { [ours]: sold, [theirs]: { ...emptyRow, moved: { [ours]: 1 }, seq: 1 } },
      false,
    ],
  ])('%s', (_case, rows: Ledger, expected) => {
    expect(sayOnlySales(known, rows)).toBe(expected);
  });
});

describe('the shares of a restock', () => {
  test('leave the home at least as many copies as any other site, and add up', () => {
    holds(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 3 }), fc.nat(), (copies, count, home) => {
        const sites = allSites.slice(0, count);
        const homeSite = chosen(sites, home) as Site;
        const shares = sharesOf(copies, homeSite, sites);
        const given = sites.filter((site) => site !== homeSite).map((site) => shares[site] ?? 0);
        const kept = copies - total(given);
        expect(total(Object.values(shares))).toBe(total(given));
        for (const share of given) {
          expect(kept).toBeGreaterThanOrEqual(share);
          expect(kept - share).toBeLessThan(count);
        }

        const ledger = restock({}, homeSite, copies, shares);
        expect(total(sites.map((site) => rightsOf(ledger, site)))).toBe(copies);
      }),
    );
  });

  test('are none where there are fewer copies than sites', () => {
    expect(sharesOf(2, ours, allSites)).toEqual({});
    expect(sharesOf(3, ours, allSites)).toEqual({ [theirs]: 1, [thirds]: 1 });
  });
});
