/** What the tables hold in the end, against what was told. */
import { copiesOf, type OrderRow } from '../../lib/rules/order.js';
import { idOfKey } from '../../lib/rules/keys.js';
import { rightsOf, unsoldOf, type StockRow } from '../../lib/rules/ledger.js';
import type { Holding } from '../../simulator/checks/holdings.js';
import { bodyText } from '../../simulator/record/purchases.js';
import type { Order } from '../http/support/client.js';
import type { History, PurchaseRecord, StockChangeRecord, StockedBook } from './history.js';
import type { Promised, Violation } from './violations.js';

/** Over all books of a run. */
export interface StockTotals {
  readonly stocked: number;
  readonly sold: number;
  readonly left: number;
  readonly writtenOff: number;
  /** Orders of keys whose last answer was a refusal, from an earlier try that got no answer. */
  readonly lateOrders: number;
}

export interface Verdict extends StockTotals {
  readonly violations: readonly Violation[];
}

/**
 * Weighs what customers were told against what each region's tables hold. Pure.
 *
 * @param holdings of every region, once they hold the same.
 * @param orderSecret what the ids of orders are made with.
 */
export function judge(
  history: History,
  holdings: readonly Holding[],
  orderSecret: string,
): Verdict {
  const violations: Violation[] = [];
  const violate = (promised: Promised, what: string) => void violations.push({ promised, what });
  let stocked = 0;
  let sold = 0;
  let left = 0;
  let writtenOff = 0;
  let lateOrders = 0;

  for (const book of history.books) {
    const totals = judgeBook(book, history, holdings, violate);
    stocked += totals.stocked;
    sold += totals.sold;
    left += totals.left;
    writtenOff += totals.writtenOff;
  }
  const knownIds = new Set<string>();
  for (const purchase of history.purchases) {
    const id = idOfKey(orderSecret, 'order', purchase.key);
    knownIds.add(id);
    judgePurchase(purchase, id, history.cancellations, holdings, violate);
    if (isRefusedAfterDoubt(purchase) && holdings.some(({ orders }) => orders.has(id))) {
      lateOrders += 1;
    }
  }
  for (const { site, orders } of holdings) {
    for (const row of orders.values()) {
      if (knownIds.has(row.id)) continue;
      violate('G2', `${site} holds ${show(row)}, which nobody asked for under that id`);
    }
  }
  return { violations, stocked, sold, left, writtenOff, lateOrders };
}

type Violate = (promised: Promised, what: string) => void;

/**
 * G1, G10: copies sold, left and written off make up those stocked, each site counts the items of its orders,
 * and may sell what is its own.
 */
function judgeBook(
  { id, stock }: StockedBook,
  { restocks, writeOffs }: History,
  holdings: readonly Holding[],
  violate: Violate,
): Omit<StockTotals, 'lateOrders'> {
  const [first] = holdings;
  const ledger = first?.books.get(id)?.state.ledger ?? {};
  const rows: StockRow[] = Object.values(ledger);
  const stocked = sumOf(rows, (row) => row.stocked);
  const sold = sumOf(rows, (row) => row.sold);
  const left = sumOf(rows, unsoldOf);
  const writtenOff = sumOf(rows, (row) => row.writtenOff ?? 0);
  const standing = [...(first?.orders.values() ?? [])].filter(
    ({ status }) => status !== 'cancelled',
  );
  const copies = sumOf(standing, (row) => copiesOf(id, row));

  const isTold = (changes: readonly StockChangeRecord[], counted: number): boolean => {
    const ofBook = changes.filter(({ bookId }) => bookId === id);
    const sumWhere = (outcome: StockChangeRecord['outcome']) =>
      sumOf(
        ofBook.filter((change) => change.outcome === outcome),
        ({ quantity }) => quantity,
      );
    const [done, inDoubt] = [sumWhere('done'), sumWhere('unknown')];
    return counted >= done && counted <= done + inDoubt;
  };
  if (!isTold(restocks, stocked - stock)) {
    violate('G2', `book ${id}: ${stocked} copies count as stocked, which is not what was told`);
  }
  if (!isTold(writeOffs, writtenOff)) {
    violate('G2', `book ${id}: ${writtenOff} copies are written off, which is not what was told`);
  }
  if (copies + writtenOff > stocked || sold > stocked) {
    violate('G1', `book ${id}: of ${stocked} copies ${copies} are sold, ${writtenOff} written off`);
  }
  for (const site of new Set([...Object.keys(ledger), ...standing.map((row) => row.site)])) {
    const ofSite = standing.filter((row) => row.site === site && copiesOf(id, row) > 0);
    const taken = sumOf(ofSite, (row) => copiesOf(id, row));
    const counted = ledger[site]?.sold ?? 0;
    if (taken === counted) continue;
    const isOfBasket = ofSite.some(({ items }) => items.length > 1);
    const what = `book ${id}: orders of ${site} take ${taken} copies, ${counted} count as sold`;
    violate(isOfBasket ? 'G10' : 'G1', what);
  }
  let rightsOfAll = 0;
  for (const { site, books } of holdings) {
    const rights = books.get(id)?.rights ?? 0;
    rightsOfAll += rights;
    const due = rightsOf(ledger, site);
    if (rights === due && rights >= 0) continue;
    violate('G1', `book ${id}: ${site} may sell ${rights} copies, ${due} are its own`);
  }
  if (rightsOfAll !== left) {
    violate('G1', `book ${id}: ${left} copies are left, ${rightsOfAll} can be sold`);
  }
  return { stocked, sold, left, writtenOff };
}

