import { cpus, totalmem } from 'node:os';
import type { Ratio, Result, Row } from '../part.js';
import { rounded } from './rows.js';

/** What was run, where, and what came of it. */
export interface Report {
  readonly machine: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly parts: readonly PartReport[];
}

export interface PartReport {
  readonly name: string;
  readonly title: string;
  readonly seconds: number;
  readonly result?: Result;
  /** Why there is no result. */
  readonly failure?: string;
}

export function describeMachine(): string {
  const [cpu] = cpus();
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores (${cpu?.model.trim()}), ${gigabytes} GB, Node ${process.versions.node}`;
}

/** `1.3 ×`, and whether that is good. */
export function describeRatio({ value, goal }: Ratio): string {
  const figure = `${rounded(value)} ×`;
  if (goal === undefined) return figure;
  return `${figure} (${value <= goal ? 'within' : 'above'} ${goal})`;
}

/** Headings, then a line of cells for each row. */
export function cellsOf(rows: readonly Row[]): string[][] {
  const headings = Object.keys(rows[0] ?? {});
  const figures = (row: Row) => headings.map((heading) => String(row[heading] ?? ''));
  return [headings, ...rows.map(figures)];
}
