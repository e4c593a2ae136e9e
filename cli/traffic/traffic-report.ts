/** What the traffic prints: its progress, its figures, and what the check found. */
import { operations, type Shop, type TrafficRecord } from './shopper.js';
import type { StockVerdict } from '../../client/stock-check.js';
import {
  formatCount,
  formatShare,
  formatTable,
  latencyCells,
  latencyHeadings,
} from '../../tools/terminal/table.js';

/** One line for the moment. */
export function describeMoment({ record, account }: Shop, elapsedMs: number): string {
  const { requests, errors, cacheAnswers, cacheHits } = totalOf(record);
  return [
    `${(elapsedMs / 1000).toFixed(0)} s`,
    `${formatCount(requests)} requests`,
    `${((1000 * requests) / elapsedMs).toFixed(0)}/s`,
    `${formatCount(errors)} errors`,
    `${formatShare(cacheHits, cacheAnswers)} hits`,
    `${formatCount(account.placed.size)} orders`,
  ].join(' | ');
}

function totalOf(record: TrafficRecord) {
  const total = { requests: 0, errors: 0, cacheAnswers: 0, cacheHits: 0 };
  for (const operation of operations) {
    total.requests += record[operation].requests;
    total.errors += record[operation].errors;
    total.cacheAnswers += record[operation].cacheAnswers;
    total.cacheHits += record[operation].cacheHits;
  }
  return total;
}

/** The table of requests, errors, cache hits and latencies. */
export function describeRecord(record: TrafficRecord, durationMs: number): string {
  const rows = operations.map((operation) => {
    const { requests, errors, cacheAnswers, cacheHits, latency } = record[operation];
    return [
      operation,
      formatCount(requests),
      ((1000 * requests) / durationMs).toFixed(1),
      formatCount(errors),
      formatShare(cacheHits, cacheAnswers),
      ...latencyCells(latency.summary()),
    ];
  });
  return formatTable([
    ['operation', 'requests', 'per s', 'errors', 'cache hits', ...latencyHeadings],
    ...rows,
  ]);
}

/** Prints what the check found. @returns whether the store kept its promises */
export function reportOutcome(
  { account, record, boughtIds }: Shop,
  verdict: StockVerdict,
): boolean {
  const { stocked, sold, left, writtenOff, soldToOthers, mismatches, lostIds } = verdict;
  console.log(
    `${formatCount(account.placed.size)} orders placed, ${formatCount(account.refusedCount)} refused`,
  );
  console.log(
    `${boughtIds.length} books: ${formatCount(stocked)} copies stocked, ` +
      `${formatCount(sold)} sold, ${formatCount(left)} left`,
  );
  if (writtenOff > 0) console.log(`others wrote off ${formatCount(writtenOff)} copies`);
  if (soldToOthers > 0) {
    console.log(`others bought at the same time: ${formatCount(soldToOthers)} of the copies sold`);
  }

  const failures = [
    ...account.contradictions,
    ...lostIds.map((id) => `order ${id} was answered and is not in the log`),
    ...[...account.unknown].map(({ key }) => `what became of the purchase ${key} is not known`),
    ...(soldToOthers > 0 ? [] : mismatches),
  ];
  if (totalOf(record).requests === totalOf(record).errors) failures.push('no request succeeded');
  if (failures.length > 0) {
    printSome(failures);
    console.log('stock check: FAILED');
    return false;
  }
  if (mismatches.length > 0) {
    printSome(mismatches);
    console.log("stock check: undecided, for the others' purchases may explain the difference");
    return true;
  }
  console.log('stock check: copies sold + copies left = copies stocked, in every replica');
  return true;
}

function printSome(lines: readonly string[]): void {
  for (const line of lines.slice(0, 20)) console.log(line);
  if (lines.length > 20) console.log(`and ${formatCount(lines.length - 20)} more`);
}
