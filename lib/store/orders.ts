/** Looking orders up, cancelling them, and reading the log. */
import { UnavailableError } from '../errors.js';
import { lostRace, untilWon, usualTries } from '../optimistic.js';
import { bookIdsOf, toOrder, type Order, type OrderRow } from '../rules/order.js';
import { orderIdOfPlace, placeOf } from '../tables/order-item.js';
import { standingOf } from '../rules/settlement.js';
import type { Region } from '../rules/sites.js';
import { reportLeft } from '../telemetry.js';
import { askEvery, readBack, type FrontEnd } from './front-end.js';

export interface OrderPage {
  readonly orders: readonly Order[];
  readonly next?: string;
}

/** Sorts behind every place of the log. */
const newestPlace = '~';
const mostCancelTries = 8;

/**
 * The order of an id, from whatever region has it.
 *
 * @returns undefined where every region denies it.
 * @throws UnavailableError where none has it and one did not answer.
 */
export async function findOrder(
  front: FrontEnd,
  orderId: string,
): Promise<{ order: Order; regions: Region[] } | undefined> {
  const found = await findRow(front, orderId);
  return found && { order: toOrder(found.row), regions: found.regions };
}

async function findRow(
  front: FrontEnd,
  orderId: string,
): Promise<{ row: OrderRow; regions: Region[] } | undefined> {
  const { answers, isWhole } = await askEvery(front, (replica) => replica.orders.find([orderId]));
  const row = joinRows([...answers.values()].flat());
  if (row !== undefined) return { row, regions: [...answers.keys()].map(({ region }) => region) };
  if (!isWhole) {
    throw new UnavailableError('a replica that may know the order', { isUnknown: false });
  }
  return undefined;
}

/** Of rows of two bodies, not yet told apart everywhere, the id belongs to the one that sorts first. */
function joinRows(rows: readonly OrderRow[]): OrderRow | undefined {
  const [firstBody] = rows.map(({ bodyHash }) => bodyHash).sort();
  return standingOf(rows.filter(({ bodyHash }) => bodyHash === firstBody));
}

/**
 * Cancels an order in the region that sold it, and gives all of its copies back, once however often it
 * is called.
 *
 * @returns undefined where every region denies the order.
 * @throws UnavailableError where its region does not answer; where it `isUnknown`, the order may have
 *   been cancelled, or may still be.
 */
export function cancelOrder(front: FrontEnd, orderId: string): Promise<Order | undefined> {
  const tries = {
    ...usualTries,
    most: mostCancelTries,
    mayMeetItself: true,
    orElse: () => new UnavailableError('the order', { isUnknown: true }),
  };
  return untilWon(front.system, tries, async () => {
    const found = await findRow(front, orderId);
    if (found === undefined) return undefined;
    const { row } = found;
    // Of a site whose tables are gone for good, only an operator can say what became of its copies.
    const seller = front.replicas.find(({ site }) => site === row.site);
    if (seller === undefined) throw new UnavailableError(row.site, { isUnknown: false });
    const cancelled = await seller.sales.cancel(row);
    // It was settled or cancelled meanwhile: look again.
    if (cancelled === undefined) return lostRace;
    await readBack(front, bookIdsOf(row), row.region);
    return toOrder(cancelled);
  });
}

/**
 * The log, or the orders of one book, newest first, joined from every region in reach.
 *
 * @param after the `next` of the page before, or empty for the first.
 * @throws UnavailableError where no region answers.
 */
export async function listOrders(
  front: FrontEnd,
  { limit, after, bookId }: { limit: number; after: string; bookId?: number | undefined },
): Promise<OrderPage> {
  const before = after === '' ? newestPlace : after;
  const { answers } = await askEvery(front, ({ orders: log }) =>
    bookId === undefined
      ? log.placesBefore(before, limit + 1)
      : log.placesOfBookBefore(bookId, before, limit + 1),
  );
  if (answers.size === 0) throw new UnavailableError('every replica', { isUnknown: false });

  const descending = [...new Set([...answers.values()].flat())].sort().reverse();
  const shown = descending.slice(0, limit);
  const ids = [...new Set(shown.map(orderIdOfPlace))];
  const inReach = { replicas: [...answers.keys()] };
  const read = await askEvery(inReach, (replica) => replica.orders.findReadable(ids));
  const found = [...read.answers.values()];
  for (const error of found.flatMap(({ unreadable }) => unreadable)) {
    reportLeft(front.telemetry, 'an order was not read', { id: error.id, error });
  }
  const rows = found.flatMap((one) => one.rows);
  const orders = shown.flatMap((place) => {
    const row = joinRows(rows.filter(({ id }) => id === orderIdOfPlace(place)));
    // A row that was settled since is shown at the place of the one that stands, and of its books.
    const isThere =
      row !== undefined &&
      placeOf(row) === place &&
      (bookId === undefined || bookIdsOf(row).includes(bookId));
    return isThere ? [toOrder(row)] : [];
  });
  return {
    orders,
    ...(descending.length > limit && { next: String(shown.at(-1)) }),
  };
}
