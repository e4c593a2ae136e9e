/** Copies that leave the stock without being sold: damaged, lost, or never there. */
import { joinAll } from '../rules/book.js';
import { useOfKey } from '../rules/ledger.js';
import { UnavailableError } from '../errors.js';
import type { UsedKey } from '../rules/keys.js';
import { lostRace } from '../optimistic.js';
import type { Replica } from '../tables/replica.js';
import { askEvery, type FrontEnd, type Secrets } from './front-end.js';
import { changeStock, usedKey, type ChangeOutcome } from './manage-books.js';
import { bringCopies, copiesCounted, copiesInReach, type Holdings } from './supply.js';

export interface WriteOff {
  readonly bookId: number;
  readonly quantity: number;
  /** For those who run the store: it lies with the record of the key, and in the log. */
  readonly reason?: string | undefined;
}

interface SoldOut {
  readonly kind: 'sold-out';
  /** Unsold copies in all regions. */
  readonly available: number;
}

export type WriteOffOutcome = ChangeOutcome | SoldOut;

/** No other step is begun then: it must end within the function's timeout. */
const longestTryMs = 12_000;

/**
 * Takes unsold copies out of the stock, once for each key, in the home region of their book. What the home
 * lacks is brought there, as to a sale.
 *
 * @throws UnavailableError as `changeStock` does; also where too few copies are in reach, and not every
 *   region is.
 */
export async function writeOffBook(
  front: FrontEnd,
  secrets: Pick<Secrets, 'orderSecret'>,
  writeOff: WriteOff,
  key: string,
): Promise<WriteOffOutcome> {
  const { bookId, quantity, reason } = writeOff;
  const lastStepMs = front.system.now() + longestTryMs;
  const used = await usedKey(secrets, 'write-off', key, { bookId, quantity, reason });
  const outcome = await changeStock<SoldOut>(front, bookId, used, async (home, book) => {
    if (front.system.now() > lastStepMs) throw notNow(home);
    if (book.rights < quantity) return provide(front, home, writeOff, used, lastStepMs);
    const write = home.catalog.writeOffWrite(bookId, quantity, used, book.state.ledger);
    return { write, reason, isSentOnce: true };
  });
  if (outcome.kind === 'done') {
    front.telemetry.info('copies are written off', { bookId, quantity, reason, keyId: used.id });
  }
  return outcome;
}

/** Brings the copies to the home, after which it is tried again, or finds that there are too few. */
async function provide(
  front: FrontEnd,
  home: Replica,
  { bookId, quantity }: WriteOff,
  used: UsedKey,
  lastStepMs: number,
): Promise<SoldOut | typeof lostRace> {
  const first = await survey(front, bookId, used);
  if (first.isKeyUsed) return lostRace;
  const { holdings, known } = first;
  if (copiesInReach(holdings, known) >= quantity) {
    const hasTime = () => front.system.now() <= lastStepMs;
    const supply = await bringCopies(home, { quantity, holdings, known, hasTime });
    if (supply === undefined) throw notNow(home);
    return lostRace;
  }
  // What is refused rests on the same two looks as with a purchase, also at the key (design B9, B10).
  const second = await survey(front, bookId, used);
  if (second.isKeyUsed) return lostRace;
  if (!first.isWhole || !second.isWhole) throw notNow(home);
  const available = copiesCounted(holdings, second.holdings, joinAll([known, second.known]));
  if (available === undefined || available >= quantity) return lostRace;
  return { kind: 'sold-out', available: Math.max(0, available) };
}

async function survey(front: FrontEnd, bookId: number, { id }: UsedKey) {
  const { answers, isWhole } = await askEvery(front, (replica) => replica.sightKey(bookId, id));
  const holdings: Holdings = new Map([...answers].map(([replica, { book }]) => [replica, book]));
  const known = joinAll([...holdings.values()].map((book) => book?.state));
  const isKeyUsed =
    [...answers.values()].some(({ bodyHash }) => bodyHash !== undefined) ||
    useOfKey(known?.ledger ?? {}, id) !== undefined;
  return { holdings, known, isKeyUsed, isWhole };
}

/** Nothing was done, nor will be. */
const notNow = ({ region }: Replica): UnavailableError =>
  new UnavailableError(region, { isUnknown: false });
