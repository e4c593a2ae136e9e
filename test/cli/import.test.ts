import { appendFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { bundled, runBundled, startCommand } from './support/command-line.js';
import { startFakeStore, type FakeBook, type FakeStore } from './support/fake-store.js';

const header = 'id,title,authors,topic,price,stock';
const dataFile = (name: string): string =>
  fileURLToPath(new URL(`../data/${name}`, import.meta.url));
const extract = dataFile('books-extract.csv');

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
  runBundled('cli/import.ts', [path, '--url', store.url, '--token', store.token, ...more]);

const imported = () =>
  store.requests.filter(({ path }) => path === '/books/import').map(({ body }) => booksIn(body));
const booksIn = (body: unknown) => (Object(body) as { books?: FakeBook[] }).books ?? [];
const writes = () => store.requests.filter(({ method }) => method !== 'GET');

describe('a catalogue', () => {
  test('is created, and changes nothing when it is imported again', async () => {
    const first = await importFile(extract);
    expect(first).toMatchObject({ exitCode: 0, stderr: '' });
    expect(first.stdout).toMatch(
      /^rows 56: created 56, changed 0, same 0, blank 0, refused 0 in \d/m,
    );
    expect(store.books.get(2)).toMatchObject({
      title: "Harry Potter and the Sorcerer's Stone (Harry Potter, #1)",
      authors: ['J.K. Rowling', 'Mary GrandPré'],
      price: 1337,
      stock: 58,
    });
    const before = structuredClone(store.books);

    const second = await importFile(extract);
    expect(second.exitCode).toBe(0);
    expect(second.stdout).toMatch(/^rows 56: created 0, changed 0, same 56, blank 0, refused 0/m);
    expect(store.books).toEqual(before);
  });

  test('is brought in a hundred books a call, a few calls at once', async () => {
    const rows = Array.from({ length: 1050 }, (_, at) => `${at + 1},a,x,t,1,1`);

    const result = await importFile(await fileOf([header, ...rows].join('\n')));

    expect(result.stdout).toMatch(/^rows 1,050: created 1,050,/m);
    expect(store.books.size).toBe(1050);
    expect(writes()).toHaveLength(imported().length);
    const sizes = imported().map(({ length }) => length);
    expect(Math.max(...sizes)).toBe(100);
    expect(sizes.length).toBeLessThanOrEqual(14);
  });

  test('changes only what differs, and never the stock', async () => {
    await importFile(await fileOf(`${header}\n1,a,x,t,100,5\n2,b,"x,y",t,100,5\n`));

    const result = await importFile(
      await fileOf(`${header}\n1,a,x,t,120,9\n2,b,"y,x",u,100,5\n3,c,z,t,1,1\n`),
    );

    expect(result.stdout).toMatch(/^rows 3: created 1, changed 2, same 0/m);
    expect(store.books.get(1)).toMatchObject({ price: 120, stock: 5 });
    expect(store.books.get(2)).toMatchObject({ authors: ['y', 'x'], topic: 'u', stock: 5 });
  });

  test('leaves bad rows out and says why, by line', async () => {
    const path = await fileOf(
      `${header},note\n1,a,x,t,1,1,"two\r\nlines"\n2,,x,t,1,1,\n3,c,x,t,1,1,\n3,d,x,t,1,1,\n4,e,x\n`,
    );

    const result = await importFile(path);

    expect(result.exitCode).toBe(1);
    expect(result.stderr.split('\n')).toEqual([
      'line 4: title: is empty',
      'line 6: id 3 is in the file already',
      'line 7: 3 columns instead of 7',
      '',
    ]);
    expect(result.stdout).toMatch(/^rows 5: created 2, changed 0, same 0, blank 0, refused 3/m);
    expect(new Set(store.books.keys())).toEqual(new Set([1, 3]));
    expect(store.books.get(3)?.title).toBe('c');
  });
});

describe('a file of other people', () => {
  test('is a Goodreads library export', async () => {
    const result = await importFile(
      dataFile('goodreads_library_export.csv'),
      '--map',
      'id=ISBN13,title=Title,authors=Author,isbn=ISBN13,year=Original Publication Year',
      '--set',
      'topic=unsorted,price=999,stock=1',
    );

    expect(result.exitCode).toBe(1);
    expect(result.stderr).toBe('line 6: id: is empty\n');
    expect(result.stdout).toMatch(/^rows 4: created 3, changed 0, same 0, blank 0, refused 1 in/m);
    expect(store.books.get(9_781_000_000_429)).toEqual({
      id: 9_781_000_000_429,
      title: 'Salt and Starlight',
      authors: ['Nelson Bird'],
      topic: 'unsorted',
      price: 999,
      isbn: '9781000000429',
      year: 1999,
      stock: 1,
    });
  });

  test('is a Shopify product export', async () => {
    store.books.set(1, { id: 1, title: 'a', authors: ['x'], topic: 't', price: 1, stock: 1 });
    const columns =
      'id=Variant Barcode,title=Title,authors=Vendor,topic=Type,price=Variant Price,' +
      'stock=Variant Inventory Qty,isbn=Variant Barcode,description=SEO Description';
    const result = await importFile(
      dataFile('shopify_products_export.csv'),
      '--map',
      columns,
      '--fill-down',
      'Handle',
      '--price-unit',
      'major',
      '--authors-separator',
      ';',
    );

    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(/^line 8: id: is empty; stock: Too small.*\n$/);
    expect(result.stdout).toMatch(/^rows 5: created 3, changed 0, same 0, blank 1, refused 1 in/m);
    expect([...store.books.values()].slice(1)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: 9_781_000_001_013, price: 2490, stock: 4 }),
        {
          id: 9_781_000_001_020,
          title: 'The Paper Sea',
          authors: ['Ada Quick'],
          topic: 'Fiction',
          price: 1250,
          isbn: '9781000001020',
          stock: 17,
        },
        expect.objectContaining({ authors: ['Nelson Bird', 'Andrew Call'], price: 124_900 }),
      ]),
    );
  });

  test("is Project Gutenberg's catalogue", async () => {
    const result = await importFile(
      dataFile('pg_catalog.csv'),
      '--map',
      'id=Text#,title=Title,authors=Authors,topic=LoCC',
      '--authors-separator',
      ';',
      '--set',
      'topic=unsorted,price=0,stock=1',
    );

    expect(result.exitCode).toBe(1);
    expect(result.stderr).toBe('line 8: authors: is empty\n');
    expect(result.stdout).toMatch(/^rows 5: created 4, changed 0, same 0, blank 0, refused 1 in/m);
    expect(store.books.get(90_001)).toMatchObject({
      title: 'The Voyages of an Almanac Being a True Account in Two Parts',
      authors: ['Quick, Ada, 1801-1877', 'Bird, Nelson [Illustrator]'],
      topic: 'AY',
    });
    expect(store.books.get(90_002)?.topic).toBe('unsorted');
    // The file has a column of that name.
    expect(store.books.get(90_001)?.language).toBe('en');
  });

  test('is in Windows-1252 with semicolons and decimal commas, which is said', async () => {
    const csv = 'id;title;authors;topic;price;stock\n1;Été;x;t;12,50;1\n';
    const path = await fileOf(Buffer.from(csv, 'latin1'));

    const result = await importFile(path, '--price-unit', 'major', '--currency', 'USD');

    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toContain('is read as windows-1252 with ";" between cells\n');
    expect(store.books.get(1)).toMatchObject({ title: 'Été', price: 1250 });
  });

  test('is in an encoding and with a delimiter that are given', async () => {
    const path = await fileOf(
      Buffer.from(`${header}\n1,\xe9,x,t,1,1\n`.replaceAll(',', '\t'), 'latin1'),
    );

    const result = await importFile(path, '--encoding', 'windows-1251', '--delimiter', 'tab');

    expect(result.exitCode).toBe(0);
    expect(store.books.get(1)?.title).toBe('й');
  });

  test('is priced in the currency of the store, and in no other', async () => {
    store.books.set(1, { id: 1, title: 'a', authors: ['x'], topic: 't', price: 1, stock: 1 });
    const result = await importFile(extract, '--price-unit', 'major', '--currency', 'JPY');

    expect(result).toMatchObject({
      exitCode: 1,
      stderr: 'error: the store sells in USD, not in JPY\n',
    });
  });
});

