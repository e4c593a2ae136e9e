/** The commands that test a running store, told wrongly: one line, exit code 1, and nothing is run. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runBundled } from './support/command-line.js';
import { startFakeStore, type FakeStore } from './support/fake-store.js';

const nowhere = 'http://127.0.0.1:9';

let store: FakeStore;

beforeAll(async () => {
  store = await startFakeStore();
});

afterAll(() => store.close());

describe.each(['test/deployed/run.ts', 'test/contract/run.ts'])('%s', (script) => {
  const expectRefusal = async (args: readonly string[], line: RegExp, token = 'some-token') => {
    const env = { BAZAR_ADMIN_TOKEN: token };
    const { exitCode, stdout, stderr } = await runBundled(script, args, env);
    expect(stderr).toMatch(line);
    expect({ exitCode, stdout, lines: stderr.split('\n').length }).toEqual({
      exitCode: 1,
      stdout: '',
      lines: 2,
    });
  };

  test.each([
    ['an address that is none', ['--endpoint', 'nowhere'], /must be an address/],
    ['an unknown option', ['--url', nowhere], /unknown option/],
    ['a token file that is not there', ['--endpoint', nowhere, '--token-file', '/none'], /\/none/],
    ['an endpoint that does not answer', ['--endpoint', nowhere], /does not answer/],
  ])('refuses %s', async (_, args, line) => {
    await expectRefusal(args, line);
  });

  test('refuses to go without a token', async () => {
    await expectRefusal(['--endpoint', store.url], /^error: no admin token/, '');
  });

  test('refuses the token of another store, at whichever endpoint', async () => {
    await expectRefusal(
      ['--endpoint', store.url],
      /^error: the admin token is not that of/,
      'wrong',
    );
    await expectRefusal(['--endpoint', store.url, nowhere], /does not answer/, store.token);
  });
});

test('test/deployed/run.ts refuses to go without an endpoint', async () => {
  const { exitCode, stderr } = await runBundled('test/deployed/run.ts', []);
  expect({ exitCode, stderr }).toEqual({
    exitCode: 1,
    stderr: 'error: say with --endpoint where the store answers\n',
  });
});
