/** Texts of all that Unicode has, and of what of it is awkward. */
import * as fc from 'fast-check';

/** Every code point, halves of characters among them. */
export const everyCharacter = (): string[] =>
  Array.from({ length: 0x11_0000 }, (_, codePoint) => String.fromCodePoint(codePoint));

/** Letters whose cases differ in more than the letter, marks that change places, and what doesn't show. */
const awkward = Array.from(
  'İıßẞΣσςſKÅŉǰΐΰᾳᾂᾷῼﬃﬅևჀᲐꭰᎠ𐐀𞤀ẚẖ' +
    '\u0300\u0301\u0307\u0308\u030c\u0316\u0323\u0345\u034f\u05b0\u1100\u1161\u11a8' +
    '\u00ad\u061c\u115f\u200b\u200c\u200d\u200e\u202e\u2060\u2066\u3164\ufe0f\ufeff\u{e0041}' +
    ' \t\u00a0\u3000\u2028\u0000\u0085\ufffe\uffff\ufdd0\u{1ffff}\ufffd\udfff\ud800',
);

/** Random texts, sound ones and others. */
export const unicodeText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom(...awkward) },
      { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 3 }) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
      { weight: 1, arbitrary: fc.string({ unit: 'grapheme-ascii', maxLength: 3 }) },
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));
