/**
 * The escrow counter of one book, after O'Neil, "The Escrow Transactional Method" (TODS 1986), and
 * the bounded counter of Balegas et al. (SRDS 2015).
 *
 * Each site owns one row that only it writes. What a site may sell on its own authority follows
 * from the rows it knows; copies that were moved to it count once it has joined the giver's row.
 * `stock-change.ts` says what a site does to its own row.
 */
import { isDeepStrictEqual } from 'node:util';
import type { KeyUse, KeyUses } from './keys.js';
import type { Site } from './sites.js';

/** Whoever passes a row on passes it on whole: one of a newer version holds more than this. */
export interface StockRow {
  /** Copies ever brought to this site by a restock. */
  readonly stocked: number;
  /** Copies sold here, less those given back. */
  readonly sold: number;
  /** Copies that left the stock here without being sold; a row that lacks it has none. */
  readonly writtenOff?: number;
  /** Copies ever given to each other site; only grows. */
  readonly moved: Readonly<Record<Site, number>>;
  /**
   * The keys of the latest restocks and write-offs here. They lie beside the copies that they brought
   * or took, so that whoever knows of the ones knows of the others, also when this site's tables are lost.
   */
  readonly keys: KeyUses;
  /** Counts this row's changes; of two versions the higher is the newer. */
  readonly seq: number;
}

/** The newest row known of each site. */
export type Ledger = Readonly<Record<Site, StockRow>>;

export const emptyRow: StockRow = { stocked: 0, sold: 0, moved: {}, keys: {}, seq: 0 };

export const rowOf = (ledger: Ledger, site: Site): StockRow => ledger[site] ?? emptyRow;

const movedBetween = (ledger: Ledger, from: Site, to: Site): number =>
  rowOf(ledger, from).moved[to] ?? 0;

/** Of the copies that were ever brought here those that are neither sold nor written off. */
export const unsoldOf = ({ stocked, sold, writtenOff = 0 }: StockRow): number =>
  stocked - sold - writtenOff;

/** Copies that `site` may sell without asking anyone, as far as `ledger` knows. */
export function rightsOf(ledger: Ledger, site: Site): number {
  const own = rowOf(ledger, site);
  let rights = unsoldOf(own);
  for (const givenAway of Object.values(own.moved)) rights -= givenAway;
  for (const giver of Object.keys(ledger)) rights += movedBetween(ledger, giver, site);
  return rights;
}

/** Copies that are for sale somewhere or on their way, as far as `ledger` knows. */
export const stockOf = (ledger: Ledger): number =>
  Object.values(ledger).reduce((stock, row) => stock + unsoldOf(row), 0);

/** How a key was used, as far as `ledger` knows. */
export const useOfKey = (ledger: Ledger, keyId: string): KeyUse | undefined =>
  Object.values(ledger).find(({ keys }) => keyId in keys)?.keys[keyId];

/** More changes than any site makes: what a late message brings of a retired site is older. */
const retiredSeq = 2 ** 40;

/**
 * Moves all copies of a site that is gone for good on to `heir`; undefined where it has none left.
 * Nobody else may write the row of `former` again.
 *
 * What a retired site gave away only grows, and says which copies it had: so it numbers the row, and
 * of two operators, one of whom knows of copies that were moved there since, the other's row is older (design X4).
 * That holds where both know of all that the site itself did, as they must before they begin.
 */
export function retire(ledger: Ledger, former: Site, heir: Site): Ledger | undefined {
  const copies = rightsOf(ledger, former);
  if (copies <= 0) return undefined;
  const { moved, ...row } = rowOf(ledger, former);
  const allMoved = { ...moved, [heir]: (moved[heir] ?? 0) + copies };
  const givenAway = Object.values(allMoved).reduce((sum, given) => sum + given, 0);
  return { ...ledger, [former]: { ...row, moved: allMoved, seq: retiredSeq + givenAway } };
}

/** The rows of `incoming` that are newer than those of `known`; never the row of `own`. */
export function newerRows(known: Ledger, incoming: Ledger, own?: Site): Ledger {
  return Object.fromEntries(
    Object.entries(incoming).filter(
      ([site, row]) => site !== own && row.seq > rowOf(known, site).seq,
    ),
  );
}

/** Whether all that these rows say, and `known` does not, is that copies were sold. */
export const sayOnlySales = (known: Ledger, rows: Ledger): boolean =>
  Object.entries(rows).every(([site, row]) => {
    const before = rowOf(known, site);
    const { sold, seq } = before;
    return row.sold > sold && isDeepStrictEqual({ ...row, sold, seq }, before);
  });

/** Joins two ledgers: of each site the newer row. Commutative, associative, idempotent. */
export function joinLedgers(known: Ledger, incoming: Ledger): Ledger {
  return { ...known, ...newerRows(known, incoming) };
}

/**
 * How a restock of `quantity` copies at `home` is shared out: an equal part to every other site,
 * the remainder to the home.
 */
export function sharesOf(
  quantity: number,
  home: Site,
  sites: readonly Site[],
): Record<Site, number> {
  const share = Math.floor(quantity / sites.length);
  if (share === 0) return {};
  return Object.fromEntries(sites.filter((site) => site !== home).map((site) => [site, share]));
}
