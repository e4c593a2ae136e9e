import { formatTable } from '../../tools/terminal/table.js';
import { cellsOf, describeRatio, type Report } from './report.js';

/** The report as a terminal shows it: the ratios of all parts, then their tables. */
export function printable({ machine, startedAt, parts }: Report): string {
  const ratios = parts.flatMap(({ title, result, failure }) => [
    `\n${title}`,
    ...(result?.ratios ?? []).map((ratio) => `  ${ratio.name}: ${describeRatio(ratio)}`),
    ...(failure === undefined ? [] : [`  failed: ${failure}`]),
  ]);
  const tables = parts.flatMap(({ name, seconds, result }) =>
    result === undefined || result.rows.length === 0
      ? []
      : [`\n${name} (${Math.round(seconds)} s)`, formatTable(cellsOf(result.rows))],
  );
  return [`${startedAt}, ${machine}`, ...ratios, ...tables].join('\n');
}
