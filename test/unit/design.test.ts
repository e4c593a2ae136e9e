import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const document = readFileSync('docs/design.md', 'utf8');

/** A guarantee begins a line of its table, a rule an item of a list. */
const rules = [...document.matchAll(/^(?:\| (G\d+) |- \*\*([A-Z]\d+)\*\* )/gm)].map(
  ([, guarantee, rule]) => guarantee ?? (rule as string),
);

const folders = readdirSync('.', { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !/^\.|^node_modules$/.test(entry.name))
  .map(({ name }) => name);

const files = [
  ...readdirSync('.'),
  ...folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true }).map((path) => join(folder, String(path))),
  ),
].filter((path) => /\.(?:[cm]?[jt]s|py|ya?ml|md)$/.test(path));

/** What is cited as `(design S3)`, or several rules at once as `(design S3, J1)`. */
const citationsIn = (text: string): string[] =>
  [...text.matchAll(/\bdesign ([A-Z]\d+(?:, [A-Z]\d+)*)/g)].flatMap(([, cited]) =>
    (cited as string).split(', '),
  );

describe('the rules of the design', () => {
  test('each have a number of their own', () => {
    expect(rules.filter((rule, place) => rules.indexOf(rule) !== place)).toEqual([]);
  });

  test('are there where the design itself speaks of them', () => {
    const named = [...document.matchAll(/\b[A-Z]\d+\b/g)].map(([rule]) => rule);
    expect(named.filter((rule) => !rules.includes(rule))).toEqual([]);
  });

  test('are there where a source or another document cites them', () => {
    const citations = files.flatMap((path) =>
      citationsIn(readFileSync(path, 'utf8')).map((rule) => ({ path, rule })),
    );
    expect(citations.map(({ rule }) => rule)).toContain('J3');
    expect(citations.filter(({ rule }) => !rules.includes(rule))).toEqual([]);
  });

  test('are cited by a source where they say why', () => {
    const [, ...items] = document.split(/^- \*\*(?=[A-Z]\d+\*\*)/m);
    const withReason = items
      .filter((item) => /\*\*Why[^*]*\*\*/.test(item.split(/^#/m)[0] as string))
      .map((item) => item.slice(0, item.indexOf('*')));
    const sources = files.filter((path) => !path.endsWith('.md'));
    const cited = new Set(sources.flatMap((path) => citationsIn(readFileSync(path, 'utf8'))));
    expect(withReason.length).toBeGreaterThan(50);
    expect(withReason.filter((rule) => !cited.has(rule))).toEqual([]);
  });
});
