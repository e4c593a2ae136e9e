import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { faultOfText, tidyLines, tidyText } from '../../../lib/rules/text.js';
import { holds } from '../../support/random/properties.js';
import { everyCharacter, unicodeText } from '../../support/random/unicode.js';

describe('a text of several lines', () => {
  const faultOfLines = (text: string, most = 30) => faultOfText(text, most, { hasLines: true });

  test('keeps its line breaks, as one character each, and is tidy in each line', () => {
    const text = '\r\n  One   line \r\n\r\ntwo\u2028e\u0301 three\rfour\n \n';
    expect(tidyLines(text)).toBe('One line\n\ntwo\né three\nfour');
    expect(tidyLines(tidyLines(text))).toBe(tidyLines(text));
    expect(faultOfLines(text)).toBeUndefined();
  });

  test('has the rule of all texts otherwise', () => {
    expect(faultOfLines('a\nb\tc')).toBe('holds a control character (U+0009) as its character 4');
    expect(faultOfLines('a\r\n\u202e')).toMatch(/overrides .* as its character 4$/);
    expect(faultOfLines(' \n\u200b\n')).toBe('must hold a visible character');
    expect(faultOfLines('a\n'.repeat(15), 29)).toBeUndefined();
    expect(faultOfLines(`${'a\n'.repeat(15)}b`, 30)).toMatch(/it has 31$/);
  });
});

describe('a text', () => {
  test.each([
    'RPCs for Noobs',
    '  Émile,   ou De l\u2019éducation ',
    'שיר השירים',
    '\u200fالف ليلة\u200e (1)',
    'می\u200cخواهم',
    '紅樓夢',
    '👩‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿 1️⃣',
    'หนังสือ',
    '?',
    '\u2801\u2800\u2803',
    '\ue000',
  ])('may be %j', (text) => {
    expect(faultOfText(text, 30)).toBeUndefined();
  });

  test.each([
    ['a\u0007b', 'holds a control character (U+0007) as its character 2'],
    ['😀😀\n', 'holds a control character (U+000A) as its character 3'],
    ['\u0085', 'holds a control character (U+0085) as its character 1'],
    ['ab\ud83d', 'holds half of a character (U+D83D) as its character 3'],
    ['\ude00ab', 'holds half of a character (U+DE00) as its character 1'],
    ['a\uffff', 'holds a noncharacter (U+FFFF) as its character 2'],
    ['\u{1fffe}', 'holds a noncharacter (U+1FFFE) as its character 1'],
    ['a\ufdd0', 'holds a noncharacter (U+FDD0) as its character 2'],
    [
      'a\ufffd',
      'holds the character that stands for what could not be decoded (U+FFFD) as its character 2',
    ],
  ])('may not be %j', (text, fault) => {
    expect(faultOfText(text, 30)).toBe(fault);
  });

  test.each(Array.from('\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069'))(
    'may not turn what is shown behind it: %j',
    (turn) => {
      expect(faultOfText(`a${turn}b`, 30)).toMatch(/^holds a character that overrides or isolates/);
    },
  );

  test.each(['', ' ', '\u00a0\u3000\u2028', '\u200b', '\ufeff', '\u00ad', '\u3164', '\u{e0041}'])(
    'must show: %j',
    (text) => {
      expect(faultOfText(text, 30)).toBe('must hold a visible character');
    },
  );

  test.each(['\u0301', '\u093e \u20dd', '\ufe0f', '\u2800', '\u0600'])(
    'must hold more than what shows with others only: %j',
    (text) => {
      expect(faultOfText(text, 30)).toBe('must hold a visible character');
    },
  );

  test('is measured in characters, as it is kept', () => {
    expect(faultOfText('😀'.repeat(30), 30)).toBeUndefined();
    expect(faultOfText(` ${'e\u0301'.repeat(30)}  `, 30)).toBeUndefined();
    expect(faultOfText('a'.repeat(31), 30)).toBe(
      'must not be longer than 30 characters: it has 31',
    );
    // NFC writes this one letter as two.
    expect(faultOfText('\u0958'.repeat(16), 30)).toMatch(/it has 32$/);
  });

  test('that has no fault fits SQS, and keeps to the rule as it is kept', () => {
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
    const taken = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;
    holds(
      fc.property(unicodeText, (text) => {
        if (faultOfText(text, 100) !== undefined) return;
        const kept = tidyText(text);
        expect(kept).toMatch(taken);
        expect(faultOfText(kept, 100)).toBeUndefined();
      }),
      3_000,
    );
  });

  test('of one character is refused for the control, the half, the noncharacter or the turn that it is', () => {
    const refused = everyCharacter()
      .filter((character) => faultOfText(`a${character}`, 30) !== undefined)
      .map((character) => Number(character.codePointAt(0)));
    const range = (first: number, last: number) =>
      Array.from({ length: last - first + 1 }, (_, index) => first + index);
    expect(refused).toEqual(
      [
        ...range(0, 0x1f),
        ...range(0x7f, 0x9f),
        ...range(0x202a, 0x202e),
        ...range(0x2066, 0x2069),
        ...range(0xd800, 0xdfff),
        ...range(0xfdd0, 0xfdef),
        0xfffd,
        ...range(0, 0x10).flatMap((plane) => [plane * 0x10000 + 0xfffe, plane * 0x10000 + 0xffff]),
      ].sort((one, other) => one - other),
    );
  });
});

describe('a text as it is kept', () => {
  test.each([
    ['  Graduate   School ', 'Graduate School'],
    ['a\u00a0\u3000\u2028b\u202f!', 'a b !'],
    ['E\u0301mile', 'Émile'],
    ['a\u200bb\ufeff', 'a\u200bb\ufeff'],
  ])('%j is %j', (text, kept) => {
    expect(tidyText(text)).toBe(kept);
  });

  test('stays as it is when it is kept again', () => {
    holds(
      fc.property(unicodeText, (text) => {
        expect(tidyText(tidyText(text))).toBe(tidyText(text));
      }),
      3_000,
    );
  });
});
