import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { runCommand, startCommand } from './support/command-line.js';
import { startFakeStore, type FakeStore } from './support/fake-store.js';

const header = 'id,title,authors,topic,price,stock';
const extract = fileURLToPath(new URL('../data/books-extract.csv', import.meta.url));

let folder: string;
let store: FakeStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bazar-import-'));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  store = await startFakeStore();
});
afterEach(() => store.close());

async function fileOf(content: string | Buffer): Promise<string> {
  const path = join(folder, `${crypto.randomUUID()}.csv`);
  await writeFile(path, content);
  return path;
}

const importFile = (path: string, ...more: string[]) =>
  runCommand('cli/import.ts', [path, '--url', store.url, '--token', store.token, ...more]);

const writes = () => store.requests.filter(({ method }) => method !== 'GET');

describe('a catalogue', () => {
  test('is created, and changes nothing when it is imported again', async () => {
    const first = await importFile(extract);
    expect(first).toMatchObject({ exitCode: 0, stderr: '' });
    expect(first.stdout).toMatch(/^created 56, changed 0, same 0, skipped 0, failed 0 in \d/m);
    expect(store.books.get(2)).toMatchObject({
      title: "Harry Potter and the Sorcerer's Stone (Harry Potter, #1)",
      authors: ['J.K. Rowling', 'Mary GrandPré'],
      price: 1337,
      stock: 58,
    });
    const before = structuredClone(store.books);

    const second = await importFile(extract);
    expect(second.exitCode).toBe(0);
    expect(second.stdout).toMatch(/^created 0, changed 0, same 56, skipped 0, failed 0/m);
    expect(store.books).toEqual(before);
    expect(store.requests.filter(({ method }) => method === 'PATCH')).toEqual([]);
  });

  test('changes only what differs, and never the stock', async () => {
    await importFile(await fileOf(`${header}\n1,a,x,t,100,5\n2,b,"x,y",t,100,5\n`));

    const result = await importFile(
      await fileOf(`${header}\n1,a,x,t,120,9\n2,b,"y,x",u,100,5\n3,c,z,t,1,1\n`),
    );

    expect(result.stdout).toMatch(/^created 1, changed 2, same 0/m);
    const changes = store.requests.filter(({ method }) => method === 'PATCH');
    expect(changes.map(({ path, body }) => [path, body])).toEqual(
      expect.arrayContaining([
        ['/books/1', { price: 120 }],
        ['/books/2', { authors: ['y', 'x'], topic: 'u' }],
      ]),
    );
    expect(store.books.get(1)).toMatchObject({ price: 120, stock: 5 });
  });

  test('leaves bad rows out and says why, by line', async () => {
    const path = await fileOf(
      `${header},note\n1,a,x,t,1,1,"two\r\nlines"\n2,,x,t,1,1,\n3,c,x,t,1,1,\n3,d,x,t,1,1,\n4,e,x\n`,
    );

    const result = await importFile(path);

    expect(result.exitCode).toBe(1);
    expect(result.stderr.split('\n')).toEqual([
      expect.stringMatching(/^line 4: title: /),
      'line 6: id 3 is in the file already',
      'line 7: 3 columns instead of 7',
      '',
    ]);
    expect(result.stdout).toMatch(/^created 2, changed 0, same 0, skipped 3, failed 0/m);
    expect(new Set(store.books.keys())).toEqual(new Set([1, 3]));
    expect(store.books.get(3)?.title).toBe('c');
  });
});

describe('a store with faults', () => {
  test('is asked again with the same key, and no copy is stocked twice', async () => {
    const tries = new Map<string | undefined, number>();
    const faults = [{ status: 503, retryAfter: '0' }, 'lost-request', 'lost-answer'] as const;
    store.fault = ({ method, key }) => {
      if (method !== 'POST') return undefined;
      const attempt = tries.get(key) ?? 0;
      tries.set(key, attempt + 1);
      return faults[attempt];
    };

    const result = await importFile(extract);

    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toMatch(/^created 56, changed 0, same 0, skipped 0, failed 0/m);
    expect([...tries.values()]).toEqual(Array(56).fill(4));
  });

  test('fails a row that it refuses again and again, and goes on', async () => {
    store.fault = ({ body }) => {
      const { id } = Object(body) as { id?: number };
      if (id === 1) return { status: 503, retryAfter: '0' };
      return id === 2 ? { status: 400 } : undefined;
    };

    const result = await importFile(
      await fileOf(`${header}\n1,a,x,t,1,1\n2,b,x,t,1,1\n3,c,x,t,1,1\n`),
    );

    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('line 2: the store answered 503: a fault, again and again');
    expect(result.stderr).toContain('line 3: the store answered 400: a fault');
    expect(result.stdout).toMatch(/^created 1, changed 0, same 0, skipped 0, failed 2/m);
  });

  test('that goes away ends the import, and the next one completes it', async () => {
    const rows = Array.from({ length: 400 }, (_, at) => `${at + 1},a,x,t,1,1`);
    const path = await fileOf([header, ...rows].join('\n'));
    store.fault = () => (store.books.size >= 150 ? 'lost-answer' : undefined);

    const broken = await importFile(path);
    expect(broken.exitCode).toBe(1);
    expect(broken.stderr).toMatch(
      /^error: http:\S+ does not answer \(.*\); run it again to complete the rest\n$/,
    );
    expect(broken.stdout).toMatch(/^created \d+, /m);

    store.fault = () => undefined;
    const completed = await importFile(path);
    expect(completed.exitCode).toBe(0);
    expect(store.books.size).toBe(400);
    expect([...store.books.values()].every(({ stock }) => stock === 1)).toBe(true);
  });

  test('that refuses the token ends the import with one line', async () => {
    const result = await importFile(extract, '--token', 'wrong');

    expect(result.exitCode).toBe(1);
    expect(result.stderr).toBe('error: the store refuses the admin token\n');
    expect(store.books.size).toBe(0);
  });
});