describe('a dry run', () => {
  test('says what would be created, changed and refused, and changes nothing', async () => {
    await importFile(await fileOf(`${header}\n1,a,x,t,100,5\n2,b,y,t,100,5\n`));
    const before = structuredClone(store.books);
    store.requests.length = 0;

    const result = await importFile(
      await fileOf(`${header}\n1,a,x,t,120,9\n2,b,y,t,100,5\n3,c,z,t,1,1\n4,,z,t,1,1\n,,,,,\n`),
      '--dry-run',
    );

    expect(result.exitCode).toBe(1);
    expect(result.stderr).toBe('line 5: title: is empty\n');
    expect(result.stdout.split('\n').sort()).toEqual([
      '',
      expect.stringMatching(
        /^dry run, nothing is changed: rows 5: created 1, changed 1, same 1, blank 1, refused 1 in/,
      ),
      'line 2: 1 would be changed: {"price":120}',
      'line 4: 3 would be created: "c"',
    ]);
    expect(writes()).toEqual([]);
    expect(store.books).toEqual(before);
  });
});

describe('the rows that are refused', () => {
  const damaged =
    `${header},note\r\n1,a,x,t,1,1,"n\r\n2,"b ""c""",y,t,2,2,"two\r\nlines"\r\n` +
    '3,d,z,t,free,3,n\r\n4,e,z,t,4,4,n\r\n';

  test('are written with the reason, and imported when they are mended', async () => {
    const rejects = join(folder, 'rejects.csv');
    store.fault = ({ body }) =>
      booksIn(body).some(({ id }) => id === 4) ? { status: 400 } : undefined;
    const first = await importFile(await fileOf(damaged), '--rejects', rejects);
    expect(first.stdout).toMatch(/^rows 4: created 1, changed 0, same 0, blank 0, refused 3 in/m);

    const written = await readFile(rejects, 'utf8');
    const [own, ...rows] = written.trimEnd().split('\n');
    expect(own).toBe(`\uFEFF"reason","line",${header},note`);
    expect(rows.sort()).toEqual([
      expect.stringMatching(/^"a quote is stray or left open.*","2",1,a,x,t,1,1,"n$/),
      expect.stringMatching(/^"price: must be a whole number","5",3,d,z,t,free,3,n$/),
      expect.stringMatching(/^"the store answered 400: a fault","6",4,e,z,t,4,4,n$/),
    ]);

    store.fault = () => undefined;
    const unmended = await importFile(rejects);
    expect(unmended.stdout).toMatch(
      /^rows 3: created 1, changed 0, same 0, blank 0, refused 2 in/m,
    );

    await writeFile(rejects, written.replace('"n\n', 'n\n').replace('free', '3'));
    const mended = await importFile(rejects, '--encoding', 'latin1');
    expect(mended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(mended.stdout).toMatch(/^rows 3: created 2, changed 0, same 1, blank 0, refused 0 in/m);
    expect(new Set(store.books.keys())).toEqual(new Set([1, 2, 3, 4]));
  });

  test('leave no file where there are none, and take the place of none', async () => {
    const rejects = join(folder, 'none.csv');
    expect(await importFile(extract, '--rejects', rejects)).toMatchObject({ exitCode: 0 });
    await expect(readFile(rejects)).rejects.toThrow('ENOENT');

    const path = await fileOf(damaged);
    const result = await importFile(path, '--rejects', path);
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toMatch(/^error: .* exists already\n$/);
    expect(await readFile(path, 'utf8')).toBe(damaged);
  });
});

test('a file that changes while it is imported does not add up, which is said', async () => {
  const path = await fileOf(`${header}\n1,a,x,t,1,1\n`);
  store.fault = ({ path: asked }) => {
    if (asked === '/health') appendFileSync(path, '2,b,y,t,2,2\n');
    return undefined;
  };

  const result = await importFile(path);

  expect(result.exitCode).toBe(1);
  expect(result.stdout).toMatch(/^rows 2: created 2,/m);
  expect(result.stderr).toBe(`error: ${path} was changed meanwhile: 1 rows first, and then 2\n`);
});

describe('a store with faults', () => {
  test('is asked again, and no copy is stocked twice', async () => {
    const tries = new Map<number, number>();
    const faults = [{ status: 503, retryAfter: '0' }, 'lost-request', 'lost-answer'] as const;
    store.fault = ({ body }) => {
      const [first] = booksIn(body);
      if (first === undefined) return undefined;
      const attempt = tries.get(first.id) ?? 0;
      tries.set(first.id, attempt + 1);
      return faults[attempt];
    };

    const result = await importFile(extract);

    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    // What the lost answers told of is there when it is sent again.
    expect(result.stdout).toMatch(/^rows 56: created 0, changed 0, same 56, blank 0, refused 0/m);
    expect(new Set(tries.values())).toEqual(new Set([4]));
    expect(store.books.get(2)?.stock).toBe(58);
  });

  test('is asked again for the books alone that it had no answer for', async () => {
    const left = new Map([
      [2, ['busy', 'unknown', 'busy'] as const],
      [3, ['unknown'] as const],
    ]);
    const tries = new Map<number, number>();
    store.unanswered = (id) => {
      const attempt = tries.get(id) ?? 0;
      tries.set(id, attempt + 1);
      return left.get(id)?.[attempt];
    };

    const result = await importFile(
      await fileOf(`${header}\n1,a,x,t,1,1\n2,b,x,t,1,1\n3,c,x,t,1,1\n`),
    );

    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toMatch(/^rows 3: created 3,/m);
    expect(Object.fromEntries(tries)).toEqual({ 1: 1, 2: 4, 3: 2 });
  });

  test('says of which book it has no answer in the end', async () => {
    store.unanswered = (id) => ({ 1: 'busy' as const, 3: 'unknown' as const })[id];

    const result = await importFile(
      await fileOf(`${header}\n1,a,x,t,1,1\n2,b,x,t,1,1\n3,c,x,t,1,1\n`),
    );

    expect(result.exitCode).toBe(1);
    expect(result.stderr.split('\n').sort()).toEqual([
      '',
      'line 2: the store is too busy for it, again and again',
      "line 4: the store can't say whether it has it, again and again",
    ]);
    expect(result.stdout).toMatch(/^rows 3: created 1, changed 0, same 0, blank 0, refused 2/m);
  });

  test('that takes smaller bodies only is sent fewer books at once', async () => {
    store.fault = ({ body }) => (booksIn(body).length > 3 ? { status: 413 } : undefined);

    const result = await importFile(extract);

    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toMatch(/^rows 56: created 56,/m);
  });

  test('that answers with something else than results has not taken a book', async () => {
    store.fault = ({ path }) => (path === '/books/import' ? { status: 200 } : undefined);

    const result = await importFile(await fileOf(`${header}\n1,a,x,t,1,1\n`));

    expect(result).toMatchObject({
      exitCode: 1,
      stderr: 'line 2: the store answered with something else than results\n',
    });
  });

  test('fails a row that it refuses again and again, and goes on', async () => {
    store.fault = ({ body }) => {
      const ids = booksIn(body).map(({ id }) => id);
      if (ids.includes(2)) return { status: 400 };
      return ids.includes(1) ? { status: 503, retryAfter: '0' } : undefined;
    };

    const result = await importFile(
      await fileOf(`${header}\n1,a,x,t,1,1\n2,b,x,t,1,1\n3,c,x,t,1,1\n`),
    );

    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('line 2: the store answered 503: a fault, again and again');
    expect(result.stderr).toContain('line 3: the store answered 400: a fault');
    expect(result.stdout).toMatch(/^rows 3: created 1, changed 0, same 0, blank 0, refused 2/m);
  });

  test('that goes away ends the import, and the next one completes it', async () => {
    const rows = Array.from({ length: 1400 }, (_, at) => `${at + 1},a,x,t,1,1`);
    const path = await fileOf([header, ...rows].join('\n'));
    store.fault = () => (store.books.size >= 150 ? 'lost-answer' : undefined);

    const broken = await importFile(path);
    expect(broken.exitCode).toBe(1);
    expect(broken.stderr).toMatch(
      /^error: http:\S+ does not answer \(.*\); run it again to complete the rest\n$/,
    );
    expect(broken.stdout).toMatch(/^rows \d+: created \d+, /m);

    store.fault = () => undefined;
    const completed = await importFile(path);
    expect(completed.exitCode).toBe(0);
    expect(store.books.size).toBe(1400);
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
    [
      'an old encoding',
      Buffer.from(`${header}\n1,\xc2\xee\xe9\xed\xe0`, 'latin1'),
      'say with --encoding',
    ],
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
    [[extract, '--map', 'colour=Title'], '"colour" is none of id, title,'],
    [[extract, '--map', 'title'], '"title" is none of'],
    [[extract, '--map', 'title='], '"title=" lacks what comes after'],
    [[extract, '--map', 'title=a,title=b'], 'It has title twice'],
    [[extract, '--set', 'id=1'], 'an id of its own'],
    [[extract, '--set', 'shelf=1'], '"shelf" is none of'],
    [[extract, '--authors-separator', ' '], 'It must not be blank'],
    [[extract, '--delimiter', ';;'], 'It must be one sign'],
    [[extract, '--encoding', 'utf-99'], 'No such encoding'],
    [[extract, '--price-unit', 'pounds'], 'Allowed choices are minor, major'],
    [[extract, '--decimal-mark', ';'], 'Allowed choices are ., ,'],
    [[extract, '--currency', 'EURO'], 'ISO 4217'],
  ])('wrong options: %j', async (args, message) => {
    const result = await runBundled('cli/import.ts', args);

    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toMatch(/^error: .*\n$/);
    expect(result.stderr).toContain(message);
  });

  test.each([
    [['--map', 'title=Heading'], 'has no column Heading'],
    [['--map', 'title=id,id=ID', '--fill-down', 'Handle'], 'has no column Handle'],
    [['--set', 'price=cheap'], '--set price: must be a whole number'],
    [['--set', 'price=9.99'], '--set price: must be a whole number'],
    [['--price-unit', 'major'], 'give --currency'],
    [['--rejects', extract], 'exists already'],
    [['--rejects', '/nonexistent/rejects.csv'], "can't be written (ENOENT)"],
  ])('what does not fit the file or the store: %j', async (args, message) => {
    const result = await importFile(extract, ...args);

    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toMatch(/^error: .*\n$/);
    expect(result.stderr).toContain(message);
    expect(writes()).toEqual([]);
  });

  test('no admin token', async () => {
    const result = await runBundled('cli/import.ts', [extract, '--url', store.url]);

    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toMatch(/^error: no admin token .*\n$/);
  });

  test('--help says how it is used', async () => {
    const result = await runBundled('cli/import.ts', ['--help']);

    expect(result.exitCode).toBe(0);
    expect(result.stdout).toContain('-- FILE.csv [options]');
  });
});

describe('the admin token', () => {
  test('comes from the environment', async () => {
    const env = { ADMIN_TOKEN: store.token };
    const result = await runBundled('cli/import.ts', [extract, '--url', store.url], env);

    expect(result.exitCode).toBe(0);
  });

  test('comes from the data folder of the embedded store', async () => {
    const data = join(folder, 'data');
    await mkdir(data);
    await writeFile(join(data, 'store.json'), JSON.stringify({ adminToken: store.token }));

    const env = { BAZAR_DATA: data };
    const result = await runBundled('cli/import.ts', [extract, '--url', store.url], env);
    expect(result.exitCode).toBe(0);

    await writeFile(join(data, 'store.json'), '{');
    const damaged = await runBundled('cli/import.ts', [extract, '--url', store.url], env);
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
  const command = startCommand(await bundled('cli/import.ts'), [
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
  expect(result.stdout).toMatch(
    /^rows [\d,]+: created [\d,]+, changed 0, same 0, blank 0, refused 0 in/m,
  );
  expect(result.stderr).toBe('interrupted: run it again to complete the rest\n');
  expect(store.books.size).toBeLessThan(5000);
});
