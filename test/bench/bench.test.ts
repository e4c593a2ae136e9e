import { expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parts as allParts } from '../../bench/parts.js';
import type { Report } from '../../bench/report/report.js';
import { runCommand } from '../cli/support/command-line.js';

const command = 'bench/bench.ts';

/** It starts eight stores, and packages both services. */
const longestMs = 20 * 60_000;

/** All but the one that leaves a store alone for minutes. */
const parts = allParts.map(({ name }) => name).filter((name) => name !== 'idle');

test(
  'measures its parts on stores of its own',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bazar-test-'));
    const json = join(folder, 'figures.json');
    const sizes = ['--count', '4', '--books', '10,60', '--sales', '80'];
    const only = ['--only', parts.join(',')];

    const { exitCode, stdout } = await runCommand(command, [...only, ...sizes, '--json', json]);

    const report = JSON.parse(await readFile(json, 'utf8')) as Report;
    await rm(folder, { recursive: true });
    expect(report.parts.filter(({ failure }) => failure !== undefined)).toEqual([]);
    expect(exitCode).toBe(0);
    expect(report.parts.map(({ name }) => name)).toEqual(parts);
    for (const { title, result } of report.parts) {
      expect(stdout).toContain(title);
      expect(result?.ratios.every(({ value }) => Number.isFinite(value))).toBe(true);
      expect(result?.rows.filter(({ errors = 0 }) => errors !== 0)).toEqual([]);
    }
  },
  longestMs,
);

test.each([
  [['--count', 'many'], /^error: option '--count <N>' argument 'many' is invalid/],
  [['--only', 'nothing'], /There is no part nothing/],
  [['--json', '/nonexistent/figures.json', '--only', 'limit'], /^error: ENOENT/],
])('%j ends with one line', async (args, line) => {
  const { exitCode, stdout, stderr } = await runCommand(command, args);

  expect(exitCode).toBe(1);
  expect(stdout).toBe('');
  expect(stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(line)]);
});
