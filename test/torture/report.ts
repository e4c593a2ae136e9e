/** What a run prints: its progress, its figures, and what was violated. */
import { formatCount, formatTable } from '../../tools/terminal/table.js';
import { operations } from './answers.js';
import { faultKinds, type FaultRecord } from './faults.js';
import type { StockTotals } from './judge.js';
import { totalRequests, type Load } from './load.js';
import type { Violation } from './violations.js';

const mostViolationsShown = 20;
const mostErrorsShown = 5;
const longestErrorShown = 2000;

/** One line for the moment. */
export function describeMoment(
  load: Load,
  faults: FaultRecord,
  violations: readonly Violation[],
  elapsedMs: number,
): string {
  return [
    `${(elapsedMs / 1000).toFixed(0)} s`,
    `${formatCount(totalRequests(load))} requests`,
    `${((1000 * totalRequests(load)) / elapsedMs).toFixed(0)}/s`,
    `${violations.length} violations`,
    [...faults.current].join(', ') || 'nothing wrong',
  ].join(' | ');
}

/** The load that was held, and the faults that struck meanwhile. */
export function describeRun(load: Load, faults: FaultRecord, durationMs: number): string {
  const milliseconds = (value: number | undefined) => value?.toFixed(1) ?? '-';
  const rows = operations.map((operation) => {
    const { latency, requests, done, refused, unavailable, failedConnections } = load[operation];
    const { p50, p99 } = latency.summary();
    const counts = [requests, done, refused, unavailable, failedConnections].map(formatCount);
    return [operation, ...counts, milliseconds(p50), milliseconds(p99)];
  });
  const perSecond = ((1000 * totalRequests(load)) / durationMs).toFixed(1);
  return [
    `load: ${formatCount(totalRequests(load))} requests, ${perSecond}/s`,
    formatTable([
      ['operation', 'requests', 'ok', 'refused', '503', 'API gone', 'p50 ms', 'p99 ms'],
      ...rows,
    ]),
    '',
    formatTable([
      ['fault', 'times'],
      ...faultKinds.map((kind) => [kind, formatCount(faults.counts.get(kind) ?? 0)]),
    ]),
  ].join('\n');
}

/** What was sold, as the tables have it. */
export const describeStock = ({
  stocked,
  sold,
  left,
  writtenOff,
  lateOrders,
}: StockTotals): string =>
  `${formatCount(stocked)} copies stocked, ${formatCount(sold)} sold, ${formatCount(left)} left, ${formatCount(writtenOff)} written off` +
  (lateOrders === 0
    ? ''
    : `\n${lateOrders} orders stand from a try without an answer, before one that was refused`);

/** What the API logged as errors of its own, the latest of it: what a 500 has to say for itself. */
export function describeErrors(apiLog: string): string {
  const errors = apiLog.split('\n').filter((line) => line.includes('"level":"ERROR"'));
  return [
    `errors in the API's log: ${formatCount(errors.length)}`,
    ...errors.slice(-mostErrorsShown).map((line) => line.slice(0, longestErrorShown)),
  ].join('\n');
}

export function describeViolations(violations: readonly Violation[]): string {
  const lines = violations
    .slice(0, mostViolationsShown)
    .map(({ promised, what }) => `${promised}: ${what}`);
  const more = violations.length - lines.length;
  return [
    `violations: ${formatCount(violations.length)}`,
    ...lines,
    ...(more > 0 ? [`and ${formatCount(more)} more`] : []),
  ].join('\n');
}
