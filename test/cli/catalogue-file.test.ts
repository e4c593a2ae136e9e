import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  openCatalogue,
  type CatalogueRow,
  type FileOptions,
} from '../../cli/import/catalogue-file.js';
import { rowReader, type RowOptions } from '../../cli/import/row.js';
import { parametersOf } from '../support/random/properties.js';

const header = 'id,title,authors,topic,price,stock';
const dataFile = (name: string): string =>
  fileURLToPath(new URL(`../data/${name}`, import.meta.url));
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

async function readFile(path: string, options: FileOptions & RowOptions = {}) {
  const catalogue = await openCatalogue(path, options);
  const rows: CatalogueRow[] = [];
  for await (const row of catalogue.rows(rowReader(options))) rows.push(row);
  expect(rows).toHaveLength(catalogue.rowCount);
  return { ...catalogue, rows };
}

const parse = async (
  csv: string | Buffer,
  options?: FileOptions & RowOptions,
): Promise<CatalogueRow[]> => (await readFile(await fileOf(csv), options)).rows;

/** Each row's line, and its book's id or what is wrong with it. */
const outcomes = (rows: readonly CatalogueRow[]) =>
  rows.map((row) => {
    if (row.kind === 'blank') return [row.line, 'blank'];
    return [row.line, row.kind === 'book' ? row.book.id : row.problem];
  });

const books = (rows: readonly CatalogueRow[]) =>
  rows.flatMap((row) => (row.kind === 'book' ? [row.book] : []));

