/** Parts of documents that a command writes, between comments that name them. */
import { readFile, writeFile } from 'node:fs/promises';

const beginOf = (name: string) => `<!-- written by a command: ${name} -->`;
const end = '<!-- end of what a command writes -->';

/**
 * Puts `text` where the document holds the section of this name.
 *
 * @throws Error where it has no such section, or one without an end.
 */
export function replaceSection(document: string, name: string, text: string): string {
  const begin = beginOf(name);
  const [before, rest, ...others] = document.split(begin);
  const endAt = rest?.indexOf(end) ?? -1;
  if (rest === undefined || endAt < 0 || others.length > 0) {
    throw new Error(`the document has not exactly one section "${name}" that ends`);
  }
  return `${before}${begin}\n\n${text.trim()}\n\n${rest.slice(endAt)}`;
}

/** As `replaceSection`, in a file. */
export async function writeSection(file: string, name: string, text: string): Promise<void> {
  await writeFile(file, replaceSection(await readFile(file, 'utf8'), name, text));
}

/** A table of Markdown: the first row is its head, the first column is text, the others are figures. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const [head = [], ...body] = rows;
  const alignments = head.map((_, column) => (column === 0 ? '---' : '--:'));
  return [line(head), `|${alignments.join('|')}|`, ...body.map(line)].join('\n');
}
