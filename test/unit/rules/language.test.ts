import { describe, expect, test } from '@jest/globals';
import { toLanguageTag } from '../../../lib/rules/language.js';

describe('a language', () => {
  test.each([
    ['en', 'en'],
    ['PT-br', 'pt-BR'],
    ['eng', 'en'],
    ['zh-hant-tw', 'zh-Hant-TW'],
    [' sl-rozaj-biske ', 'sl-biske-rozaj'],
    ['mul', 'mul'],
  ])('%j is kept as %s', (text, tag) => {
    expect(toLanguageTag(text)).toBe(tag);
  });

  test.each([
    '',
    'English',
    'en_US',
    'e',
    'en-',
    'x-mine',
    `en-x-${'a'.repeat(8)}-${'b'.repeat(8)}-${'c'.repeat(8)}-${'d'.repeat(5)}`,
  ])('is none: %j', (text) => {
    expect(toLanguageTag(text)).toBeUndefined();
  });
});
