/** The store where there is no dynoxide: MiniStack keeps its tables. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ministack } from '../../tools/emulators/ministack.js';
import { installPythonTool } from '../../tools/emulators/python-tool.js';
import { runCommand } from '../cli/support/command-line.js';
import { eventually } from '../../tools/eventually.js';
import {
  makeDataDir,
  startStore,
  untilGone,
  type RunningStore,
} from '../../local/store-process.js';
import { runStart } from './run-start.js';

const lack = await installPythonTool(ministack).then(
  () => undefined,
  (error: Error) => error.message,
);
if (lack !== undefined) console.warn(`MiniStack is not tested: ${lack}`);
const testOnMinistack = lack === undefined ? test : test.skip;

const env = { BAZAR_EMULATOR: 'ministack' };
let dataDir: string;
beforeAll(async () => {
  dataDir = await makeDataDir();
});
afterAll(() => rm(dataDir, { recursive: true }));

const start = (...options: string[]) => startStore({ dataDir, env, options });

async function getJson(store: RunningStore, path: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${store.url}${path}`, {
    headers: { authorization: `Bearer ${store.adminToken}` },
  });
  return { status: response.status, ...((await response.json()) as object) };
}

testOnMinistack('a store sells, imports and keeps its data from run to run', async () => {
  const first = await start();
  expect(first.output()).toMatch(/^bazar: MiniStack keeps the tables, .*\n/);
  expect(Object.keys(first.parts()).sort()).toEqual([
    'api',
    'databases',
    'messaging',
    'store',
    'worker-eu-west-1',
    'worker-front',
    'worker-us-east-1',
  ]);
  const answer = await fetch(`${first.url}/buy/2`, { method: 'POST' });
  expect(answer.status).toBe(201);
  const { id } = (await answer.json()) as { id: string };

  const csv = join(dataDir, 'books.csv');
  await writeFile(
    csv,
    'id,title,authors,topic,price,stock\n1001,Maps,A. Mapper,cartography,1250,8\n',
  );
  const target = ['--url', first.url, '--token', first.adminToken];
  expect(await runCommand('cli/import.ts', [csv, ...target])).toMatchObject({ exitCode: 0 });
  const imported = { status: 200, title: 'Maps', stock: 8 };
  await eventually(async () => expect(await getJson(first, '/info/1001')).toMatchObject(imported));
  expect(await first.stop()).toEqual({ exitCode: 0 });

  const second = await start();
  expect(await getJson(second, `/orders/${id}`)).toMatchObject({ status: 'placed' });
  expect(await getJson(second, '/info/1001')).toMatchObject(imported);
  await eventually(async () => {
    const { replicas } = await getJson(second, '/books/2/replicas');
    expect(replicas).toEqual([
      expect.objectContaining({ stock: 24 }),
      expect.objectContaining({ stock: 24 }),
    ]);
  });
  const lost = await fetch(`${second.url}/buy/3`, { method: 'POST' });
  expect(lost.status).toBe(201);
  await second.kill9();

  const third = await start();
  expect(third.output()).toMatch(/bazar: the store was killed: it is as it was before that run\n/);
  expect(await getJson(third, '/info/1001')).toMatchObject(imported);
  expect(await getJson(third, '/info/3')).toMatchObject({ stock: 30 });
  expect(await third.stop()).toEqual({ exitCode: 0 });

  const fresh = await start('--fresh');
  expect((await fetch(`${fresh.url}/info/1001`)).status).toBe(404);
  expect((await fetch(`${fresh.url}/info/2`)).status).toBe(200);
  await fresh.stop();
});

testOnMinistack('the data of one emulator are not taken for those of the other', async () => {
  const options = ['--port', '0', '--data', dataDir];
  expect(await runStart(options, { BAZAR_EMULATOR: 'dynoxide' })).toEqual({
    exitCode: 1,
    lines: [expect.stringMatching(/holds the data of ministack, .*BAZAR_EMULATOR=ministack/)],
  });
});

testOnMinistack('a store ends in a line when what it kept in memory is gone', async () => {
  const store = await start('--fresh');
  const parts = store.parts();
  process.kill(store.part('databases').pid, 'SIGKILL');
  expect(await store.ended).toBe(1);
  expect(store.output()).toMatch(
    /bazar: databases ended by SIGKILL, and with it what was written in this run\n/,
  );
  await untilGone(parts);
  const { exitCode, lines } = await runStart(['--port', '0', '--data', dataDir], env);
  expect(exitCode).toBe(1);
  expect(lines.at(-1)).toMatch(/the tables were never written: the store was killed/);
});
