import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import getPort from 'get-port';
import { findProcess, isRunning } from '../../tools/processes/process-table.js';
import { projectDir } from '../../tools/project.js';
import { serverlessBin } from '../../services/service-config.js';
import { readJson, type Parts, type Store } from '../../local/files/store-file.js';
import { eventually } from '../../tools/eventually.js';
import {
  collectOutput,
  makeDataDir,
  startScript,
  startStore,
  storeEnvironment,
  untilGone,
  type RunningStore,
} from '../../local/store-process.js';
import { killPart } from '../chaos/support/processes.js';
import { asOrder, clientOf, type Order } from '../http/support/client.js';
import { runStart } from './run-start.js';

const partNames = [
  'api',
  'database-eu-west-1',
  'database-front',
  'database-us-east-1',
  'messaging',
  'store',
  'worker-eu-west-1',
  'worker-front',
  'worker-us-east-1',
];

const buy = async (
  store: Pick<RunningStore, 'url' | 'adminToken'>,
  key: string,
  book = 2,
): Promise<Order> => asOrder(await clientOf(store).buy(book, undefined, key), 201);

/** How many copies of a book each replica says are left. */
const stocks = async (store: RunningStore, id: number): Promise<(number | undefined)[]> =>
  (await clientOf(store).replicas(id)).map(({ stock }) => stock);

