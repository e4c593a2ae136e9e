import { beforeEach, describe, expect, test } from '@jest/globals';
import { emptyRow, type StockRow } from '../../../lib/rules/ledger.js';
import type { OrderRow } from '../../../lib/rules/order.js';
import type { Item } from '../../../simulator/dynamodb/tables.js';
import type { Write } from '../../../simulator/places/table-place.js';
import { Truth } from '../../../simulator/record/truth.js';
import type { Violation } from '../../../simulator/clockwork/violations.js';
import { lineItem, orderRow } from '../support/orders.js';

const one = 'us-east-1#1';
const other = 'eu-west-1#1';

let violations: Violation[];
let truth: Truth;
let steps: number;
const former = new Map<string, Item>();

beforeEach(() => {
  violations = [];
  steps = 0;
  former.clear();
  truth = new Truth(
    (violation) => violations.push(violation),
    () => steps,
  );
});

/** One command that leaves these items in a site's tables. */
function write(site: string, by: string, ...items: readonly Item[]): void {
  steps += 1;
  const records = items.map((after) => {
    const id = `${site} ${JSON.stringify(after['id'])}`;
    const before = former.get(id);
    former.set(id, after);
    return { sequence: steps, atMs: steps, id, before, after };
  });
  truth.observe(
    [{ table: site, records, invocation: { name: by } } as unknown as Write],
    () => site,
  );
}

const row = (given: Partial<StockRow>): StockRow => ({
  ...emptyRow,
  seq: 1,
  ...given,
});

const price = { value: 100, stamp: '1@us-east-1' };

const book = (site: string, rights: number, rows: Record<string, StockRow>, id = 7): Item =>
  ({
    id: String(id),
    bookId: id,
    price,
    [`rights#${site}`]: rights,
    ...Object.fromEntries(Object.entries(rows).map(([name, given]) => [`row#${name}`, given])),
  }) as unknown as Item;

const itemOf = (bookId: number, unitPrice = 100) => lineItem({ bookId, quantity: 1, unitPrice });

const order = (id: string, given: Partial<OrderRow> = {}) =>
  orderRow({ id, items: [itemOf(7)], ...given }) as unknown as Item;

function stockFiveAndSellOne(): void {
  write(one, 'operation 1.0', book(one, 5, { [one]: row({ stocked: 5 }) }));
  write(
    one,
    'operation 2.0',
    book(one, 4, { [one]: row({ stocked: 5, sold: 1, seq: 2 }) }),
    order('a'),
  );
}

const kinds = () => violations.map(({ guarantee }) => guarantee);

