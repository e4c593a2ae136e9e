import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { difference, joinStates, type BookState, type Registers } from '../../../lib/rules/book.js';
import {
  bookKey,
  emptyState,
  joinExpression,
  listedJoinExpression,
  rightsAttribute,
  rowAttribute,
  toBookState,
} from '../../../lib/tables/book-item.js';
import {
  bookId,
  bookStates,
  ours,
  rowOfSeq,
  stampOf,
  theirs,
  thirds,
  wholeBook,
} from '../support/books.js';
import { holds } from '../../support/random/properties.js';
import { updateItem } from '../support/update-item.js';

const nothing = { registers: {}, rows: {} };

/** The write of who read `known` and heard of `incoming`, on the item as it now is. */
const join = (item: Record<string, unknown>, known: BookState, incoming: BookState) =>
  updateItem(item, joinExpression(known, difference(known, incoming) ?? nothing).toUpdate());

const itemOf = (state: BookState): Record<string, unknown> =>
  join({}, emptyState(bookId), state) ?? {};

describe('the item of a book', () => {
  test('holds all that its state says, and gives it back', () => {
    holds(
      fc.property(bookStates, (state) => {
        expect(toBookState(itemOf(state))).toEqual(state);
      }),
    );
  });

  test('has an attribute for each register and each site’s row', () => {
    expect(itemOf(wholeBook({ ledger: { [ours]: rowOfSeq(2), [theirs]: rowOfSeq(1) } }))).toEqual({
      bookId,
      home: 'us-east-1',
      ...wholeBook().registers,
      [`row#${ours}`]: rowOfSeq(2),
      [`row#${theirs}`]: rowOfSeq(1),
    });
    expect(rowAttribute(ours)).toBe(`row#${ours}`);
  });

  test('may hold a row that has never changed, which says nothing', () => {
    const item = { ...itemOf(wholeBook()), [`row#${thirds}`]: rowOfSeq(0) };
    expect(toBookState(item)).toEqual(wholeBook());
  });

  test('may hold more than the state: index keys, rights, times', () => {
    const item = {
      ...bookKey(bookId),
      ...itemOf(wholeBook()),
      [rightsAttribute(ours)]: 3,
      changedAt: 1,
      topicKey: 'a',
    };
    expect(toBookState(item)).toEqual(wholeBook());
  });

  test('is refused where it is not a book’s', () => {
    for (const broken of [
      {},
      { bookId: 'seven' },
      { bookId, price: 3000 },
      { bookId, price: { value: 30.5, stamp: stampOf(1) } },
      { bookId, [rowAttribute(ours)]: { stocked: 1, sold: 0, moved: {} } },
      { bookId, [rowAttribute(ours)]: { ...rowOfSeq(1), sold: -1 } },
    ]) {
      expect(() => toBookState(broken)).toThrow();
    }
  });
});

describe('the keys of the indexes', () => {
  const listed = {
    topicKey: 'distributed systems',
    shelf: expect.any(String),
    shelfKey: expect.any(String),
  };
  const topic = { value: 'Networks', stamp: stampOf(7) };
  const sale = (value: boolean, stamp: number) => ({ isListed: { value, stamp: stampOf(stamp) } });
  const isbn = (value: string | null, stamp: number) => ({
    isbn: { value, stamp: stampOf(stamp) },
  });
  const listedItemOf = (state: BookState) =>
    updateItem({}, listedJoinExpression(emptyState(bookId), { ...state, rows: {} }).toUpdate()) ??
    {};
  const book = wholeBook();
  const withRegisters = (registers: Registers) =>
    wholeBook({ registers: { ...book.registers, ...registers } });
  const write = (item: Record<string, unknown>, known: BookState, registers: Registers) =>
    updateItem(item, listedJoinExpression(known, { registers, rows: {} }).toUpdate());

  test('are there once the book is whole', () => {
    const { price: _price, ...registers } = book.registers;
    expect(listedItemOf({ ...book, registers })).not.toHaveProperty('topicKey');
    expect(listedItemOf(book)).toMatchObject(listed);
    expect(listedItemOf(withRegisters(isbn('9780439023481', 1)))).toMatchObject({
      isbnKey: '9780439023481',
    });
  });

  test('go while the book is off sale, whatever becomes of its topic, and come back with it', () => {
    const off = withRegisters(sale(false, 5));
    const item = write(listedItemOf(book), book, sale(false, 5)) ?? {};
    for (const key of ['topicKey', 'shelf', 'shelfKey']) expect(item).not.toHaveProperty([key]);
    expect(write(item, off, { topic })).not.toHaveProperty('topicKey');
    expect(write(item, off, sale(true, 6))).toMatchObject(listed);
  });

  test('are refused where either of topic and sale is not as it was seen', () => {
    expect(write(listedItemOf(withRegisters(sale(false, 5))), book, { topic })).toBeUndefined();
    expect(write(listedItemOf(withRegisters({ topic })), book, sale(false, 5))).toBeUndefined();
  });

  test('of the ISBN go with it', () => {
    const known = withRegisters(isbn('9780439023481', 1));
    expect(write(listedItemOf(known), known, isbn(null, 2))).not.toHaveProperty('isbnKey');
    expect(write(listedItemOf(known), known, isbn('9791090636071', 2))).toMatchObject({
      isbnKey: '9791090636071',
    });
  });

  test('stay as they are where something else is changed', () => {
    const price = { value: 1, stamp: stampOf(9) };
    const { ExpressionAttributeNames } = listedJoinExpression(book, {
      registers: { price },
      rows: {},
    }).toUpdate();
    expect(Object.values(ExpressionAttributeNames ?? {})).not.toContain('topicKey');
    expect(listedItemOf(book)).toMatchObject(listed);
  });
});