describe('what cannot work', () => {
  test.each([
    ['an empty file', '', 'is empty'],
    ['other columns', 'a,b\n1,2\n', 'has no column id, title, authors, topic, price, stock'],
    ['Latin-1', Buffer.from(`${header}\n1,café,x,t,1,1\n`, 'latin1'), 'is not UTF-8 text'],
  ])('ends in one line and changes nothing: %s', async (_name, content, reason) => {
    const result = await importFile(await fileOf(content));

    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toMatch(/^error: .*\n$/);
    expect(result.stderr).toContain(reason);
    expect(store.requests).toEqual([]);
  });

  test('a folder, a file that is not there, and a store that is not there', async () => {
    expect((await importFile(folder)).stderr).toMatch(/^error: .* is a directory\n$/);
    expect((await importFile('none.csv')).stderr).toBe('error: none.csv does not exist\n');

    const away = await importFile(extract, '--url', 'http://127.0.0.1:9');
    expect(away).toMatchObject({ exitCode: 1, stdout: '' });
    expect(away.stderr).toMatch(/^error: http:\/\/127.0.0.1:9 does not answer \(.*\)\n$/);

    store.fault = () => ({ status: 404 });
    const other = await importFile(extract);
    expect(other.stderr).toMatch(/^error: http:\S+ is not a Bazar store .*\n$/);
    expect(writes()).toEqual([]);
  });

  test.each([
    [[], "error: missing required argument 'FILE.csv'"],
    [[extract, '--wrong'], "error: unknown option '--wrong'"],
    [[extract, 'another.csv'], 'error: too many arguments'],
    [[extract, '--url', 'localhost:3000'], "error: option '--url <URL>'"],
  ])('wrong options: %j', async (args, message) => {
    const result = await runCommand('cli/import.ts', args);

    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toMatch(/^error: .*\n$/);
    expect(result.stderr).toContain(message);
  });

  test('no admin token', async () => {
    const result = await runCommand('cli/import.ts', [extract, '--url', store.url]);

    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toMatch(/^error: no admin token .*\n$/);
  });

  test('--help says how it is used', async () => {
    const result = await runCommand('cli/import.ts', ['--help']);

    expect(result.exitCode).toBe(0);
    expect(result.stdout).toContain('-- FILE.csv [options]');
  });
});

describe('the admin token', () => {
  test('comes from the environment', async () => {
    const env = { ADMIN_TOKEN: store.token };
    const result = await runCommand('cli/import.ts', [extract, '--url', store.url], env);

    expect(result.exitCode).toBe(0);
  });

  test('comes from the data folder of the embedded store', async () => {
    const data = join(folder, 'data');
    await mkdir(data);
    await writeFile(join(data, 'store.json'), JSON.stringify({ adminToken: store.token }));

    const env = { BAZAR_DATA: data };
    const result = await runCommand('cli/import.ts', [extract, '--url', store.url], env);
    expect(result.exitCode).toBe(0);

    await writeFile(join(data, 'store.json'), '{');
    const damaged = await runCommand('cli/import.ts', [extract, '--url', store.url], env);
    expect(damaged).toMatchObject({ exitCode: 1 });
    expect(damaged.stderr).toMatch(/^error: no admin token .*\n$/);
  });
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends it with a summary and exit code %i', async (signal, exitCode) => {
  const rows = Array.from({ length: 5000 }, (_, at) => `${at + 1},a,x,t,1,1`);
  const path = await fileOf([header, ...rows].join('\n'));
  let isInterrupted = false;
  const command = startCommand('cli/import.ts', [
    path,
    '--url',
    store.url,
    '--token',
    'fake-token',
  ]);
  store.fault = () => {
    if (!isInterrupted && store.books.size >= 50) {
      isInterrupted = true;
      command.child.kill(signal);
    }
    return undefined;
  };

  const result = await command.result;

  expect(result.exitCode).toBe(exitCode);
  expect(result.stdout).toMatch(/^created \d+, changed 0, same 0, skipped 0, failed 0 in/m);
  expect(result.stderr).toBe('interrupted: run it again to complete the rest\n');
  expect(store.books.size).toBeLessThan(5000);
});
