import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { tidyTopic, topicKey } from '../../../lib/catalog/topic.js';
import { holds } from '../../support/properties.js';

/** Letters whose cases differ in more than the letter, with marks that fold into some of them. */
const topics = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 3 }),
      fc.constantFrom(' ', '\t', '\u00a0', 'İ', 'ß', 'Σ', 'J', 'j', 'T', 'H', '\u030c', '\u0308'),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

describe('the key of a topic', () => {
  test.each([
    ['case', 'Distributed SYSTEMS', 'distributed systems'],
    ['outer spaces', '  distributed systems\t', 'distributed systems'],
    ['doubled spaces', 'distributed \u00a0  systems', 'distributed systems'],
    ['accents that are written apart', 'litte\u0301rature', 'litt\u00e9rature'],
    ['way of a small letter to hold its accent', 'J\u030cazz', '\u01f0azz'],
  ])('is the same whatever the %s', (_what, one, other) => {
    expect(topicKey(one)).toBe(topicKey(other));
  });

  test('is another one for another topic', () => {
    expect(topicKey('graduate school')).not.toBe(topicKey('graduateschool'));
    expect(topicKey('café')).not.toBe(topicKey('cafe'));
  });

  test('is its own key: a topic is found by the name that it is listed under', () => {
    holds(
      fc.property(topics, (topic) => {
        expect(topicKey(topicKey(topic))).toBe(topicKey(topic));
      }),
      2_000,
    );
  });
});

describe('a tidy topic', () => {
  test('keeps its case', () => {
    expect(tidyTopic('  Graduate   School ')).toBe('Graduate School');
  });

  test('is tidy already', () => {
    holds(
      fc.property(topics, (topic) => {
        expect(tidyTopic(tidyTopic(topic))).toBe(tidyTopic(topic));
        expect(topicKey(tidyTopic(topic))).toBe(topicKey(topic));
      }),
    );
  });
});
