import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'localstack/README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** The anchor that a Markdown renderer gives a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');

const leadsSomewhere = (document: string, link: string): boolean => {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? document : join(dirname(document), path);
  if (!existsSync(target)) return false;
  if (anchor === undefined) return true;
  const headings = readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm);
  return [...headings].some(([, heading]) => anchorOf(heading as string) === anchor);
};

test.each(documents)('each link of %s to a file or a heading leads there', (document) => {
  const links = [...readFileSync(document, 'utf8').matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(
    ([, link]) => link as string,
  );
  expect(links.filter((link) => !leadsSomewhere(document, link))).toEqual([]);
});

const folders =
  'bench|cli|client|deploy|functions|lib|local|localstack|plugins|resources|services|simulator|test|tools';

test.each(documents)('each file or folder that %s names is there', (document) => {
  const named = readFileSync(document, 'utf8').matchAll(
    new RegExp(`\`((?:${folders})/[a-z0-9./-]*)\``, 'g'),
  );
  const isThere = (path: string) =>
    ['', '.ts', '.test.ts'].some((suffix) => existsSync(path + suffix));
  expect([...named].map(([, path]) => path as string).filter((path) => !isThere(path))).toEqual([]);
});
