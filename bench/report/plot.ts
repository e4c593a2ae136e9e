/** Plots as SVG, which GitHub shows; each brings its own background, for light pages and dark ones. */
import type { Plot } from '../part.js';
import { rounded } from './rows.js';

const width = 760;
const labelWidth = 220;
const figureWidth = 70;
const barHeight = 12;
const barGap = 2;
const groupGap = 10;
const headHeight = 56;
const footHeight = 14;

const style = `
  svg { font: 12px system-ui, sans-serif }
  .page { fill: #ffffff } text { fill: #1f2328 } .title { font-size: 14px; font-weight: 600 }
  .axis { stroke: #d1d9e0 }
  .s0 { fill: #0969da } .s1 { fill: #bf8700 } .s2 { fill: #8250df } .s3 { fill: #1a7f37 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } text { fill: #f0f6fc } .axis { stroke: #3d444d }
    .s0 { fill: #4493f8 } .s1 { fill: #d29922 } .s2 { fill: #ab7df8 } .s3 { fill: #3fb950 }
  }`;

/** Draws horizontal bars from zero on, each with its figure. */
export function drawPlot({ title, unit, series, groups }: Plot): string {
  const groupHeight = series.length * (barHeight + barGap) + groupGap;
  const height = headHeight + groups.length * groupHeight + footHeight;
  const largest = Math.max(...groups.flatMap(({ values }) => values)) || 1;
  const lengthOf = (value: number) =>
    rounded((value / largest) * (width - labelWidth - figureWidth));
  const legend = series.map((name, index) => {
    const x = labelWidth + index * 150;
    return `<rect class="s${index}" x="${x}" y="33" width="10" height="10"/><text x="${x + 15}" y="42">${escape(name)}</text>`;
  });
  const bars = groups.flatMap(({ label, values }, group) => {
    const top = headHeight + group * groupHeight;
    const middle = top + (groupHeight - groupGap) / 2 + 4;
    return [
      `<text x="${labelWidth - 10}" y="${middle}" text-anchor="end">${escape(label)}</text>`,
      ...values.flatMap((value, index) => {
        const y = top + index * (barHeight + barGap);
        const length = lengthOf(value);
        return [
          `<rect class="s${index}" x="${labelWidth}" y="${y}" width="${length}" height="${barHeight}"/>`,
          `<text x="${labelWidth + length + 5}" y="${y + barHeight - 2}">${rounded(value)} ${escape(unit)}</text>`,
        ];
      }),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escape(title)}</title>`,
    `<style>${style}\n</style>`,
    `<rect class="page" width="${width}" height="${height}" rx="6"/>`,
    `<text class="title" x="16" y="22">${escape(title)}</text>`,
    ...legend,
    `<line class="axis" x1="${labelWidth}" x2="${labelWidth}" y1="${headHeight - 6}" y2="${height - footHeight}"/>`,
    ...bars,
    '</svg>\n',
  ].join('\n');
}

const entities: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&quot;',
};

const escape = (text: string): string =>
  text.replaceAll(/[<>&"]/g, (character) => entities[character] ?? character);
