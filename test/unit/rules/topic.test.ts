import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { faultOfText, tidyText } from '../../../lib/rules/text.js';
import { mostBytesOfTopicKey, topicKey } from '../../../lib/rules/topic.js';
import { listingKeyOf } from '../../../lib/tables/book-item.js';
import { largestBookId } from '../../../lib/http/schemas.js';
import { holds } from '../../support/random/properties.js';
import { everyCharacter, unicodeText } from '../../support/random/unicode.js';

/** Without those that have no name, and so no case: they are alike. */
const soundCharacters = everyCharacter().filter(
  (character) =>
    !/[\p{Unassigned}\p{Private_Use}]/u.test(character) &&
    faultOfText(`a${character}`, 100) === undefined,
);

/** What a buyer may type who means the listed text. */
const spellingsOf = (listed: string): string[] => [
  listed.toUpperCase(),
  listed.toLowerCase(),
  listed.normalize('NFD'),
  listed.toUpperCase().normalize('NFD'),
  listed.toLowerCase().normalize('NFD'),
];

/** Topics that are not found by all of their spellings, their key's spellings included. */
const lostOf = (topics: readonly string[]): string[] =>
  topics.map(tidyText).filter((topic) => {
    const key = topicKey(topic);
    const spellings = new Set([...spellingsOf(topic), key, ...spellingsOf(key)]);
    spellings.delete(topic);
    return [...spellings].some((spelling) => topicKey(spelling) !== key);
  });

describe('the key of a topic', () => {
  test.each([
    ['case', 'Distributed SYSTEMS', 'distributed systems'],
    ['case of what has no single capital', 'STRASSENKUNST', 'Straßenkunst'],
    ['case of a capital that has no single small letter', 'STRAẞENKUNST', 'Straßenkunst'],
    [
      'place of a sigma in its word',
      'ΟΔΥΣΣΕΥΣ',
      'Ὀδυσσεύς'.normalize('NFD').replaceAll(/\p{M}/gu, ''),
    ],
    ['dot of a capital', 'İSTANBUL', 'i\u0307stanbul'],
    ['ligature', 'ﬃnity', 'FFINITY'],
    ['outer spaces', '  distributed systems\t', 'distributed systems'],
    ['doubled spaces', 'distributed \u00a0  systems', 'distributed systems'],
    ['accents that are written apart', 'litte\u0301rature', 'litt\u00e9rature'],
    ['way of a small letter to hold its accent', 'J\u030cazz', '\u01f0azz'],
    ['hyphen that may show', 'distri\u00adbuted', 'distributed'],
    ['mark of a byte order', '\ufeffdistributed \u200b systems', 'distributed systems'],
    ['look of a sign', '\u2764\ufe0f', '\u2764'],
  ])('is the same whatever the %s', (_what, one, other) => {
    expect(topicKey(one)).toBe(topicKey(other));
  });

  test('is another one for another topic', () => {
    expect(topicKey('graduate school')).not.toBe(topicKey('graduateschool'));
    expect(topicKey('café')).not.toBe(topicKey('cafe'));
    expect(topicKey('ｃａｆｅ')).not.toBe(topicKey('cafe'));
  });

  test('is the one of every spelling, of every character alone and in a word', () => {
    expect(lostOf(soundCharacters)).toEqual([]);
    expect(lostOf(soundCharacters.map((character) => `ΑΣ${character}σ`))).toEqual([]);
  });

  test('is the one of every spelling, of any text', () => {
    holds(
      fc.property(unicodeText, (text) => {
        expect(lostOf([text])).toEqual([]);
      }),
      5_000,
    );
  });

  test('does not see what does not show', () => {
    const ignorable = soundCharacters.filter((character) =>
      /\p{Default_Ignorable_Code_Point}/u.test(character),
    );
    expect(ignorable).toContain('\ufeff');
    const seen = ignorable.filter((character) => topicKey(`a${character}\u0301`) !== 'á');
    expect(seen).toEqual([]);
  });

  test('is there for every topic: what is visible is not ignored', () => {
    holds(
      fc.property(unicodeText, (text) => {
        if (faultOfText(text, 100) === undefined) expect(topicKey(text)).not.toBe('');
      }),
      3_000,
    );
  });

  test('of the longest topic lets DynamoDB sort by it, and is short enough to be searched', () => {
    const cased = soundCharacters.filter(
      (character) =>
        tidyText(character) === character &&
        (character.toUpperCase() !== character || character.toLowerCase() !== character),
    );
    const longest = (measure: (text: string) => number) =>
      cased.reduce((worst, one) => (measure(one) > measure(worst) ? one : worst));
    const bytes = (text: string) => Buffer.byteLength(topicKey(text));
    const characters = (text: string) =>
      Math.max(
        ...[topicKey(text), ...spellingsOf(text)].map((one) => Array.from(tidyText(one)).length),
      );
    expect(bytes(longest(bytes).repeat(100))).toBe(500);
    expect(bytes(longest(bytes).repeat(100))).toBeLessThan(mostBytesOfTopicKey);
    expect(characters(longest(characters).repeat(100))).toBe(300);
    expect(Buffer.byteLength(listingKeyOf('a'.repeat(mostBytesOfTopicKey), largestBookId))).toBe(
      1024,
    );
  });
});
