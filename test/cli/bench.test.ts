import { expect, test } from '@jest/globals';
import { runCommand } from './support/command-line.js';
import { startFakeStore } from './support/fake-store.js';

test('prints a table, and sells as many copies as it stocks', async () => {
  const store = await startFakeStore([
    { id: 1, title: 'a', authors: ['x'], topic: 't', price: 1, stock: 3 },
  ]);

  const args = ['--count', '20', '--url', store.url, '--token', store.token];
  const result = await runCommand('bench/latency.ts', args);
  await store.close();

  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  const rows = result.stdout.split('\n').filter((line) => /^(info|buy)/.test(line));
  expect(rows).toHaveLength(6);
  for (const row of rows) expect(row).toMatch(/ 0$/);
  expect(store.books.get(1)?.stock).toBe(3);
});
