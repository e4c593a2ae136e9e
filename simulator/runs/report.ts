/** What a run of many worlds came to, in words and tables. */
import { formatCount, formatTable } from '../../tools/terminal/table.js';
import { spreadHash } from '../../lib/spread-hash.js';
import { markdownTable } from '../../tools/document-section.js';
import { faultKinds } from '../clockwork/decisions.js';
import type { Totals } from '../worlds/last-writer-wins.js';
import type { RunResult } from './run.js';
import { guarantees } from '../clockwork/violations.js';

type FormatCount = (count: number) => string;

export class Tally {
  worlds = 0;
  steps = 0;
  readonly #traces = new Map<number, string>();
  readonly #faults = new Map<string, number>();
  readonly #answers = new Map<string, Map<string, number>>();

  add({ seed, steps, trace, faults, answers }: RunResult): void {
    this.#traces.set(seed, trace);
    this.worlds += 1;
    this.steps += steps;
    for (const [kind, count] of Object.entries(faults)) {
      this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + count);
    }
    for (const [route, byStatus] of Object.entries(answers)) {
      const counts = this.#answers.get(route) ?? new Map<string, number>();
      this.#answers.set(route, counts);
      for (const [status, count] of Object.entries(byStatus)) {
        counts.set(status, (counts.get(status) ?? 0) + count);
      }
    }
  }

  /** The same for the same worlds, whatever order they ran in. */
  #trace(): string {
    const traces = [...this.#traces].sort(([one], [other]) => one - other);
    return spreadHash(traces.join(' ')).toString(16).padStart(8, '0');
  }

  describe(): string {
    return [
      `${this.steps} steps in ${this.worlds} worlds, trace ${this.#trace()}`,
      '',
      formatTable([['fault', 'times'], ...this.#faultRows(String)]),
      '',
      formatTable(this.#answerRows(String)),
    ].join('\n');
  }

  /** What `describe` says, for a document. */
  toMarkdown(): string {
    const faults = this.#faultRows(formatCount).map((row) => row.join(' '));
    return [
      `${formatCount(this.steps)} steps in ${this.worlds} worlds, trace \`${this.#trace()}\`.`,
      `Faults: ${faults.join(', ')}.`,
      markdownTable(this.#answerRows(formatCount)),
    ].join('\n\n');
  }

  #faultRows(format: FormatCount): string[][] {
    return faultKinds.map((kind) => [kind, format(this.#faults.get(kind) ?? 0)]);
  }

  #answerRows(format: FormatCount): string[][] {
    const statuses = [...new Set([...this.#answers.values()].flatMap((one) => [...one.keys()]))];
    statuses.sort();
    const rows = [...this.#answers]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([route, counts]) => [
        route,
        ...statuses.map((status) => format(counts.get(status) ?? 0)),
      ]);
    return [['request', ...statuses.map((status) => status.replace('none', 'no answer'))], ...rows];
  }
}

/** A violation, the shortest history found that shows it, and how to see it again. */
export function describeViolation(shown: RunResult, original: RunResult, replay: string): string {
  const [violation] = shown.violations;
  if (violation === undefined) return '';
  const { guarantee, what } = violation;
  return [
    `${guarantee} (${guarantees[guarantee]}) is violated in the world of seed ${shown.seed}:`,
    `  ${what}`,
    `after ${original.steps} steps; of ${original.taken.length} things that happened these ${shown.taken.length} suffice:`,
    ...shown.history.map((line) => `  ${line}`),
    `To play it again: ${replay}`,
  ].join('\n');
}

/** What the store sold, and what the usual answer did on the same seeds: a table's rows. */
export function comparisonRows(
  worlds: readonly (readonly [Totals, Totals])[],
  format: FormatCount = String,
): string[][] {
  const row = (name: string, which: 0 | 1): string[] => {
    const totals = worlds.map((world) => world[which]);
    const sum = (field: keyof Totals) =>
      format(totals.reduce((total, one) => total + one[field], 0));
    const oversold = totals.filter(({ copiesOversold }) => copiesOversold > 0).length;
    return [name, sum('copiesSold'), sum('copiesOversold'), format(oversold)];
  };
  return [
    ['', 'copies sold', 'copies oversold', `of ${worlds.length} worlds with oversold copies`],
    row('escrow (the store)', 0),
    row('last writer wins', 1),
  ];
}