describe('the truth', () => {
  test('finds nothing wrong with a restock, a sale, a move and a cancellation', () => {
    stockFiveAndSellOne();
    const moved = row({ stocked: 5, sold: 1, moved: { [other]: 2 }, seq: 3 });
    write(one, 'operation 3.0', book(one, 2, { [one]: moved }));
    write(other, 'replicate', book(other, 2, { [one]: moved, [other]: row({ seq: 0 }) }));
    const cancelled = { ...moved, sold: 0, seq: 4 };
    write(
      one,
      'operation 4.0',
      book(one, 3, { [one]: cancelled }),
      order('a', { status: 'cancelled' }),
    );
    expect(violations).toEqual([]);
    expect(truth.totals()).toEqual({ copiesSold: 0, copiesOversold: 0 });
    expect(truth.sales.map(({ by, seqs }) => [by, [...seqs]])).toEqual([
      ['operation 2.0', [[7, 2]]],
    ]);
    expect(truth.cancellations.map(({ row: { id }, seqs }) => [id, [...seqs]])).toEqual([
      ['a', [[7, 4]]],
    ]);
  });

  test('knows how many copies were for sale between two steps', () => {
    stockFiveAndSellOne();
    write(one, 'operation 3.0', book(one, 9, { [one]: row({ stocked: 10, sold: 1, seq: 3 }) }));
    expect(truth.availableWithin(7, 1, 1)).toEqual([5]);
    expect(truth.availableWithin(7, 1, 3)).toEqual([5, 4, 9]);
    expect(truth.availableWithin(7, 3, 3)).toEqual([9]);
    expect(truth.fewestRights(7, other, 0, 3)).toBe(0);
  });

  test('sees more copies sold than stocked', () => {
    write(one, 'operation 1.0', book(one, -1, { [one]: row({ stocked: 0, sold: 1 }) }), order('a'));
    expect(kinds()).toContain('G1');
  });

  test('sees rights that the rows do not give', () => {
    write(one, 'operation 1.0', book(one, 6, { [one]: row({ stocked: 5 }) }));
    expect(kinds()).toEqual(['G1']);
  });

  test('sees one version of a row that says two things', () => {
    write(one, 'operation 1.0', book(one, 5, { [one]: row({ stocked: 5 }) }));
    write(
      other,
      'replicate',
      book(other, 0, { [one]: row({ stocked: 6 }), [other]: row({ seq: 0 }) }),
    );
    expect(kinds()).toEqual(['G1']);
  });

  test('sees copies that are counted as sold without an order, and the other way round', () => {
    write(one, 'operation 1.0', book(one, 4, { [one]: row({ stocked: 5, sold: 1 }) }));
    expect(kinds()).toEqual(['G2']);
    write(one, 'operation 2.0', order('a'), order('b'));
    expect(kinds()).toEqual(['G2', 'G2']);
  });

  test('sees a sale at another price than that of its region', () => {
    write(one, 'operation 1.0', book(one, 5, { [one]: row({ stocked: 5 }) }));
    const sold = row({ stocked: 5, sold: 1, seq: 2 });
    write(
      one,
      'operation 2.0',
      book(one, 4, { [one]: sold }),
      order('a', { items: [itemOf(7, 99)] }),
    );
    expect(kinds()).toEqual(['G2']);
  });

  describe('of an order of two books', () => {
    const stocked = { [one]: row({ stocked: 5 }) };
    const sold = { [one]: row({ stocked: 5, sold: 1, seq: 2 }) };
    const basket = order('a', { items: [itemOf(7), itemOf(8)] });
    const both = (rights: number, rows: Record<string, StockRow>) => [
      book(one, rights, rows),
      book(one, rights, rows, 8),
    ];

    beforeEach(() => write(one, 'operation 1.0', ...both(5, stocked)));

    test('finds nothing wrong with its sale and its cancellation', () => {
      write(one, 'operation 2.0', ...both(4, sold), basket);
      write(other, 'replicate', book(other, 0, sold), book(other, 0, sold, 8));
      write(other, 'replicate', basket);
      const back = { [one]: row({ stocked: 5, seq: 3 }) };
      write(one, 'operation 3.0', ...both(5, back), { ...basket, status: 'cancelled' });
      expect(violations).toEqual([]);
      expect([...(truth.sales[0]?.seqs ?? [])]).toEqual([
        [7, 2],
        [8, 2],
      ]);
    });

    test('sees a sale that takes the copies of one book only', () => {
      write(one, 'operation 2.0', book(one, 4, sold), basket);
      expect(kinds()).toEqual(['G10']);
    });

    test('sees a cancellation that gives the copies of one book back', () => {
      write(one, 'operation 2.0', ...both(4, sold), basket);
      const back = { [one]: row({ stocked: 5, seq: 3 }) };
      write(one, 'operation 3.0', book(one, 5, back), { ...basket, status: 'cancelled' });
      expect(kinds()).toEqual(['G10']);
    });

    test('sees it in a region that has not heard of one of its books', () => {
      write(one, 'operation 2.0', ...both(4, sold), basket);
      write(other, 'replicate', book(other, 0, sold), book(other, 0, stocked, 8));
      write(other, 'replicate', basket);
      expect(kinds()).toEqual(['G10']);
    });
  });

  test('sees a price that comes back by another operation', () => {
    write(one, 'operation 1.0', book(one, 5, { [one]: row({ stocked: 5 }) }));
    const again = { value: 100, stamp: '2@us-east-1' };
    write(one, 'operation 2.0', { ...book(one, 5, { [one]: row({ stocked: 5 }) }), price: again });
    expect(kinds()).toEqual(['G4']);
  });

  test('lets an operator write the row of a lost site, and nobody else', () => {
    write(other, 'operation 1.0', book(other, 5, { [other]: row({ stocked: 5 }) }));
    truth.lost.add(other);
    const retired = row({ stocked: 5, moved: { [one]: 5 }, seq: 9 });
    write(one, 'operator 1', book(one, 5, { [other]: retired, [one]: row({ seq: 0 }) }));
    expect(violations).toEqual([]);
    expect(truth.rowOf(7, other)).toEqual(retired);
    const again = row({ stocked: 5, moved: { [one]: 5 }, seq: 10 });
    write(one, 'replicate', book(one, 5, { [other]: again, [one]: row({ seq: 0 }) }));
    expect(kinds()).toEqual(['G1']);
  });

  test('sees a lost site that is retired with other sales than it made', () => {
    const sold = row({ stocked: 5, sold: 1 });
    write(other, 'operation 1.0', book(other, 4, { [other]: sold }), order('a', { site: other }));
    truth.lost.add(other);
    const retired = row({ stocked: 5, moved: { [one]: 5 }, seq: 9 });
    write(one, 'operator 1', book(one, 5, { [other]: retired, [one]: row({ seq: 0 }) }));
    expect(kinds()).toEqual(['G1']);
  });
});
