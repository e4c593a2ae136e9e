/** The figures and plots of docs/performance.md, which this alone writes. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectDir } from '../../local/project.js';
import type { Result } from '../part.js';
import { drawPlot } from './plot.js';
import { cellsOf, describeRatio, type Report } from './report.js';

const page = join(projectDir, 'docs/performance.md');
const plotFolder = 'performance';

/** Renews the sections of the parts that have a result, and their plots. */
export async function writeDocuments(report: Report): Promise<void> {
  let text = await readFile(page, 'utf8');
  await mkdir(join(projectDir, 'docs', plotFolder), { recursive: true });
  for (const { name, result } of report.parts) {
    if (result === undefined) continue;
    text = replaceSection(text, name, sectionOf(result, report));
    for (const plot of result.plots ?? []) {
      await writeFile(join(projectDir, 'docs', plotFolder, `${plot.name}.svg`), drawPlot(plot));
    }
  }
  await writeFile(page, text);
}

/** @throws Error where the page has no section of that name. */
export function replaceSection(text: string, name: string, content: string): string {
  const [start, end] = [`<!-- bench: ${name} -->`, '<!-- end -->'];
  const from = text.indexOf(start);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`docs/performance.md has no section ${name}`);
  return `${text.slice(0, from)}${start}\n\n${content}\n${text.slice(to)}`;
}

function sectionOf(result: Result, { machine, startedAt }: Report): string {
  const plots = (result.plots ?? []).map(
    ({ name, title }) => `![${title}](${plotFolder}/${name}.svg)`,
  );
  const ratios = result.ratios.map((ratio) => `- ${ratio.name}: **${describeRatio(ratio)}**`);
  const notes = result.notes ?? [];
  const measured = `Measured on ${startedAt.slice(0, 10)}: ${machine}.`;
  return [ratios.join('\n'), ...plots, table(cellsOf(result.rows)), ...notes, measured, '']
    .filter((block, index, blocks) => block !== '' || index === blocks.length - 1)
    .join('\n\n')
    .trimEnd()
    .concat('\n');
}

function table([headings = [], ...rows]: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = headings.map((_, column) => (column === 0 ? '---' : '--:'));
  return [line(headings), line(rule), ...rows.map(line)].join('\n');
}