describe('reading rows', () => {
  test('takes columns in any order and ignores others, a mark at the beginning and blank lines', async () => {
    const rows = await parse(
      '\uFEFFStock, TITLE ,year,authors,price,id,topic\r\n\r\n' +
        '3,"Xen, and ""more""",2008,"Ann Lee,  Bo Ek",1250,7,  Graduate   School \r\n  \r\n',
    );

    expect(rows).toEqual([
      {
        kind: 'book',
        line: 3,
        raw: expect.stringMatching(/^3,"Xen.*\r\n$/u),
        book: {
          id: 7,
          title: 'Xen, and "more"',
          authors: ['Ann Lee', 'Bo Ek'],
          topic: 'Graduate School',
          price: 1250,
          stock: 3,
          year: 2008,
        },
      },
    ]);
  });

  test('takes what a book need not have where there is one such column and something in it', async () => {
    const found = await parse(
      `${header},isbn,Language,description,note\n` +
        '1,a,x,t,1,1,0-439-02348-3,eng,"One.\n\nTwo.",n\n2,b,x,t,1,1,,en; fr, ,n\n3,c,x,t,1,1,12,en,,n\n',
    );
    expect(books(found)).toMatchObject([
      { id: 1, isbn: '9780439023481', language: 'en', description: 'One.\n\nTwo.' },
      { id: 2, language: 'mul' },
    ]);
    expect(books(found)[1]).not.toMatchObject({ isbn: expect.anything() });
    expect(outcomes(found).at(-1)?.[1]).toMatch(/^isbn: must be an ISBN-10 or an ISBN-13/);
    const doubled = await parse(`${header},isbn,ISBN\n1,a,x,t,1,1,12,12\n`);
    expect(books(doubled)).toMatchObject([{ id: 1 }]);
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

  test.each([
    ['0,a,x,t,1,1', /^id: /],
    ['-1,a,x,t,1,1', /^id: /],
    ['1.5,a,x,t,1,1', /^id: must be a whole number$/],
    ['9.78E+12,a,x,t,1,1', /^id: must be a whole number$/],
    ['01,a,x,t,1,1', /^id: must not begin with a zero/],
    ['="0439023483",a,x,t,1,1', /^id: must not begin with a zero/],
    ['1000000000000000,a,x,t,1,1', /^id: /],
    [',a,x,t,1,1', /^id: is empty$/],
    ['="",a,x,t,1,1', /^id: is empty$/],
    ['"=""""",a,x,t,1,1', /^id: is empty$/],
    ['1, ,x,t,1,1', /^title: is empty$/],
    [`1,${'a'.repeat(501)},x,t,1,1`, /^title: /],
    ['1,a\u0007,x,t,1,1', /^title: holds a control character \(U\+0007\) as its character 2/],
    ['1,a \\"b\\" c,x,t,1,1', /^title: .*backslash/],
    ['1,a," , ",t,1,1', /^authors: /],
    [`1,a,${'x'.repeat(201)},t,1,1`, /^authors: /],
    [`1,a,"${'x,'.repeat(21)}",t,1,1`, /^authors: must be at most 20 names$/],
    ['1,a,x,,1,1', /^topic: is empty$/],
    [`1,a,x,${'t'.repeat(101)},1,1`, /^topic: /],
    ['1,a,x,t,-1,1', /^price: /],
    ['1,a,x,t,12.50,1', /^price: must be a whole number$/],
    ['1,a,x,t,1e3,1', /^price: must be a whole number$/],
    ['1,a,x,t,100000001,1', /^price: /],
    ['1,a,x,t,,1', /^price: is empty$/],
    ['1,a,x,t,1,-1', /^stock: /],
    ['1,a,x,t,1,1000001', /^stock: /],
    ['1,a,x,t,free,none', /^price: .*; stock: /],
    ['1,a,x,t,1', /^5 columns instead of 6$/],
    ['1,a,x,t,1,1,more', /^7 columns instead of 6$/],
    ['1', /^1 column instead of 6$/],
  ])('says what is wrong with %j', async (row, problem) => {
    const rows = await parse(`${header}\n${row}\n2,b,y,t,2,2\n`);

    expect(outcomes(rows)).toEqual([
      [2, expect.stringMatching(problem)],
      [3, 2],
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

  test('takes rows that lack or exceed only trailing cells that it ignores', async () => {
    const rows = await parse(
      `${header},note,more\n1,a,x,t,1,1\n2,b,x,t,1,1,n\n3,c,x,t,1,1,n,m,,\n4,d,x,t,1\n5,e,f,x,t,1,1,n,m\n`,
    );

    expect(outcomes(rows)).toEqual([
      [2, 1],
      [3, 2],
      [4, 3],
      [5, '5 columns instead of 8'],
      [6, '9 columns instead of 8'],
    ]);
  });

  test('counts rows in which nothing stands, and not the lines in which nothing does', async () => {
    const rows = await parse(`${header}\n,,,,,\n \n1,a,x,t,1,1\n"",="",\n`);

    expect(outcomes(rows)).toEqual([
      [2, 'blank'],
      [4, 1],
      [5, 'blank'],
    ]);
  });

  test('reports an id that was there before', async () => {
    const rows = await parse(`${header}\n1,a,x,t,1,1\n2,,x,t,1,1\n'1,c,x,t,1,1\n2,d,x,t,1,1\n`);

    expect(outcomes(rows)).toEqual([
      [2, 1],
      [3, 'title: is empty'],
      [4, 'id 1 is in the file already'],
      [5, 2],
    ]);
  });

  test('reports the row that holds bytes that are not UTF-8', async () => {
    const csv = Buffer.concat([
      Buffer.from(`${header}\n1,é,x,t,1,1\n2,caf`),
      Buffer.from([0xe9]),
      Buffer.from(',x,t,1,1\n3,ü,x,t,1,1\n'),
    ]);

    expect(outcomes(await parse(csv))).toEqual([
      [2, 1],
      [3, 'title: holds bytes that make no sense in the encoding of the file'],
      [4, 3],
    ]);
  });

  test('tidies texts: line breaks, runs of blanks, marks of library systems', async () => {
    const rows = await parse(
      `${header}\n1," Der\r\n  Zauber\u00a0 berg\n","Ann \n Lee",a \u0085 b,1,1\n` +
        '2,\u0098Der \u009cZauberberg,\u0088The \u0089Times,t,1,1\n3,="1984",x,t,1,1\n',
    );

    expect(books(rows)).toMatchObject([
      { title: 'Der Zauber berg', authors: ['Ann Lee'], topic: 'a b' },
      { title: 'Der Zauberberg', authors: ['The Times'] },
      { title: '1984' },
    ]);
  });
});

describe('wrong quotes', () => {
  test('are reported with their line, in a column that is ignored too', async () => {
    const rows = await parse(
      `${header},note\n1,a,x,t,1,1,"n\n2,b,y,t,2,2,"m"\n3,c 12",z,t,3,3,n\n4,"d" e,z,t,3,3,n\n` +
        '5, "Xen, and" ,z,t,3,3,n\n6,A "great" book,z,t,3,3,5" disk\n7,A "great" book,z,t,3,3,n\n',
    );

    expect(outcomes(rows)).toEqual([
      [2, expect.stringMatching(/quote/)],
      [3, 2],
      [4, expect.stringMatching(/quote/)],
      [5, expect.stringMatching(/quote/)],
      [6, 5],
      [7, expect.stringMatching(/quote/)],
      [8, 7],
    ]);
    expect(books(rows).map(({ title }) => title)).toEqual(['b', 'Xen, and', 'A "great" book']);
  });

  test('swallow no row where the next quote closes the cell', async () => {
    const rows = await parse(
      `${header},note\n1,a,x,t,1,1,"n\n2,b,y,t,2,2,n"\n3,c,z,t,3,3,"x\n4,d,w\n5"\n6,"e,x,t,1,1,n\n7,f",x,t,1,1,n\n`,
    );

    expect(outcomes(rows)).toEqual([
      [2, expect.stringMatching(/line 3/)],
      [3, expect.stringMatching(/quote/)],
      [4, 3],
      [7, expect.stringMatching(/line 8/)],
      [8, expect.stringMatching(/quote/)],
    ]);
  });

  test('that are never closed cost one row', async () => {
    const rows = await parse(`${header}\n1,a,x,t,1,1\n\n2,"b,x,t,1,1\n3,c,x,t,1,1\n`);

    expect(outcomes(rows)).toEqual([
      [2, 1],
      [4, expect.stringMatching(/left open/)],
      [5, 3],
    ]);
  });

  test('wherever they are, what is read and refused is the whole file', async () => {
    const damage = fc.record({
      at: fc.nat(300),
      mark: fc.constantFrom('"', ' "', '" ', '""', '\\"', ',', '\uFFFD'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 4 }), async (damages) => {
        const sound = Array.from(
          { length: 8 },
          (_, at) =>
            `${at + 1},${at % 2 ? `"b, ""${at}"""` : 'a'},x,t,1,1,${at % 3 ? 'n' : '"n, m"'}\n`,
        );
        let csv = sound.join('');
        for (const { at, mark } of damages)
          csv = csv.slice(0, at % csv.length) + mark + csv.slice(at % csv.length);

        const { rows } = await readFile(await fileOf(`${header},note\n${csv}`));

        expect(rows.map(({ raw }) => raw).join('')).toBe(csv);
        // A row that takes another in, as damage may have it, is never taken itself.
        const taken = rows.filter(({ kind }) => kind === 'book');
        expect(taken.every(({ raw }) => raw.indexOf('\n') === raw.length - 1)).toBe(true);
      }),
      parametersOf({ numRuns: 200 }),
    );
  });
});

describe('other columns', () => {
  const theirs = 'ISBN13;Author;Title;Price\n="9780439023480";Ann Lee|Bo Ek;a;12,50\n=“”;;;\n';

  test('are named, and fields without a column are set', async () => {
    const rows = await parse(
      'ISBN13,Title,Author,topic\n="9780439023480",a,x,\n9780439023497,b,y,u\n="",c,z,\n',
      {
        map: { id: 'isbn13', title: 'Title', authors: 'Author', topic: 'Topic' },
        set: { topic: 'unsorted', price: '999', stock: '1' },
      },
    );

    expect(books(rows)).toEqual([
      {
        id: 9_780_439_023_480,
        title: 'a',
        authors: ['x'],
        topic: 'unsorted',
        price: 999,
        stock: 1,
      },
      { id: 9_780_439_023_497, title: 'b', authors: ['y'], topic: 'u', price: 999, stock: 1 },
    ]);
    expect(outcomes(rows).at(-1)).toEqual([4, 'id: is empty']);
  });

  test('a value that is set stands in the place of a column of the same name', async () => {
    const rows = await parse(`${header}\n1,a,x,t,1,1\n`, { set: { topic: 'u' } });
    expect(books(rows)).toMatchObject([{ topic: 'u' }]);
  });

  test('have their separators and prices in major units', async () => {
    const rows = await parse(theirs, {
      map: { id: 'ISBN13', authors: 'Author' },
      set: { topic: 't', stock: '1' },
      authorsSeparator: '|',
      majorUnits: { decimals: 2 },
    });

    expect(books(rows)).toMatchObject([{ authors: ['Ann Lee', 'Bo Ek'], price: 1250 }]);
    expect(outcomes(rows).at(-1)).toEqual([3, expect.stringMatching(/^id: .*; price: /)]);
  });

  test.each([',', ';', '\t', '|'])('are found between %j', async (separator) => {
    const csv = `${header}\n1,a,x,t,1,1\n2,"b, c; d",x,t,1,1\n`;
    const table = csv.replaceAll(/,(?! )/gu, separator);
    expect(await readFile(await fileOf(table))).toMatchObject({
      delimiter: separator,
      rowCount: 2,
    });
    const said = await readFile(await fileOf(`sep=${separator}\r\n${table}`));
    expect(outcomes(said.rows)).toEqual([
      [3, 1],
      [4, 2],
    ]);
  });

  test('are those between the delimiter that is given', async () => {
    const rows = await parse(`${header.replaceAll(',', '^')}\n1^a, b^x^t^1^1\n`, {
      delimiter: '^',
    });
    expect(books(rows)).toMatchObject([{ title: 'a, b' }]);
  });

  test('are filled down from the first row of a product, and from no other', async () => {
    const { rows } = await readFile(
      await fileOf(
        'handle,id,title,authors,topic,price,stock,image\n' +
          'h1,1,a,x,t,10,1,one\nh1,2,,,,20,2,two\nh1,,,,,,,three\nh1,3,,,u,x,3,\n' +
          'h2,4,,y,t,40,4,\nh2,,,,t,,,\n,5,,,t,50,5,\n,6,,,t,60,6,\n',
      ),
      { fillDown: 'Handle' },
    );

    expect(outcomes(rows)).toEqual([
      [2, 1],
      [3, 2],
      [4, 'blank'],
      [5, 'price: must be a whole number'],
      [6, 'title: is empty'],
      [7, 'id: is empty; title: is empty; price: is empty; stock: is empty'],
      [8, 'title: is empty; authors: is empty'],
      [9, 'title: is empty; authors: is empty'],
    ]);
    expect(books(rows)[1]).toMatchObject({ id: 2, title: 'a', authors: ['x'], topic: 't' });
    // Mended by itself, it has no row above.
    expect(rows[3]?.raw).toBe('"h1","3","a","x","u","x","3",""\n');
  });
});

describe('files of another shape', () => {
  test.each([
    ['nothing', '', 'is empty'],
    ['empty lines', '\n\n', 'is empty'],
    ['other columns', 'id;title;authors', 'has no column topic, price, stock'],
    ['a column too few', 'id,title,topic,stock\n1,a,t,1\n', 'has no column authors, price'],
    ['a column twice', `${header},Title\n`, 'has more than one column title'],
    ['an open quote in its first line', `"${header}`, 'line 1: a quote is stray or left open'],
    ['a line without end', `${header}\n1,"${'long '.repeat(250_000)}`, 'line 2 is longer'],
    ['Cyrillic of old', Buffer.from(`${header}\n1,\xc2\xee\xe9\xed\xe0`, 'latin1'), 'see line 2'],
    ['no text', Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 7919) % 256)), 'UTF-8'],
  ])('refuses a file with %s', async (_name, content, reason) => {
    await expect(openCatalogue(await fileOf(content))).rejects.toThrow(reason);
  });

  test('refuses a folder, and a file that is not there', async () => {
    await expect(openCatalogue(folder)).rejects.toThrow('is a directory');
    await expect(openCatalogue(join(folder, 'none.csv'))).rejects.toThrow('does not exist');
  });

  test('takes a file with a header and no rows', async () => {
    expect(await readFile(await fileOf(header))).toMatchObject({ rowCount: 0, rows: [] });
  });
});

describe('real catalogues', () => {
  test('reads the extract whole', async () => {
    const { rows } = await readFile(dataFile('books-extract.csv'));

    expect(books(rows)).toHaveLength(56);
    expect(rows).toHaveLength(56);
    const byId = new Map(books(rows).map((book) => [book.id, book]));
    expect(byId.get(221)?.title).toBe('A Child Called "It" (Dave Pelzer #1)');
    expect(byId.get(1372)?.title).toBe('الفيل الأزرق');
    expect(byId.get(79)?.topic).toBe('ancient classics');
    expect(books(rows).filter(({ stock }) => stock === 0).length).toBeGreaterThanOrEqual(6);
  });

  const testWhole = existsSync(wholeCatalogue) ? test : test.skip;
  testWhole('reads ten thousand books', async () => {
    const { rows } = await readFile(wholeCatalogue);

    const anthologies = [5397, 5987, 6203, 8033, 9411];
    expect(outcomes(rows.filter(({ kind }) => kind !== 'book'))).toEqual(
      anthologies.map((line) => [line, 'authors: must be at most 20 names']),
    );
    expect(rows).toHaveLength(10_000);
    expect(rows.at(-1)?.line).toBe(10_001);
    expect(books(rows).filter(({ stock }) => stock === 0)).toHaveLength(166);
    expect(new Set(books(rows).map(({ topic }) => topic)).size).toBe(18);
  });
});
