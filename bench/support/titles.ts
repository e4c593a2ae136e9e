/** What books are called whose words are searched for. */
import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import * as z from 'zod';
import { CommandError } from '../../tools/terminal/command-error.js';
import { randomChoice } from '../../tools/random.js';
import { firstPlace } from '../../tools/sorted.js';
import type { TitleAndAuthors } from './books.js';

const rowsSchema = z.array(z.object({ title: z.string(), authors: z.string() }));

/**
 * Titles and authors of a CSV file with these columns, several authors with commas between them.
 *
 * @throws CommandError where the file is not such a one.
 */
export async function readTitles(file: string): Promise<TitleAndAuthors[]> {
  try {
    const rows = rowsSchema.parse(parse(await readFile(file), { columns: true }));
    return rows.map(({ title, authors }) => ({
      title,
      authors: authors.split(',').map((author) => author.trim()),
    }));
  } catch (error) {
    throw new CommandError(`${file} holds no titles: ${(error as Error).message}`);
  }
}

const syllables = 'ba da fe ga ho ki la me ni po ra se ta ul va wi xe yo zu an el or is um'.split(
  ' ',
);
const vocabulary = 50_000;
const frequent = 'the of a and in to for on with an life book'.split(' ');

/**
 * Makes titles up. Of the words in them the second is half as frequent as the first, the third a third as
 * frequent, and so on (Zipf's law), as in titles that people write.
 */
export function makeUpTitles(): (number: number) => TitleAndAuthors {
  const sums: number[] = [];
  let sum = 0;
  for (let rank = 1; rank <= vocabulary; rank += 1) sums.push((sum += 1 / rank));
  return (number) => {
    const random = randomChoice(number + 1);
    const word = () => {
      const drawn = random.number() * sum;
      return wordOf(firstPlace(sums, (one) => one >= drawn));
    };
    const words = (least: number, most: number) =>
      Array.from({ length: random.whole(least, most) }, word);
    return { title: words(2, 9).join(' '), authors: [words(2, 2).join(' ')] };
  };
}

function wordOf(rank: number): string {
  const known = frequent[rank];
  if (known !== undefined) return known;
  let word = '';
  for (let rest = rank + syllables.length; rest > 0; rest = Math.floor(rest / syllables.length)) {
    word += syllables[rest % syllables.length];
  }
  return word;
}
