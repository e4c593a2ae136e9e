import type { LatencySummary } from '../latency.js';

/** A table for a terminal: the first column is text, the others are figures. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}

export const latencyHeadings = ['p50 ms', 'p90 ms', 'p99 ms', 'max ms'] as const;

export const latencyCells = ({ p50, p90, p99, max }: LatencySummary): string[] =>
  [p50, p90, p99, max].map((durationMs) => durationMs?.toFixed(1) ?? '-');

/** A share as a percentage; `-` of nothing. */
export const formatShare = (part: number, whole: number): string =>
  whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)}%`;

/** A whole number with its thousands set apart. */
export const formatCount = (count: number): string => count.toLocaleString('en-US');
