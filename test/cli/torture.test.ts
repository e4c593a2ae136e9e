import { expect, test } from '@jest/globals';
import { runBundled } from './support/command-line.js';

test.each([
  ['a length of time that is no number', ['--seconds', 'long'], /--seconds/],
  ['no clients', ['--clients', '0'], /--clients/],
  ['a seed that is negative', ['--seed', '-1'], /--seed/],
  ['an unknown option', ['--mercy'], /--mercy/],
  ['an argument', ['gently'], /too many arguments|argument/],
])('refuses %s in one line', async (_what, args, named) => {
  const result = await runBundled('test/torture/torture.ts', args);

  expect(result).toMatchObject({ exitCode: 1, stdout: '' });
  expect(result.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(result.stderr).toMatch(named);
});
