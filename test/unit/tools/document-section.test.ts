import { describe, expect, test } from '@jest/globals';
import { markdownTable, replaceSection } from '../../../tools/document-section.js';

const document = [
  '# Results',
  '<!-- written by a command: worlds -->',
  'old',
  '<!-- end of what a command writes -->',
  'after',
].join('\n');

describe('a section that a command writes', () => {
  test('is replaced, and nothing beside it', () => {
    const written = replaceSection(document, 'worlds', 'new $1 $&');
    expect(written).toContain(
      '# Results\n<!-- written by a command: worlds -->\n\nnew $1 $&\n\n<!-- end',
    );
    expect(written).not.toContain('old');
    expect(written.endsWith('\nafter')).toBe(true);
    expect(replaceSection(written, 'worlds', 'new $1 $&')).toBe(written);
  });

  test.each([
    ['is not there', document, 'mutants'],
    ['has no end', document.split('<!-- end')[0] as string, 'worlds'],
    ['is there twice', document + document, 'worlds'],
  ])('is refused where it %s', (_, text, name) => {
    expect(() => replaceSection(text, name, 'new')).toThrow(name);
  });
});

test('a table of Markdown aligns figures to the right', () => {
  expect(
    markdownTable([
      ['what', 'times'],
      ['down', '1,024'],
    ]),
  ).toBe('| what | times |\n|---|--:|\n| down | 1,024 |');
});
