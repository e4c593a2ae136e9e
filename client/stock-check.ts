/** Do the copies that were sold, left or written off add up to those that were stocked? */
import type * as z from 'zod';
import type { orderSchema, replicasSchema } from '../lib/http/schemas.js';
import { copiesOf } from '../lib/rules/order.js';

export type Order = z.infer<typeof orderSchema>;
export type ReplicaReport = z.infer<typeof replicasSchema>['replicas'][number];

/** What each replica says of each book, by the book's id. */
export type StockReport = ReadonlyMap<number, readonly ReplicaReport[]>;

export interface StockEvidence {
  /** Settled before the traffic began. */
  readonly before: StockReport;
  readonly after: StockReport;
  /** The orders of the log that were placed since then, whoever placed them. */
  readonly orders: readonly Order[];
  /** The ids of the orders that were answered to this command's buyers. */
  readonly answeredIds: ReadonlySet<string>;
}

export interface StockVerdict {
  readonly stocked: number;
  readonly sold: number;
  readonly left: number;
  readonly writtenOff: number;
  /** Of the copies sold, those in orders of somebody else. */
  readonly soldToOthers: number;
  /** The books whose figures do not add up, a line each. */
  readonly mismatches: readonly string[];
  /** Orders that were answered and are not in the log. */
  readonly lostIds: readonly string[];
}

/**
 * The stock of a book that all replicas agree on; undefined while they don't. Two replicas can
 * agree although each has sold a copy that the other has not heard of: their rights, which each
 * knows best of itself, then sum to less.
 */
export function settledStock(replicas: readonly ReplicaReport[]): number | undefined {
  const stock = replicas[0]?.stock;
  const isAgreed = replicas.every((replica) => replica.reachable && replica.stock === stock);
  const rights = sumOf(replicas, (replica) => replica.rights ?? 0);
  return isAgreed && rights === stock ? stock : undefined;
}

/** Weighs the evidence. While replicas still converge it may not hold yet: gather it again then. */
export function judgeStock({ before, after, orders, answeredIds }: StockEvidence): StockVerdict {
  const standing = orders.filter(({ status }) => status !== 'cancelled');
  const mismatches: string[] = [];
  let stocked = 0;
  let sold = 0;
  let left = 0;
  let writtenOff = 0;

  for (const [bookId, replicasBefore] of before) {
    const replicas = after.get(bookId) ?? [];
    const soldHere = sumOf(standing, (order) => copiesOf(bookId, order));
    const leftHere = settledStock(replicas);
    const grownBy = (count: 'stocked' | 'writtenOff') =>
      leftHere === undefined ? 0 : ever(replicas, count) - ever(replicasBefore, count);
    const stockedHere = (settledStock(replicasBefore) ?? 0) + grownBy('stocked');
    const writtenOffHere = grownBy('writtenOff');
    stocked += stockedHere;
    sold += soldHere;
    left += leftHere ?? 0;
    writtenOff += writtenOffHere;
    const isWhole = leftHere !== undefined && soldHere + leftHere + writtenOffHere === stockedHere;
    if (isWhole) continue;
    const said = replicas.map(describeReplica).join(', ') || 'unknown';
    mismatches.push(
      `book ${bookId}: ${stockedHere} stocked, ${soldHere} sold, ${describeWriteOff(writtenOffHere)}left: ${said}`,
    );
  }

  const loggedIds = new Set(orders.map(({ id }) => id));
  const lostIds = [...answeredIds].filter((id) => !loggedIds.has(id));
  const ofOthers = standing.filter(({ id }) => !answeredIds.has(id));
  const soldToOthers = sumOf([...before.keys()], (bookId) =>
    sumOf(ofOthers, (order) => copiesOf(bookId, order)),
  );
  return { stocked, sold, left, writtenOff, soldToOthers, mismatches, lostIds };
}

export const holds = ({ mismatches, lostIds }: StockVerdict): boolean =>
  mismatches.length === 0 && lostIds.length === 0;

function sumOf<Item>(items: readonly Item[], figure: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + figure(item), 0);
}

const ever = (replicas: readonly ReplicaReport[], count: 'stocked' | 'writtenOff'): number =>
  sumOf(replicas, (replica) => replica[count] ?? 0);

const describeWriteOff = (copies: number): string =>
  copies === 0 ? '' : `${copies} written off, `;

function describeReplica({ region, reachable, stock, rights }: ReplicaReport): string {
  if (!reachable) return `${region} is out of reach`;
  return `${stock ?? 'unknown'} in ${region}, which may sell ${rights ?? 'none'}`;
}
