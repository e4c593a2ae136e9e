/**
 * Copies of a book where they are wanted: what is on its way there is delivered, and the other regions give
 * up rights of theirs. Also how many there are at all, for who must say that they are too few.
 */
import { difference, joinStates, type BookState } from '../rules/book.js';
import { rightsOf, rowOf, stockOf, type Ledger } from '../rules/ledger.js';
import type { StoredBook } from '../tables/book-item.js';
import type { Replica } from '../tables/replica.js';
import { ifAvailable } from './front-end.js';

/** A book as each region that answered holds it; undefined where it is not there. */
export type Holdings = ReadonlyMap<Replica, StoredBook | undefined>;

export interface SupplyAsked {
  /** How many copies are wanted in the region. */
  readonly quantity: number;
  readonly holdings: Holdings;
  /** The join of everything that is known of the book, the holdings included. */
  readonly known: BookState | undefined;
  /** Whether another step may be begun. */
  readonly hasTime: () => boolean;
}

/** What became of copies that were asked for. */
export interface Supply {
  /** Whether the region may sell as many as were wanted, as far as others leave them there. */
  readonly isEnough: boolean;
  /** Whether any were moved there. */
  readonly hasMoved: boolean;
  /** What is known of the book by now. */
  readonly known: BookState | undefined;
}

/**
 * Brings copies of a book to a region: those that are on their way first, then others' (design B5). Nothing
 * is held: copies that were brought may be sold or moved on by anybody.
 *
 * @returns undefined where the region does not answer.
 */
export async function bringCopies(
  to: Replica,
  { quantity, holdings, known: knownBefore, hasTime }: SupplyAsked,
): Promise<Supply | undefined> {
  let known = knownBefore;
  let here = await deliver(to, holdings.get(to), known);
  let hasMoved = false;
  const givers = [...holdings.keys()]
    .filter((replica) => replica !== to)
    .sort((one, other) => entitledTo(other, known) - entitledTo(one, known));
  for (const giver of givers) {
    if (here === undefined) return undefined;
    const missing = quantity - here.rights;
    if (missing <= 0 || !hasTime()) break;
    const given = await takeFrom(giver, holdings.get(giver), known, to, missing);
    if (given === undefined) continue;
    known = known === undefined ? given.state : joinStates(known, given.state);
    here = await ifAvailable(to.catalog.join(given.state));
    hasMoved = true;
  }
  return here && { isEnough: here.rights >= quantity, hasMoved, known };
}

/** Copies that the regions which answered may sell, those that are on their way to them included. */
export const copiesInReach = (holdings: Holdings, known: BookState | undefined): number =>
  [...holdings.keys()].reduce((sum, replica) => sum + entitledTo(replica, known), 0);

/**
 * How many copies there are in all regions, from two looks at every one of them: one pass over regions that
 * change meanwhile can sum to zero while a copy was there all the time. What both show was true between
 * them (a double collect; Afek et al., J. ACM 40(4), 1993; design B10).
 *
 * @returns undefined where the looks differ.
 */
export function copiesCounted(
  first: Holdings,
  second: Holdings,
  known: BookState | undefined,
): number | undefined {
  const seen = ownRows(second);
  if (seqsOf(ownRows(first)) !== seqsOf(seen)) return undefined;
  // What one region told of another may be newer than that, and than what a third one has by now (design B11).
  return stockOf({ ...known?.ledger, ...seen });
}

const entitledTo = ({ site }: Replica, known: BookState | undefined): number =>
  rightsOf(known?.ledger ?? {}, site);

/**
 * Moves copies from a region that has them to another, after delivering to it what is still on its way
 * there.
 *
 * @returns the giver's book; undefined where it had none to give, or did not answer.
 */
async function takeFrom(
  giver: Replica,
  held: StoredBook | undefined,
  known: BookState | undefined,
  to: Replica,
  missing: number,
): Promise<StoredBook | undefined> {
  const isMoreOnItsWay = entitledTo(giver, known) > (held?.rights ?? 0);
  const book = isMoreOnItsWay ? await deliver(giver, held, known) : held;
  if (book === undefined) return undefined;
  // Half of what is there if that is more: the batch serves the next buyers too.
  const copies = Math.min(book.rights, Math.max(missing, Math.floor(book.rights / 2)));
  if (copies <= 0) return undefined;
  return ifAvailable(giver.catalog.move(book.state.id, to.site, copies));
}

/** Joins what is known into a replica that is behind it, exactly as replication would. */
async function deliver(
  replica: Replica,
  held: StoredBook | undefined,
  known: BookState | undefined,
): Promise<StoredBook | undefined> {
  if (known === undefined) return held;
  if (held !== undefined && difference(held.state, known, replica.site) === undefined) return held;
  return ifAvailable(replica.catalog.join(known));
}

/** Each site's row as that site had it. */
const ownRows = (holdings: Holdings): Ledger =>
  Object.fromEntries(
    [...holdings].map(([{ site }, held]) => [site, rowOf(held?.state.ledger ?? {}, site)]),
  );

const seqsOf = (ledger: Ledger): string =>
  Object.entries(ledger)
    .map(([site, { seq }]) => `${site}:${seq}`)
    .join(' ');
