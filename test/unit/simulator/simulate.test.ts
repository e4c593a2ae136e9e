import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { bundleWorker, replaced } from '../../../simulator/bundle.js';
import { mutations } from '../../../simulator/mutations.js';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the simulator. */
const command = (file: string, ...options: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', `simulator/${file}.ts`, ...options],
      { env: { ...process.env, NODE_OPTIONS: '' } },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      },
    );
  });

const traceIn = ({ stdout }: Ended) => /trace (\w+)/.exec(stdout)?.[1];

describe('npm run simulate', () => {
  test('plays a seed again exactly, and finds nothing violated', async () => {
    const [first, again, another] = await Promise.all([
      command('simulate', '--seed', '5', '--steps', '1500'),
      command('simulate', '--seed', '5', '--steps', '1500'),
      command('simulate', '--seed', '6', '--steps', '1500'),
    ]);
    expect(first.stdout).toContain('0 worlds in which a guarantee was violated');
    expect(first.code).toBe(0);
    expect(traceIn(first)).toMatch(/^[\da-f]{8}$/);
    expect(traceIn(again)).toBe(traceIn(first));
    expect(traceIn(another)).not.toBe(traceIn(first));
  });

  test('simulates three regions, and compares with the usual answer', async () => {
    const ended = await command(
      'simulate',
      '--seed',
      '3',
      '--steps',
      '5000',
      '--regions',
      '3',
      '--replication',
      'last-writer-wins',
    );
    expect(ended.stdout).toMatch(/\d+ steps in 2 worlds/);
    expect(ended.stdout).toMatch(/escrow \(the store\) +\d+ +0 +0\n/);
    expect(ended.stdout).toMatch(/last writer wins +\d+ +\d+ +\d+\n/);
    expect(ended.code).toBe(0);
  });

  test.each([
    [['--seed', 'x'], /--seed/],
    [['--regions', '4'], /--regions/],
    [['--steps', '0'], /--steps/],
    [['--replication', 'hope'], /--replication/],
    [['--sed', '1'], /--sed/],
    [['more'], /too many arguments/],
  ])('refuses %j in one line', async (options, message) => {
    const { code, stdout, stderr } = await command('simulate', ...options);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(message)]);
  });
});

describe('npm run simulate:mutants', () => {
  test('shows a mechanism missed, by the guarantee that it is for', async () => {
    const ended = await command('mutants', '--only', 'a sale needs the rights to its copies');
    expect(ended.stdout).toMatch(/a sale needs the rights to its copies +G1 +\d+ +\d+/);
    expect(ended.stdout).toContain('1 mutants, 0 survived');
    expect(ended.code).toBe(0);
  });

  test.each(mutations.map(({ name, replacements }) => [name, replacements] as const))(
    'finds the text without which not: %s',
    (_name, replacements) => {
      for (const replacement of replacements) {
        expect(() => replaced(readFileSync(replacement.file, 'utf8'), replacement)).not.toThrow();
      }
    },
  );

  test('refuses a text that is not there', async () => {
    const absent = { file: 'lib/stock/ledger.ts', from: 'nothing like this', to: '' };
    await expect(bundleWorker([absent])).rejects.toThrow('0 times');
  });
});
