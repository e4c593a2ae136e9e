import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  inspectCatalogue,
  parseCatalogue,
  readCatalogue,
  type CatalogueRow,
} from '../../cli/catalogue-file.js';

const header = 'id,title,authors,topic,price,stock';
const extract = fileURLToPath(new URL('../data/books-extract.csv', import.meta.url));
const wholeCatalogue = fileURLToPath(
  new URL('../../../shared/data/books-10k.csv', import.meta.url),
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bazar-catalogue-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(content: string | Buffer): Promise<string> {
  const path = join(folder, `${crypto.randomUUID()}.csv`);
  await writeFile(path, content);
  return path;
}

async function collect(rows: AsyncIterable<CatalogueRow>): Promise<CatalogueRow[]> {
  const collected: CatalogueRow[] = [];
  for await (const row of rows) collected.push(row);
  return collected;
}

const parse = (csv: string | Buffer): Promise<CatalogueRow[]> =>
  collect(parseCatalogue(Readable.from([Buffer.from(csv)])));

const outcomes = (rows: readonly CatalogueRow[]) =>
  rows.map(({ line, book, problem }) => [line, book?.id ?? problem]);

describe('reading rows', () => {
  test('takes columns in any order and ignores others, a mark at the beginning and blank lines', async () => {
    const rows = await parse(
      '\uFEFFStock, TITLE ,year,authors,price,id,topic\r\n\r\n' +
        '3,"Xen, and ""more""",2008,"Ann Lee,  Bo Ek",1250,7,  Graduate   School \r\n  \r\n',
    );

    expect(rows).toEqual([
      {
        line: 3,
        book: {
          id: 7,
          title: 'Xen, and "more"',
          authors: ['Ann Lee', 'Bo Ek'],
          topic: 'Graduate School',
          price: 1250,
          stock: 3,
        },
      },
    ]);
  });

  test.each([
    ['line feeds', '\n'],
    ['carriage returns and line feeds', '\r\n'],
    ['carriage returns', '\r'],
  ])('counts lines where quoted fields hold %s', async (_name, end) => {
    const note = `"one${end}two${end}${end}four"`;
    const rows = await parse(
      [
        `note,${header}`,
        `${note},1,a,x,t,1,1`,
        `,2,b,x,t,1`,
        '',
        `${note},3,c,x,t,1,1`,
        `,four,d,x,t,1,1`,
        '',
      ].join(end),
    );

    expect(outcomes(rows)).toEqual([
      [2, 1],
      [6, '6 columns instead of 7'],
      [8, 3],
      [12, 'id: must be a whole number'],
    ]);
  });

  test('reads a file whose lines end in different ways, in chunks that end anywhere', async () => {
    const csv = Buffer.from(`${header}\r\n1,"é\n",x,t,1,1\n2,日本,x,t,1,1\r\n3,c,x,t,x,1\n`);
    const bytes = Array.from(csv, (byte) => Buffer.from([byte]));

    const rows = await collect(parseCatalogue(Readable.from(bytes)));

    expect(outcomes(rows)).toEqual([
      [2, 1],
      [4, 2],
      [5, 'price: must be a whole number'],
    ]);
  });

  test.each([
    ['0,a,x,t,1,1', /^id: /],
    ['-1,a,x,t,1,1', /^id: /],
    ['1.5,a,x,t,1,1', /^id: must be a whole number$/],
    ['1000000000000000,a,x,t,1,1', /^id: /],
    [',a,x,t,1,1', /^id: /],
    ['1, ,x,t,1,1', /^title: /],
    [`1,${'a'.repeat(501)},x,t,1,1`, /^title: /],
    ['1,a\u0007,x,t,1,1', /^title: holds a control character \(U\+0007\) as its character 2/],
    ['1,a," , ",t,1,1', /^authors: /],
    [`1,a,${'x'.repeat(201)},t,1,1`, /^authors: /],
    [`1,a,"${'x,'.repeat(21)}",t,1,1`, /^authors: must be at most 20 names$/],
    ['1,a,x,,1,1', /^topic: /],
    [`1,a,x,${'t'.repeat(101)},1,1`, /^topic: /],
    ['1,a,x,t,-1,1', /^price: /],
    ['1,a,x,t,12.50,1', /^price: must be a whole number$/],
    ['1,a,x,t,1e3,1', /^price: must be a whole number$/],
    ['1,a,x,t,100000001,1', /^price: /],
    ['1,a,x,t,,1', /^price: must be a whole number$/],
    ['1,a,x,t,1,-1', /^stock: /],
    ['1,a,x,t,1,1000001', /^stock: /],
    ['1,a,x,t,free,none', /^price: .*; stock: /],
    ['1,a,x,t,1', /^5 columns instead of 6$/],
    ['1,a,x,t,1,1,', /^7 columns instead of 6$/],
    ['1', /^1 column instead of 6$/],
  ])('says what is wrong with %j', async (row, problem) => {
    const rows = await parse(`${header}\n${row}\n2,b,y,t,2,2\n`);

    expect(rows).toEqual([
      { line: 2, problem: expect.stringMatching(problem) },
      { line: 3, book: expect.objectContaining({ id: 2 }) },
    ]);
  });

  test('takes what lies just within the limits', async () => {
    const authors = `"${Array.from({ length: 20 }, () => 'x'.repeat(200)).join(',')}"`;
    const rows = await parse(
      `${header}\n999999999999999,${'a'.repeat(500)},${authors},${'t'.repeat(100)},100000000,1000000\n` +
        '1,a,x,t,0,0',
    );

    expect(outcomes(rows)).toEqual([
      [2, 999_999_999_999_999],
      [3, 1],
    ]);
  });

  test('reports an id that was there before', async () => {
    const rows = await parse(`${header}\n1,a,x,t,1,1\n2,,x,t,1,1\n01,c,x,t,1,1\n2,d,x,t,1,1\n`);

    expect(outcomes(rows)).toEqual([
      [2, 1],
      [3, expect.stringMatching(/^title: /)],
      [4, 'id 1 is in the file already'],
      [5, 2],
    ]);
  });

  test('keeps a stray quote from taking the rows after it along', async () => {
    const rows = await parse(`${header}\n1,A "great" book,x,t,1,1\n2,"b" c,x,t,1,1\n3,d,x,t,1,1\n`);

    expect(rows.map(({ book }) => book?.title)).toEqual(['A "great" book', '"b" c', 'd']);
  });

  test('reports a quote that is never closed, and keeps the rows before it', async () => {
    const rows = await parse(`${header}\n1,a,x,t,1,1\n\n2,"b,x,t,1,1\n3,c,x,t,1,1\n`);

    expect(outcomes(rows)).toEqual([
      [2, 1],
      [4, expect.stringContaining('never closed')],
    ]);
  });

  test('reports the row that holds bytes that are not UTF-8', async () => {
    const csv = Buffer.concat([
      Buffer.from(`${header}\n1,é,x,t,1,1\n2,caf`),
      Buffer.from([0xe9]),
      Buffer.from(',x,t,1,1\n3,ü,x,t,1,1\n'),
    ]);

    const path = await fileOf(csv);

    expect(await inspectCatalogue(path)).toBe(3);
    expect(outcomes(await collect(readCatalogue(path)))).toEqual([
      [2, 1],
      [3, 'title: holds bytes that are not UTF-8'],
      [4, 3],
    ]);
  });
});

describe('files of another shape', () => {
  test.each([
    ['nothing', '', 'is empty'],
    ['empty lines', '\n\n', 'is empty'],
    ['other columns', 'id;title;authors', 'has no column id, title, authors, topic, price, stock'],
    ['a column too few', 'id,title,topic,stock\n1,a,t,1\n', 'has no column authors, price'],
    ['a column twice', `${header},Title\n`, 'has more than one column title'],
    ['an open quote in its first line', `"${header}`, 'never closed'],
    ['a row without end', `${header}\n1,"${'long '.repeat(250_000)}`, 'row of line 2'],
    ['Latin-1', Buffer.from(`${header}\n1,a,x,t,1,1\n2,café,x,t,1,1\n`, 'latin1'), 'see line 3'],
    ['UTF-16', Buffer.from(`\uFEFF${header}\n1,é,x,t,1,1\n`, 'utf16le'), 'is not UTF-8'],
    ['no text', Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 7919) % 256)), 'UTF-8'],
  ])('refuses a file with %s', async (_name, content, reason) => {
    await expect(inspectCatalogue(await fileOf(content))).rejects.toThrow(reason);
  });

  test('refuses a folder, and a file that is not there', async () => {
    await expect(inspectCatalogue(folder)).rejects.toThrow('is a directory');
    await expect(inspectCatalogue(join(folder, 'none.csv'))).rejects.toThrow('does not exist');
  });

  test('takes a file with a header and no rows', async () => {
    expect(await inspectCatalogue(await fileOf(header))).toBe(0);
  });
});

