/**
 * Every change of a site's stock, as data: what it adds to the row that the site alone writes, and
 * what it requires. `applyChange` carries it out on a ledger, `stockExpression` in DynamoDB.
 */
import { outdatedKeys, type KeyUse, type KeyUses, type UsedKey } from './keys.js';
import type { Site } from './sites.js';
import { rightsOf, rowOf, type Ledger } from './ledger.js';

export interface StockChange {
  /** Copies that are added to those ever stocked. */
  readonly stocked: number;
  /** Copies that are added to those sold; less than none where some are given back. */
  readonly sold: number;
  /** Copies that are added to those written off. */
  readonly writtenOff: number;
  /** Copies that are added to those ever given to each other site. */
  readonly moved: Readonly<Record<Site, number>>;
  readonly keysNoted: KeyUses;
  readonly keysForgotten: readonly string[];
  readonly requires: Requirements;
}

/** What must hold before a change, or it is refused. */
export interface Requirements {
  /** So many copies that the site may sell on its own authority. */
  readonly rights?: number;
  /** The site's row, be it empty. */
  readonly row?: true;
  /** A row in which no key is noted. */
  readonly noKeys?: true;
}

const nothing: StockChange = {
  stocked: 0,
  sold: 0,
  writtenOff: 0,
  moved: {},
  keysNoted: {},
  keysForgotten: [],
  requires: {},
};

/** A site sells and moves only what it has the rights to (design S3). */
export const saleOf = (quantity: number): StockChange => ({
  ...nothing,
  sold: quantity,
  requires: { rights: quantity },
});

/** Takes back copies that the site sold (a cancelled or withdrawn order). */
export const giveBackOf = (quantity: number): StockChange => ({ ...nothing, sold: -quantity });

/** Copies that are moved are nobody's until the other site has joined this one's row (design S4). */
export const moveOf = (to: Site, quantity: number): StockChange => ({
  ...nothing,
  moved: { [to]: quantity },
  requires: { rights: quantity },
});

/**
 * New copies of a book that has none here.
 *
 * @param shares what is moved on to other sites at once.
 * @param key noted beside the copies that it brought.
 */
export const firstStockOf = (
  quantity: number,
  shares: Readonly<Record<Site, number>>,
  key?: UsedKey & KeyUse,
): StockChange => ({
  ...nothing,
  stocked: quantity,
  moved: shares,
  keysNoted: key === undefined ? {} : noteOf(key),
});

/**
 * New copies, as of {@link firstStockOf}, where the row is there already.
 *
 * @param keysSeen the keys of the row as it was last seen: outdated ones go. Where it had none, and
 *   another restock is noted meanwhile, the change is refused.
 */
export const restockOf = (
  quantity: number,
  shares: Readonly<Record<Site, number>>,
  key: UsedKey & KeyUse,
  keysSeen: KeyUses,
): StockChange => ({
  ...firstStockOf(quantity, shares, key),
  keysForgotten: outdatedKeys(keysSeen, key.usedAt),
  requires: { row: true, ...roomForKey(keysSeen) },
});

/**
 * Takes unsold copies out of the stock, as a sale would, but counts them apart from what was sold (design S9).
 *
 * @param key noted as that of a restock is.
 * @param keysSeen as of {@link restockOf}.
 */
export const writeOffOf = (
  quantity: number,
  key: UsedKey & KeyUse,
  keysSeen: KeyUses,
): StockChange => ({
  ...nothing,
  writtenOff: quantity,
  keysNoted: noteOf(key),
  keysForgotten: outdatedKeys(keysSeen, key.usedAt),
  requires: { rights: quantity, ...roomForKey(keysSeen) },
});

const noteOf = ({ id, bodyHash, usedAt }: UsedKey & KeyUse): KeyUses => ({
  [id]: { bodyHash, usedAt },
});

const roomForKey = (keysSeen: KeyUses): Requirements =>
  Object.keys(keysSeen).length === 0 ? { noKeys: true } : {};

/** What a change adds to the copies that the site may sell on its own authority. */
export const rightsAddedBy = ({ stocked, sold, writtenOff, moved }: StockChange): number =>
  Object.values(moved).reduce((rights, copies) => rights - copies, stocked - sold - writtenOff);

/** The ledger after a change of `site`; undefined where what it requires does not hold. */
export function applyChange(ledger: Ledger, site: Site, change: StockChange): Ledger | undefined {
  if (!isAllowed(ledger, site, change.requires)) return undefined;
  const row = rowOf(ledger, site);
  const moved = { ...row.moved };
  for (const [to, copies] of Object.entries(change.moved)) moved[to] = (moved[to] ?? 0) + copies;
  const keys = { ...row.keys, ...change.keysNoted };
  for (const keyId of change.keysForgotten) delete keys[keyId];
  return {
    ...ledger,
    [site]: {
      ...row,
      stocked: row.stocked + change.stocked,
      sold: row.sold + change.sold,
      ...(change.writtenOff > 0 && { writtenOff: (row.writtenOff ?? 0) + change.writtenOff }),
      moved,
      keys,
      seq: row.seq + 1,
    },
  };
}

function isAllowed(ledger: Ledger, site: Site, { rights, row, noKeys }: Requirements): boolean {
  const hasRights = rights === undefined || rightsOf(ledger, site) >= rights;
  const hasRow = row === undefined || site in ledger;
  const hasNoKeys = noKeys === undefined || Object.keys(rowOf(ledger, site).keys).length === 0;
  return hasRights && hasRow && hasNoKeys;
}
