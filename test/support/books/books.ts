/** Books for tests, and what a front end shows of them. */
import { toBook, type Book } from '../../../lib/rules/book.js';
import type { Config } from '../../../lib/config.js';
import { homeOf, type Region } from '../../../lib/rules/sites.js';
import { createBook, type NewBook } from '../../../lib/store/manage-books.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { listBooks, listTopics, searchByTopic } from '../../../lib/store/list-books.js';
import { readBooks } from '../../../lib/store/read-books.js';
import { testSecrets } from '../tables/front-ends.js';

/** Ids that were not given out before, of books whose home is the region that is asked for. */
export function bookIds({ REPLICAS: sites }: Config): (home: Region) => number {
  let last = 0;
  return (home) => {
    do last += 1;
    while (homeOf(last, sites) !== home);
    return last;
  };
}

export const sampleBook = (id: number, given: Partial<NewBook> = {}): NewBook => ({
  id,
  title: `Book ${id}`,
  authors: ['Ada Author'],
  topic: `topic ${id}`,
  price: 1000,
  stock: 20,
  ...given,
});

/** Creates a book in its home region; no other region hears of it yet. */
export async function create(
  front: FrontEnd,
  id: number,
  given: Partial<NewBook> = {},
): Promise<void> {
  const outcome = await createBook(front, testSecrets, sampleBook(id, given), `create ${id}`);
  if (outcome.kind !== 'done') throw new Error(`book ${id} was not created: ${outcome.kind}`);
}

/** What a front end shows of a book; throws where it shows none. */
export async function shown(front: FrontEnd, id: number): Promise<Book> {
  const { books } = await readBooks(front, [id]);
  const book = books.get(id);
  if (book === undefined) throw new Error(`book ${id} is not shown`);
  return toBook(book, front.currency);
}

/** The different answers that this many reads get, one after the other. */
export async function shownOver<Value>(
  reads: number,
  front: FrontEnd,
  id: number,
  pick: (book: Book) => Value,
): Promise<Set<Value>> {
  const answers = new Set<Value>();
  for (let read = 0; read < reads; read += 1) answers.add(pick(await shown(front, id)));
  return answers;
}

/** What a front end lists: a hundred at most. */
export async function idsOfTopic(front: FrontEnd, topic: string): Promise<number[]> {
  const { books } = await searchByTopic(front, topic, { limit: 100, after: '0' });
  return books.map(({ id }) => id);
}

export async function idsListed(front: FrontEnd): Promise<number[]> {
  const { books } = await listBooks(front, { limit: 100, after: '' });
  return books.map(({ id }) => id);
}

export async function topicsOf(front: FrontEnd): Promise<readonly string[]> {
  const { topics } = await listTopics(front, { limit: 100, after: '' });
  return topics;
}