describe('a store', () => {
  let store: RunningStore;
  beforeAll(async () => {
    store = await startStore();
  });
  afterAll(() => store.stop());

  test('is ready with the seven books in both replicas, and says how to use it', async () => {
    expect(Object.keys(store.parts()).sort()).toEqual(partNames);
    const books = (await (await fetch(`${store.url}/books`)).json()) as { books: { id: number }[] };
    expect(new Set(books.books.map(({ id }) => id))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7]));
    const [one, other] = await stocks(store, 7);
    expect(one).toBeGreaterThan(0);
    expect(other).toBe(one);
    const printed = store.output();
    expect(printed.match(/curl /g)).toHaveLength(3);
    expect(printed).toContain(store.adminToken);
    expect(printed).toMatch(/us-east-1, eu-west-1/);
  });

  test('keeps its secrets from others', async () => {
    expect((await stat(join(store.dataDir, 'store.json'))).mode & 0o777).toBe(0o600);
  });

  test('refuses a second one on its port or in its folder, in one line', async () => {
    const { port } = new URL(store.url);
    const otherDir = await makeDataDir();
    const samePort = await runStart(['--port', port, '--data', otherDir]);
    expect(samePort).toEqual({
      exitCode: 1,
      lines: [expect.stringContaining(`port ${port} is in use`)],
    });
    expect(await readdir(otherDir)).toEqual([]);
    const sameFolder = await runStart(['--port', '0', '--data', store.dataDir, '--fresh']);
    expect(sameFolder).toEqual({
      exitCode: 1,
      lines: [expect.stringContaining(`another store (process ${store.pid}) uses`)],
    });
    expect((await fetch(`${store.url}/info/1`)).status).toBe(200);
    await rm(otherDir, { recursive: true });
  });

  test('runs beside another one, of other regions', async () => {
    const other = await startStore({ regions: ['us-east-1', 'eu-west-1', 'ap-south-1'] });
    await buy(other, 'the-same-key-twice');
    await buy(store, 'the-same-key-twice', 1);
    await eventually(async () => expect(await stocks(other, 2)).toEqual([24, 24, 24]));
    expect(await stocks(store, 2)).toEqual([25, 25]);
    const parts = other.parts();
    // A process that was stopped can't hear that it is to end.
    process.kill(other.part('database-ap-south-1').pid, 'SIGSTOP');
    expect(await other.stop()).toEqual({ exitCode: 0 });
    await untilGone(parts);
  });

  test('serves another `serverless offline`, which is led to its emulators', async () => {
    const port = await getPort();
    const offline = runOffline(['--httpPort', String(port)], store.dataDir);
    const url = `http://127.0.0.1:${port}`;
    await eventually(async () => expect((await fetch(`${url}/info/1`)).status).toBe(200));
    const order = await buy({ ...store, url }, 'through-the-other-one', 5);
    expect((await fetch(`${store.url}/orders/${order.id}`)).status).toBe(200);
    offline.child.kill('SIGTERM');
    expect((await offline.ended).exitCode).toBe(0);
  });

  test('starts its parts again when they are killed, and goes on', async () => {
    const before = store.parts();
    for (const name of partNames.filter((part) => part !== 'store')) await killPart(store, name);
    await eventually(async () => expect((await fetch(`${store.url}/info/3`)).status).toBe(200));
    const after = store.parts();
    for (const name of partNames) expect(after[name]?.port).toBe(before[name]?.port);
    await eventually(() => buy(store, 'bought-after-the-kills', 3));
    await eventually(async () => expect(await stocks(store, 3)).toEqual([29, 29]));
  });

  test('makes topics, queues and subscriptions again when their emulator was killed', async () => {
    const { port } = store.part('messaging');
    const queues = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/_fauxqs/queues`);
      const list = (await response.json()) as { arn: string }[];
      return list.map(({ arn }) => arn).sort();
    };
    const before = await queues();
    expect(before).toContain('arn:aws:sqs:eu-west-1:000000000000:bazar-dev-replicate');
    await killPart(store, 'messaging');
    await eventually(async () => expect(await queues()).toEqual(before));
    await buy(store, 'by-the-new-topics', 4);
    await eventually(async () => expect(await stocks(store, 4)).toEqual([49, 49]));
  });

  test('ends when a part ends too often, in one line', async () => {
    const parts = store.parts();
    const killer = setInterval(() => {
      const front = store.parts()['database-front'];
      if (front && isRunning(front)) process.kill(front.pid, 'SIGKILL');
    }, 50);
    expect(await store.ended).toBe(1);
    clearInterval(killer);
    expect(store.output()).toMatch(/database-front ended 6 times within a minute/);
    await untilGone(parts);
  });
});

describe('a data folder', () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await makeDataDir();
  });
  afterAll(() => rm(dataDir, { recursive: true }));

  test('has every order after a kill -9, which leaves no process, and keeps the admin token', async () => {
    const killed = await startStore({ dataDir });
    const order = await buy(killed, 'bought-before-the-kill', 2);
    await killed.kill9();

    const store = await startStore({ dataDir, env: { ADMIN_TOKEN: 'given' } });
    expect(store.adminToken).toBe('given');
    expect((await fetch(`${store.url}/orders/${order.id}`)).status).toBe(200);
    await eventually(async () => expect(await stocks(store, 2)).toEqual([24, 24]));
    expect(await store.stop()).toEqual({ exitCode: 0 });
    const { generatedAdminToken } = readJson(join(dataDir, 'store.json')) as Store;
    expect(generatedAdminToken).toBe(killed.adminToken);
  });

  test('loses with --fresh what the store made, and nothing else', async () => {
    await writeFile(join(dataDir, 'notes.txt'), 'mine');
    await writeFile(join(dataDir, 'log/notes.txt'), 'mine, too');
    const store = await startStore({ dataDir, options: ['--fresh'] });
    expect(await stocks(store, 2)).toEqual([25, 25]);
    expect(await readFile(join(dataDir, 'notes.txt'), 'utf8')).toBe('mine');
    expect(await readFile(join(dataDir, 'log/notes.txt'), 'utf8')).toBe('mine, too');
    await store.stop();
  });
});

test('`serverless offline` without a store ends in one line', async () => {
  const { ended } = runOffline([], '/nonexistent');
  expect(await ended).toEqual({
    exitCode: 1,
    printed: expect.stringMatching(/^bazar: there is no store in \/nonexistent; npm start .*\n$/),
  });
});

function runOffline(options: readonly string[], dataDir: string) {
  const child = spawn(process.execPath, [serverlessBin, 'offline', ...options], {
    cwd: projectDir,
    env: storeEnvironment({ BAZAR_DATA: dataDir }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collectOutput(child);
  const ended = once(child, 'close').then(([exitCode]) => ({
    exitCode: exitCode as number | null,
    printed: output(),
  }));
  return { child, ended };
}

test('a store that is told to end while it starts ends in order', async () => {
  const dataDir = await makeDataDir();
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', startScript, '--port', '0', '--data', dataDir],
    { cwd: projectDir, env: storeEnvironment(), stdio: 'ignore' },
  );
  const ended = once(child, 'exit');
  const parts = await eventually(() => {
    const running = readJson(join(dataDir, 'parts.json')) as Parts;
    expect(running).toHaveProperty('database-us-east-1');
    return running;
  });
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  await untilGone(parts);
  expect(await readdir(dataDir)).not.toContain('lock');
  await rm(dataDir, { recursive: true });
});

describe('npm start', () => {
  test.each(['npm', 'the process below npm', 'the store'])(
    'ends as a whole when %s is killed with -9',
    async (victim) => {
      const dataDir = await makeDataDir();
      const npm = spawn('npm', ['start', '--', '--port', '0', '--data', dataDir], {
        cwd: projectDir,
        env: storeEnvironment(),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      npm.stderr.resume();
      let printed = '';
      npm.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
      await eventually(() => expect(printed).toContain('Ctrl-C ends it.'), {
        deadlineMs: 60_000,
      });
      const parts = readJson(join(dataDir, 'parts.json')) as Parts;
      const store = parts['store']?.pid as number;
      const victims: Record<string, number> = {
        npm: npm.pid as number,
        'the process below npm': childBelow(npm.pid as number, store),
        'the store': store,
      };
      const closed = once(npm, 'close');
      process.kill(victims[victim] as number, 'SIGKILL');
      await untilGone(parts);
      await closed;
      await rm(dataDir, { recursive: true });
    },
  );
});

/** The child of `ancestor` that `pid` descends from. */
function childBelow(ancestor: number, pid: number): number {
  const parent = findProcess(pid)?.parent;
  if (parent === undefined) throw new Error(`${pid} does not descend from ${ancestor}`);
  return parent === ancestor ? pid : childBelow(ancestor, parent);
}
