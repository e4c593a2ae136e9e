import { describe, expect, test } from '@jest/globals';
import { drawPlot } from '../../../bench/report/plot.js';
import { cellsOf, describeRatio } from '../../../bench/report/report.js';

describe('a ratio', () => {
  test.each([
    [{ value: 1.2345 }, '1.23 ×'],
    [{ value: 1.5, goal: 1.5 }, '1.5 × (within 1.5)'],
    [{ value: 1.51, goal: 1.5 }, '1.51 × (above 1.5)'],
    [{ value: 1.501, goal: 1.5 }, '1.5 × (above 1.5)'],
  ])('of %j says %s', (ratio, said) => {
    expect(describeRatio({ name: 'a ratio', ...ratio })).toBe(said);
  });
});

test('rows become cells under the headings of the first', () => {
  const rows = [
    { operation: 'info', 'p50 ms': 1.5 },
    { operation: 'buy', 'p50 ms': 20 },
  ];

  expect(cellsOf(rows)).toEqual([
    ['operation', 'p50 ms'],
    ['info', '1.5'],
    ['buy', '20'],
  ]);
});

test('a plot has a bar for each value, as long as it is, with its figure', () => {
  const svg = drawPlot({
    name: 'plot',
    title: 'Latency <at> & behind',
    unit: 'ms',
    series: ['one', 'two'],
    groups: [
      { label: 'info', values: [10, 20] },
      { label: 'buy', values: [40, 0] },
    ],
  });

  expect(svg).toContain('Latency &lt;at&gt; &amp; behind');
  // The legend comes first, and its first square stands where the bars begin.
  const bars = [...svg.matchAll(/<rect class="s(\d)" x="220" y="\d+" width="([\d.]+)"/g)].slice(1);
  expect(bars.map(([, series]) => series)).toEqual(['0', '1', '0', '1']);
  const lengths = bars.map(([, , length]) => Number(length));
  expect(lengths.map((length) => length / (lengths[2] as number))).toEqual([
    expect.closeTo(0.25, 2),
    expect.closeTo(0.5, 2),
    1,
    0,
  ]);
  for (const figure of ['10 ms', '20 ms', '40 ms', '0 ms']) expect(svg).toContain(`>${figure}<`);
});
