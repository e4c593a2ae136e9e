import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { faultOfText, tidyText } from '../../../lib/rules/text.js';
import {
  isFoundBy,
  longestWord,
  meetingOf,
  mostWords,
  termsOf,
  wordsOf,
  type BookWords,
} from '../../../lib/rules/words.js';
import { holds } from '../../support/random/properties.js';
import { unicodeText } from '../../support/random/unicode.js';

const register = <Value>(value: Value) => ({ value, stamp: 's' });

const wordsOfBook = (title: string, authors = ['Ada Author'], topic = 'Novels'): BookWords =>
  wordsOf({
    id: 1,
    registers: {
      title: register(title),
      authors: register(authors),
      topic: register(topic),
      price: register(1),
    },
    ledger: {},
  }) as BookWords;

const isFound = (title: string, searched: string, authors?: string[]): boolean =>
  isFoundBy(termsOf(searched), wordsOfBook(title, authors));

describe('the words of a title', () => {
  test.each([
    ['1984', ['1984']],
    ['The C++ Programming Language', ['the', 'c++', 'c', 'programming', 'language']],
    ['C#, F# and C++11', ['c#', 'c', 'f#', 'f', 'and', 'c++', '11']],
    ['ASP.NET and .NET', ['aspnet', 'asp', 'net', 'and']],
    ["O'Reilly’s Guide", ['oreillys', 'o', 'reilly', 's', 'guide']],
    ["L'Étranger", ['letranger', 'l', 'etranger']],
    ['Well-Known e-mail', ['well', 'known', 'e', 'mail']],
    ['20,000 Leagues', ['20000', '20', '000', 'leagues']],
    ['Straßenkunst', ['strassenkunst']],
    ['Solaris, von Stanisław Lem', ['solaris', 'von', 'stanislaw', 'lem']],
    ['Ｆｕｌｌ Ｗｉｄｔｈ', ['full', 'width']],
    ['?!', []],
  ])('%s are %j', (title, words) => {
    expect(wordsOfBook(title).title).toEqual(words);
  });

  test('do not lose what tells words apart in other scripts', () => {
    expect(wordsOfBook('がか').title).not.toEqual(wordsOfBook('かか').title);
    expect(wordsOfBook('कि').title).not.toEqual(wordsOfBook('की').title);
  });

  test('are bounded in number and in length', () => {
    const { title, authors } = wordsOfBook(
      Array.from({ length: mostWords }, (_, number) => `w${number}`).join(' '),
      ['x'.repeat(200)],
    );
    expect(title).toHaveLength(mostWords);
    expect(authors).toEqual([]);
    expect(wordsOfBook('a', ['😀'.repeat(9), '𝒳'.repeat(200)]).authors).toEqual([
      'x'.repeat(longestWord),
    ]);
  });

  test('of a book that is not whole are none', () => {
    expect(wordsOf(undefined)).toBeUndefined();
    expect(wordsOf({ id: 1, registers: { title: register('A') }, ledger: {} })).toBeUndefined();
  });
});

describe('a book is found', () => {
  test.each([
    ['Love in the Time of Cholera', 'garcia marquez', ['Gabriel García Márquez']],
    ['Love in the Time of Cholera', 'CHOLERA love', ['Gabriel García Márquez']],
    ['Love in the Time of Cholera', 'time marq', ['Gabriel García Márquez']],
    ['Harry Potter', 'harry p', undefined],
    ['Programming in C++', 'c++', undefined],
    ['Programming in C++', 'c', undefined],
    ["The Philosopher's Stone", 'philosophers stone', undefined],
    ["The Philosopher's Stone", 'philosopher stone', undefined],
    ['ASP.NET Core', '.net', undefined],
    ['L’Étranger', 'étranger', undefined],
    ['Smørrebrød', 'smorrebrod', undefined],
    ['ノルウェイの森', 'ﾉﾙｳｪｲの', undefined],
    ['x'.repeat(100), 'x'.repeat(60), undefined],
  ])('of the title %s by %s', (title, searched, authors) => {
    expect(isFound(title, searched, authors)).toBe(true);
  });

  test.each([
    ['Programming in C', 'c++'],
    ['Harry Potter', 'har potter'],
    ['Harry Potter', 'harry potters'],
    ['Harry Potter', 'otter'],
  ])('no book of the title %s by %s', (title, searched) => {
    expect(isFound(title, searched)).toBe(false);
  });

  test('as a whole word before a beginning, and in the title before the authors', () => {
    const how = (title: string, author: string) => {
      const [term] = termsOf('gar');
      return term && meetingOf(term, wordsOfBook(title, [author]))?.how;
    };
    expect(how('Gar', 'Gar')).toBe('title');
    expect(how('Garden', 'Gar')).toBe('authors');
    expect(how('Garden', 'Gary')).toBe('title beyond');
    expect(how('A', 'Gary')).toBe('authors beyond');
    expect(how('A', 'B')).toBeUndefined();
  });

  test('in its topic alone, where one is asked for', () => {
    expect(isFoundBy(termsOf('a', ' NOVELS'), wordsOfBook('A'))).toBe(true);
    expect(isFoundBy(termsOf('a', 'novel'), wordsOfBook('A'))).toBe(false);
  });

  const fullWidth = (text: string): string =>
    text.replaceAll(/[!-~]/g, (character) =>
      String.fromCodePoint((character.codePointAt(0) ?? 0) + 0xfee0),
    );
  const spellings = (text: string): string[] => [
    text,
    text.toUpperCase(),
    text.toLowerCase(),
    text.normalize('NFD'),
    text.normalize('NFKC'),
    fullWidth(text),
    text.toUpperCase().normalize('NFD'),
  ];
  const titles = unicodeText
    .map((text) => tidyText(text))
    .filter((text) => faultOfText(text, 500) === undefined);

  test('by its title, however that is written', () => {
    holds(
      fc.property(titles, (title) => {
        const words = wordsOfBook(title);
        const lost = spellings(title).filter((spelling) => !isFoundBy(termsOf(spelling), words));
        expect(lost.map((text) => [text, termsOf(text)])).toEqual([]);
      }),
      1_000,
    );
  });

  test('by each of its words', () => {
    holds(
      fc.property(titles, titles, (title, author) => {
        const words = wordsOfBook(title, [author]);
        const lost = [...words.title, ...words.authors].filter(
          (word) => !isFoundBy(termsOf(word), words),
        );
        expect(lost.map((word) => [word, termsOf(word)])).toEqual([]);
      }),
      1_000,
    );
  });

  test('by each of its words, also where a mark holds letters together that are two words without it', () => {
    const words = wordsOfBook('\u1100\u05b0\u1161i');
    expect(words.title).toEqual(['\uac00', 'i']);
    for (const word of words.title) expect(isFoundBy(termsOf(word), words)).toBe(true);
  });

  test('by words without a blank in them, that sort behind one', () => {
    holds(
      fc.property(titles, (title) => {
        expect(wordsOfBook(title).title.filter((word) => !/^[^\s!"]+$/u.test(word))).toEqual([]);
      }),
      1_000,
    );
  });
});
