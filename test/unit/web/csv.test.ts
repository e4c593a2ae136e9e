import { describe, expect, test } from '@jest/globals';
import { readCatalogue } from '../../../web/control/csv.js';

const head = 'id,title,authors,topic,price,stock';

describe('a catalogue in the browser', () => {
  test('is read row by row', () => {
    expect(
      readCatalogue(`${head}\r\n7,"A ""quoted"", title","A. One, B. Two",Tests,1250,3\r\n`),
    ).toEqual([
      {
        line: 2,
        book: {
          id: 7,
          title: 'A "quoted", title',
          authors: ['A. One', 'B. Two'],
          topic: 'Tests',
          price: 1250,
          stock: 3,
        },
      },
    ]);
  });

  test.each([';', '\t'])(
    'is read with %j between cells, too, and with a mark of its encoding',
    (sign) => {
      const text = `\ufeff${head}\n7,T,A,Tests,1250,3`.replaceAll(',', sign);
      expect(readCatalogue(text)).toMatchObject([{ book: { id: 7, stock: 3 } }]);
    },
  );

  test('takes what a book may have beside that', () => {
    const [row] = readCatalogue(`${head},Year,isbn\n7,T,A,Tests,1,1,1999,9780439023480`);
    expect(row).toMatchObject({ book: { year: 1999, isbn: '9780439023480' } });
  });

  test('says of each row what is wrong with it, and where it stands', () => {
    expect(
      readCatalogue(`${head}\nx,T,A,Tests,1,\n8,"two\nlines",A,Tests,1,1\n8,T,A,Tests,1,1`),
    ).toEqual([
      { line: 2, problem: 'id must be a whole number; stock is empty' },
      { line: 4, book: expect.objectContaining({ id: 8, title: 'two\nlines' }) },
      { line: 5, problem: 'id 8 is in the file already' },
    ]);
  });

  test.each([
    ['', /no rows/],
    [head, /no rows/],
    ['id,title\n1,T', /no column authors, topic, price, stock/],
    [`${head}\n7,"open,A,Tests,1,1`, /can’t be read/],
  ])('is refused as a whole where it is none: %j', (text, reason) => {
    expect(() => readCatalogue(text)).toThrow(reason);
  });
});
