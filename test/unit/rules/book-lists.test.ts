import { describe, expect, test } from '@jest/globals';
import { allBooksList, listsChanged, listsOf, topicList } from '../../../lib/rules/book-lists.js';
import { stampOf, wholeBook } from '../support/books.js';

const bookOfTopic = (topic: string) =>
  wholeBook({
    registers: { ...wholeBook().registers, topic: { value: topic, stamp: stampOf(2) } },
  });

describe('the lists that a change moves a book into or out of', () => {
  test('are the whole catalogue and its topic, for a new book', () => {
    expect(listsChanged(undefined, bookOfTopic('Databases'))).toEqual([
      allBooksList,
      topicList('databases'),
    ]);
  });

  test('are those of both topics, for a book that changes its own', () => {
    expect(listsChanged(bookOfTopic('Databases'), bookOfTopic('Networks'))).toEqual([
      allBooksList,
      topicList('databases'),
      topicList('networks'),
    ]);
  });

  test('are none where the topic is written in another way only', () => {
    expect(listsChanged(bookOfTopic('Databases'), bookOfTopic(' databases '))).toEqual([]);
  });

  test('are those of its topic, for a book that is taken off sale, and for one that comes back', () => {
    const listed = bookOfTopic('Databases');
    const isListed = { value: false, stamp: stampOf(3) };
    const unlisted = { ...listed, registers: { ...listed.registers, isListed } };
    const lists = [allBooksList, topicList('databases')];
    expect(listsChanged(listed, unlisted)).toEqual(lists);
    expect(listsChanged(unlisted, listed)).toEqual(lists);
    expect(listsChanged(unlisted, { ...unlisted, ledger: {} })).toEqual([]);
    expect([listsOf(listed), listsOf(unlisted)]).toEqual([lists, []]);
  });

  test('are none of a purchase', () => {
    const book = bookOfTopic('Databases');
    expect(listsChanged(book, { ...book, ledger: {} })).toEqual([]);
  });

  test('are none of a book whose topic is not known yet', () => {
    const unknown = { id: 7, registers: {}, ledger: {} };
    expect(listsChanged(undefined, unknown)).toEqual([]);
    expect(listsChanged(unknown, bookOfTopic('a'))).toEqual([allBooksList, topicList('a')]);
  });

  test('are never taken for one another', () => {
    expect(topicList(allBooksList)).not.toBe(allBooksList);
  });
});