describe('a join that was decided on what was read', () => {
  const states = bookStates.map((state) => ({ ...state, home: 'us-east-1' }));

  test('G4: either finds the item changed, or makes it the join of all', () => {
    holds(
      fc.property(states, states, states, (known, meanwhile, incoming) => {
        const item = itemOf(joinStates(known, meanwhile));
        const joined = join(item, known, incoming);
        if (joined === undefined) return;
        expect(toBookState(joined)).toEqual(joinStates(joinStates(known, meanwhile), incoming));
      }),
      2_000,
    );
  });

  test('G4: is refused where another home was settled on since, as with every other part', () => {
    const known = wholeBook({ home: 'us-east-1' });
    const now = wholeBook({ home: 'ap-south-1' });
    expect(join(itemOf(now), known, wholeBook({ home: 'eu-west-1' }))).toBeUndefined();
  });

  test('is carried out where nothing has changed', () => {
    holds(
      fc.property(bookStates, bookStates, (known, incoming) => {
        expect(toBookState(join(itemOf(known), known, incoming) ?? {})).toEqual(
          joinStates(known, incoming),
        );
      }),
    );
  });

  test('G1: is refused where the row has grown since, though not as far: its copies arrived already', () => {
    const known = wholeBook({ ledger: { [theirs]: rowOfSeq(1) } });
    const incoming = wholeBook({ ledger: { [theirs]: rowOfSeq(4) } });
    const now = wholeBook({ ledger: { [theirs]: rowOfSeq(2) } });
    expect(join(itemOf(now), known, incoming)).toBeUndefined();
    expect(join(itemOf(incoming), known, incoming)).toBeUndefined();
    expect(join(itemOf(known), known, incoming)).toBeDefined();
  });

  test('G1: is refused where the row was not known, and now is', () => {
    const known = wholeBook({ ledger: {} });
    const incoming = wholeBook({ ledger: { [theirs]: rowOfSeq(4) } });
    const now = wholeBook({ ledger: { [theirs]: rowOfSeq(1) } });
    expect(join(itemOf(now), known, incoming)).toBeUndefined();
    expect(join(itemOf(known), known, incoming)).toBeDefined();
  });

  test('G4: is carried out where the row lies there, and nothing had happened in it yet', () => {
    const known = wholeBook({ ledger: {} });
    const incoming = wholeBook({ ledger: { [theirs]: rowOfSeq(4) } });
    const now = { ...itemOf(known), [rowAttribute(theirs)]: rowOfSeq(0) };
    expect(toBookState(join(now, known, incoming) ?? {})).toEqual(incoming);
  });

  test('is not in the way of a change elsewhere in the item, such as a sale', () => {
    const known = wholeBook({ ledger: { [ours]: rowOfSeq(1), [theirs]: rowOfSeq(1) } });
    const incoming = wholeBook({ ledger: { [theirs]: rowOfSeq(2) } });
    const now = wholeBook({ ledger: { [ours]: rowOfSeq(3), [theirs]: rowOfSeq(1) } });
    expect(toBookState(join(itemOf(now), known, incoming) ?? {}).ledger).toEqual({
      [ours]: rowOfSeq(3),
      [theirs]: rowOfSeq(2),
    });
  });

  test('names only what it changes', () => {
    const known = wholeBook({ ledger: { [ours]: rowOfSeq(1) } });
    const price = { value: 1, stamp: stampOf(9) };
    const update = joinExpression(known, { registers: { price }, rows: { [thirds]: rowOfSeq(1) } });
    expect(update.toUpdate()).toEqual({
      UpdateExpression: 'SET #n0 = :v0, #n1 = :v1, #n3 = :v3',
      ConditionExpression: '#n1.#n2 = :v2 AND (attribute_not_exists(#n3) OR #n3.#n4 = :v4)',
      ExpressionAttributeNames: {
        '#n0': 'bookId',
        '#n1': 'price',
        '#n2': 'stamp',
        '#n3': `row#${thirds}`,
        '#n4': 'seq',
      },
      ExpressionAttributeValues: {
        ':v0': bookId,
        ':v1': price,
        ':v2': stampOf(1),
        ':v3': rowOfSeq(1),
        ':v4': 0,
      },
    });
  });
});