/** G2, G3, G9, G10: one key, one order, as it was told; none where every try was refused. */
function judgePurchase(
  purchase: PurchaseRecord,
  id: string,
  cancellations: History['cancellations'],
  holdings: readonly Holding[],
  violate: Violate,
): void {
  const { key, answers } = purchase;
  const told = answers.flatMap((answer) => (answer.kind === 'order' ? [answer.order] : []));
  for (const order of told) {
    if (order.id !== id) violate('G2', `${show(purchase)} was answered with ${show(order)}`);
    if (!isWhole(order, purchase)) {
      violate('G10', `${show(purchase)} was answered with ${show(order)}`);
    }
    for (const { bookId, unitPrice } of order.items) {
      const shown = purchase.items.find((item) => item.bookId === bookId)?.unitPrice;
      if (unitPrice <= (shown ?? unitPrice)) continue;
      violate('G2', `${key} was shown ${shown} for book ${bookId}, and is charged ${show(order)}`);
    }
  }
  const isRefused = answers.length > 0 && answers.every(({ kind }) => kind === 'refused');
  for (const { site, orders } of holdings) {
    const row = orders.get(id);
    if (isRefused && row !== undefined) {
      violate('G9', `${key} was refused (${show(answers)}), and ${site} holds ${show(row)}`);
    }
    if (row !== undefined && !isWhole(row, purchase)) {
      violate('G10', `of ${show(purchase)} ${site} holds ${show(row)}`);
    }
    if (told.length === 0) continue;
    if (row === undefined) {
      violate('G3', `${key} was answered with order ${id}, which ${site} does not hold`);
      continue;
    }
    const cheapest = Math.min(...told.map(({ total }) => total));
    if (row.total > cheapest) {
      violate('G2', `${key} was answered with ${show(told[0])}, ${site} holds ${show(row)}`);
    }
    if (!mayBe(row.status, cancellations.get(id))) {
      const asked = cancellations.get(id) ? 'was cancelled' : 'nobody cancelled';
      violate('G2', `order ${id}, which ${asked}, is ${row.status} in ${site}`);
    }
  }
}

/** Whether an order has all that was asked for, each at its total, and no more. */
const isWhole = ({ items, total }: Order | OrderRow, purchase: PurchaseRecord): boolean =>
  bodyText(items) === bodyText(purchase.items) &&
  items.every((item) => item.total === item.unitPrice * item.quantity) &&
  total === sumOf(items, (item) => item.total);

/** @param isCancelled false where somebody tried, and was not answered */
function mayBe(status: OrderRow['status'], isCancelled: boolean | undefined): boolean {
  if (isCancelled === undefined) return status === 'placed';
  return status === 'cancelled' || (!isCancelled && status === 'placed');
}

const isRefusedAfterDoubt = ({ answers }: PurchaseRecord): boolean =>
  answers.at(-1)?.kind === 'refused' && answers.some(({ kind }) => kind === 'unknown');

const sumOf = <Item>(items: readonly Item[], figure: (item: Item) => number): number =>
  items.reduce((sum, item) => sum + figure(item), 0);

const show = (value: unknown): string => JSON.stringify(value);