describe('real catalogues', () => {
  test('reads the extract whole', async () => {
    const rows = await collect(readCatalogue(extract));

    expect(rows.filter(({ problem }) => problem !== undefined)).toEqual([]);
    expect(rows).toHaveLength(56);
    const books = new Map(rows.map(({ book }) => [book?.id, book]));
    expect(books.get(221)?.title).toBe('A Child Called "It" (Dave Pelzer #1)');
    expect(books.get(1372)?.title).toBe('الفيل الأزرق');
    expect(books.get(79)?.topic).toBe('ancient classics');
    expect(rows.filter(({ book }) => book?.stock === 0).length).toBeGreaterThanOrEqual(6);
  });

  const testWhole = existsSync(wholeCatalogue) ? test : test.skip;
  testWhole('reads ten thousand books, and twice the same', async () => {
    const rows = await collect(readCatalogue(wholeCatalogue));

    const anthologies = [5397, 5987, 6203, 8033, 9411];
    expect(rows.filter(({ problem }) => problem !== undefined)).toEqual(
      anthologies.map((line) => ({ line, problem: 'authors: must be at most 20 names' })),
    );
    expect(rows).toHaveLength(10_000);
    expect(await inspectCatalogue(wholeCatalogue)).toBe(10_000);
    expect(rows.at(-1)?.line).toBe(10_001);
    expect(rows.filter(({ book }) => book?.stock === 0)).toHaveLength(166);
    expect(new Set(rows.map(({ book }) => book?.topic)).size).toBe(18);
  });
});
