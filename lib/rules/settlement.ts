/**
 * How the rows of one key, sold apart, are settled when they meet. Every region that has seen the
 * same rows comes to the same log, whatever order they came in.
 */
import { isDeepStrictEqual } from 'node:util';
import { isNewerRegister } from './register.js';
import { disputedId, isDisputedId, keyIdOf } from './keys.js';
import type { Site } from './sites.js';
import type { OrderRow } from './order.js';

/** What lies under an order's id. */
export type Slot =
  | { readonly kind: 'empty' }
  | { readonly kind: 'refusal'; readonly nonce: string }
  | { readonly kind: 'order'; readonly order: OrderRow };

export const emptySlot: Slot = { kind: 'empty' };

/**
 * Which of two rows of one key and one body stands: a cancelled one (its copies are back already), else
 * a disputed one, whose id is the one that the order keeps, for a region that knows of the other body
 * gave it; else the one of the lower total, so that nobody pays more than an answer told them, then the
 * earlier, then the one of the site that sorts first (design K2). A disputed row meets a placed one only in the answers
 * of several regions: in a log they lie in different slots.
 */
export function standing(one: OrderRow, other: OrderRow): OrderRow {
  for (const [place, rank] of ranks(one).entries()) {
    const otherRank = ranks(other)[place] as string | number;
    if (rank !== otherRank) return rank < otherRank ? one : other;
  }
  return one;
}

const ranks = (row: OrderRow): (string | number)[] => [
  row.status === 'cancelled' ? 0 : 1,
  row.status === 'disputed' ? 0 : 1,
  row.total,
  row.createdAt,
  row.site,
];

/** The standing one of any number of rows of one body; undefined of none. */
export const standingOf = (rows: readonly OrderRow[]): OrderRow | undefined =>
  rows.reduce<OrderRow | undefined>(
    (best, row) => (best === undefined ? row : standing(best, row)),
    undefined,
  );

export interface Settlement {
  /** Rows to put, each in the slot of its id. */
  readonly puts: readonly OrderRow[];
  /** Rows of this site's own sales that no longer stand: their copies go back (design K3). */
  readonly givenBack: readonly OrderRow[];
  /** True where two bodies were found under one key. */
  readonly isDispute: boolean;
}

const nothing: Settlement = { puts: [], givenBack: [], isDispute: false };

/**
 * What `site` does with a row that it hears of, given what lies in the slots of its own log.
 *
 * @param slots the slots of the key's id, and of every disputed id that may be needed
 *   ({@link slotsNeeded}).
 */
export function settle(
  incoming: OrderRow,
  slots: ReadonlyMap<string, Slot>,
  site: Site,
): Settlement {
  // A row of this site's own sale is never joined: this site alone moves and cancels it (design K5).
  if (incoming.site === site) return nothing;
  if (isDisputedId(incoming.id)) return meet(incoming, slots, site);

  const current = orderIn(slots, incoming.id);
  if (current === undefined || current.bodyHash === incoming.bodyHash) {
    return meet(incoming, slots, site);
  }
  // Two bodies: the one whose hash sorts first keeps the key's id, in any region (design K4).
  if (incoming.bodyHash > current.bodyHash) {
    return { ...meet(dispute(incoming), slots, site), isDispute: true };
  }
  const moved = meet(dispute(current), slots, site);
  return { puts: [incoming, ...moved.puts], givenBack: moved.givenBack, isDispute: true };
}

/**
 * The slots that {@link settle} looks at, when the key's own slot holds `current`: those of the disputed
 * ids only where the key was given to two bodies.
 */
export function slotsNeeded(incoming: OrderRow, current: OrderRow | undefined): string[] {
  const keyId = keyIdOf(incoming.id);
  if (incoming.id !== keyId || (current?.bodyHash ?? incoming.bodyHash) === incoming.bodyHash) {
    return [incoming.id];
  }
  return [
    keyId,
    ...[incoming, current as OrderRow].map(({ bodyHash }) => disputedId(keyId, bodyHash)),
  ];
}

function dispute(row: OrderRow): OrderRow {
  return {
    ...row,
    id: disputedId(keyIdOf(row.id), row.bodyHash),
    status: row.status === 'cancelled' ? 'cancelled' : 'disputed',
  };
}

/** Whether two rows tell of one sale, before and after something became of it. */
export const isSameSale = (one: OrderRow, other: OrderRow): boolean =>
  one.site === other.site && one.createdAt === other.createdAt;

/**
 * A row of a sale with what another row of that sale knows besides. What this version does not know of
 * an order is written once, or has a stamp, as a book's registers have (design V4).
 */
function withFieldsOf(row: OrderRow, other: OrderRow): OrderRow {
  const known = new Map<string, unknown>(Object.entries(row));
  const added = Object.entries(other).filter(
    ([field, value]) => !known.has(field) || isNewerRegister(value, known.get(field)),
  );
  return { ...row, ...Object.fromEntries(added) };
}

/** Puts a row in its slot, against a row of the same body that may lie there. */
function meet(row: OrderRow, slots: ReadonlyMap<string, Slot>, site: Site): Settlement {
  const current = orderIn(slots, row.id);
  if (current === undefined) return { ...nothing, puts: [row] };
  const winner = standing(current, row);
  const loser = winner === current ? row : current;
  const isOneSale = isSameSale(current, row);
  const takesBack = loser.site === site && !isOneSale && loser.status !== 'cancelled';
  const kept = isOneSale ? withFieldsOf(winner, loser) : winner;
  return {
    ...nothing,
    puts: isDeepStrictEqual(kept, current) ? [] : [kept],
    givenBack: takesBack ? [loser] : [],
  };
}

function orderIn(slots: ReadonlyMap<string, Slot>, id: string): OrderRow | undefined {
  const slot = slots.get(id);
  return slot?.kind === 'order' ? slot.order : undefined;
}
