import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  formatRecord,
  linesOf,
  parseCells,
  readRecord,
  type CsvRecord,
} from '../../cli/import/csv-records.js';
import { parametersOf } from '../support/random/properties.js';

async function read(
  parts: readonly string[],
  delimiter = ',',
  looksLikeRow?: (line: string) => boolean,
): Promise<CsvRecord[]> {
  async function* text() {
    yield* parts;
  }
  const lines = linesOf(text());
  const records: CsvRecord[] = [];
  for (;;) {
    const record = await readRecord(lines, delimiter, looksLikeRow);
    if (record === undefined) return records;
    records.push(record);
  }
}

const outcomes = (records: readonly CsvRecord[]) =>
  records.map(({ line, cells, problem }) => [line, cells ?? problem]);

describe('the cells of a record', () => {
  test.each([
    ['plain', 'a,,c\r\n', ['a', '', 'c']],
    ['quoted', '"a ""b"", c",""\n', ['a "b", c', '']],
    ['with line breaks', '"a\nb\r\nc","d\re"', ['a\nb\r\nc', 'd\re']],
    ['with blanks around quotes', ' "Xen, and" ,\t"b"\t, c ', ['Xen, and', 'b', 'c']],
    [
      'with pairs of quotes in a bare cell',
      'A "great" book,="0042",=""',
      ['A "great" book', '="0042"', '=""'],
    ],
    ['with blanks within quotes', '" a "', [' a ']],
  ])('are taken %s', (_name, raw, cells) => {
    expect(parseCells(raw, ',')).toEqual(cells);
  });

  test.each([
    ['a text after a closing quote', '"b" c,d'],
    ['a quote after a closing quote', '"b" "c",d'],
    ['an empty cell before a quote', '"" "c",d'],
    ['a letter after a closing quote', '"b"c,d'],
    ['a single quote in a bare cell', 'a 12" record,d'],
    ['a quote left open', 'a,"b'],
    ['a delimiter between quotes in a bare cell', 'A "great, big" book,d'],
    ['backslashes before quotes', '"a \\"b\\" c",d'],
  ])('are not taken with %s', (_name, raw) => {
    expect(parseCells(raw, ',')).toBeUndefined();
  });
});

describe('a quote that is wrong', () => {
  test('costs its own line and no other, in whatever column', async () => {
    const records = await read([
      '1,a 12" record,x\n2,b,y\n3,"c,x\n4,"d" e,x\n5,f,"x\r\n6,g,h\r\n7,i,"5" disk"\n8,j,k\n',
    ]);

    expect(outcomes(records)).toEqual([
      [1, expect.stringMatching(/stray/)],
      [2, ['2', 'b', 'y']],
      [3, expect.stringMatching(/left open/)],
      [4, expect.stringMatching(/stray/)],
      [5, expect.stringMatching(/stray/)],
      [6, ['6', 'g', 'h']],
      [7, expect.stringMatching(/stray/)],
      [8, ['8', 'j', 'k']],
    ]);
  });

  test('costs no more where the next quote of the text closes its cell', async () => {
    const looksLikeRow = (line: string) => /^\d+,.*,/u.test(line);
    const records = await read(['1,a,"x\n2,b,y"\n3,"c\nd",z\n'], ',', looksLikeRow);

    expect(outcomes(records)).toEqual([
      [1, expect.stringMatching(/into line 2, a row of its own/)],
      [2, expect.stringMatching(/stray/)],
      [3, ['3', 'c\nd', 'z']],
    ]);
  });

  test('is told apart where it is escaped by a backslash', async () => {
    const records = await read(['1,"say \\"yes\\"",x\n2,b,y\n']);

    expect(outcomes(records)).toEqual([
      [1, expect.stringMatching(/backslash/)],
      [2, ['2', 'b', 'y']],
    ]);
  });

  test('is looked for a close of no further than a row can reach', async () => {
    const rows = Array.from({ length: 1500 }, (_, at) => `${at},${'row '.repeat(200)}\n`);
    const records = await read(['x,"open\n', ...rows, 'y,closed"\n', 'z,row\n']);

    expect(outcomes(records.slice(1500))).toEqual([
      [1501, ['1499', expect.stringContaining('row')]],
      [1502, expect.stringMatching(/stray or left open/)],
      [1503, ['z', 'row']],
    ]);
    expect(records.filter(({ problem }) => problem !== undefined)).toHaveLength(2);
  });
});

