/** The figures and plots of docs/performance.md, which this alone writes. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectDir } from '../../tools/project.js';
import { markdownTable, replaceSection } from '../../tools/document-section.js';
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

function sectionOf(result: Result, { machine, startedAt }: Report): string {
  const plots = (result.plots ?? []).map(
    ({ name, title }) => `![${title}](${plotFolder}/${name}.svg)`,
  );
  const ratios = result.ratios.map((ratio) => `- ${ratio.name}: **${describeRatio(ratio)}**`);
  const notes = result.notes ?? [];
  const rows = result.rows.length === 0 ? '' : markdownTable(cellsOf(result.rows));
  const measured = `Measured on ${startedAt.slice(0, 10)}: ${machine}.`;
  return [ratios.join('\n'), ...plots, rows, ...notes, measured]
    .filter((block) => block !== '')
    .join('\n\n');
}
