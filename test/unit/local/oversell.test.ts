import { expect, test } from '@jest/globals';
import { outagesOf } from '../../../local/lab/oversell.js';
import { healthy } from '../../../local/lab/switches.js';

const region = 'eu-west-1';

test('outages begin with what is broken at the start, and end where it is healed', () => {
  const before = new Map([[region, { ...healthy, network: 'slow' as const }]]);
  const changes = [
    { region, ...healthy, database: 'killed' as const, atMs: 1_300 },
    { region: 'us-east-1', ...healthy, atMs: 1_400 },
    { region, ...healthy, atMs: 1_500 },
    { region, ...healthy, network: 'cut' as const, atMs: 1_900 },
  ];
  expect(outagesOf(before, changes, 1_000)).toEqual([
    { region, fromMs: 0, untilMs: 300, extraLagMs: expect.any(Number) },
    { region, fromMs: 300, untilMs: 500 },
    { region, fromMs: 900 },
  ]);
});