test('a line that is longer than any row can be is refused as a whole', async () => {
  await expect(read(['a\n', 'b'.repeat(600_000), 'c'.repeat(600_000)])).rejects.toThrow('line 2');
});

const delimiter = fc.constantFrom(',', ';', '\t', '|');
const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
/** What means something in CSV comes up often. */
const cell = fc.string({
  unit: fc.constantFrom(
    'a',
    ' ',
    '"',
    '"',
    ',',
    ';',
    '|',
    '\t',
    '\\',
    '\n',
    '\r',
    '=',
    'é',
    '\u{1f600}',
  ),
  maxLength: 12,
});
const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 5 }), {
  minLength: 1,
  maxLength: 6,
});
const cut = (text: string, lengths: readonly number[]): string[] => {
  const parts = lengths.map((length) => {
    const part = text.slice(0, length);
    text = text.slice(length);
    return part;
  });
  return [...parts, text];
};

/** A cell as RFC 4180 has it, in quotes where it needs them. */
const quoteWhereNeeded = (text: string, separator: string): string =>
  text.trim() === text && !/["\r\n]/u.test(text) && !text.includes(separator)
    ? text
    : `"${text.replaceAll('"', '""')}"`;

describe('whatever the cells', () => {
  test('a table is read as it was written, line by line, wherever its parts are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        table,
        delimiter,
        lineEnd,
        fc.array(fc.nat(9)),
        fc.boolean(),
        async (rows, separator, end, lengths, isEnded) => {
          const written = rows.map((cells) =>
            cells.map((text) => quoteWhereNeeded(text, separator)).join(separator),
          );
          // A row of nothing but blanks is none.
          fc.pre(written.every((row) => row.trim() !== ''));
          const text = written.join(end) + (isEnded ? end : '');

          const records = await read(cut(text, lengths), separator);

          expect(records.map(({ cells }) => cells)).toEqual(rows);
          expect(records.map(({ raw }) => raw).join('')).toBe(text);
          const lines = written.map((row) => row.split(/\r\n|\n|\r/u).length);
          expect(records.map(({ line }) => line)).toEqual(
            lines.map((_, at) => 1 + lines.slice(0, at).reduce((sum, count) => sum + count, 0)),
          );
        },
      ),
      parametersOf({ numRuns: 1000 }),
    );
  });

  test('a record that is formatted is read as it was', () => {
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1 }), delimiter, (cells, separator) => {
        expect(parseCells(formatRecord(cells, separator), separator)).toEqual(cells);
      }),
      parametersOf({ numRuns: 1000 }),
    );
  });

  test('nothing of a damaged text is lost: records are its lines in order, but for blank ones', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\\', ' '), maxLength: 60 }),
        fc.array(fc.nat(9)),
        async (text, lengths) => {
          const lines = text.split(/(?<=\n)/u);
          const isBlank = (line: string) => line.trim() === '';
          let next = 0;
          for (const { line, raw } of await read(cut(text, lengths))) {
            const end = line - 1 + raw.split(/(?<=\n)/u).length;
            expect(lines.slice(next, line - 1).every(isBlank)).toBe(true);
            expect(raw).toBe(lines.slice(line - 1, end).join(''));
            next = end;
          }
          expect(lines.slice(next).every(isBlank)).toBe(true);
        },
      ),
      parametersOf({ numRuns: 1000 }),
    );
  });
});
