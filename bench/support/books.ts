/** The books that the bench sells. */
import { randomBytes } from 'node:crypto';
import { type ApiClient, describeAnswer } from '../../client/api-client.js';
import { CommandError } from '../../tools/terminal/command-error.js';
import { readReplicas } from '../../client/store-reader.js';
import { hashOfOrderBody } from '../../lib/rules/keys.js';
import type { OrderRow } from '../../lib/rules/order.js';
import { regionOf, type Site } from '../../lib/rules/sites.js';
import { eventually } from '../../tools/eventually.js';
import { numbersFrom, pageSize, type Subjects } from './operations.js';

const firstBookId = 1_000_000;
/** Copies of each book: more than anyone buys. */
const copies = 1_000_000;
export const priceOfBook = 1000;

/** The bench's books are numbered from 0 on. */
export const bookIdOf = (number: number): number => firstBookId + number;
export const titleOfBook = (bookId: number): string => `Book ${bookId}`;
export const usualAuthors: readonly string[] = ['A. Author'];

export interface TitleAndAuthors {
  readonly title: string;
  readonly authors: readonly string[];
}

export const topicOf = (number: number): string => `topic ${Math.floor(number / pageSize)}`;

/** Creates books through the store's API, and waits until every region has them. */
export async function createBooks(
  api: ApiClient,
  numbers: readonly number[],
  stock = copies,
): Promise<void> {
  for (const number of numbers) {
    const id = bookIdOf(number);
    const answer = await api.send({
      method: 'POST',
      path: '/books',
      body: {
        id,
        title: titleOfBook(id),
        authors: usualAuthors,
        topic: topicOf(number),
        price: priceOfBook,
        stock,
      },
      headers: { 'idempotency-key': crypto.randomUUID() },
    });
    if (answer.status !== 201) throw new CommandError(describeAnswer(answer));
  }
  await untilEverywhere(api, numbers.map(bookIdOf));
}

/** Waits until every region tells the same of these books. */
export const untilEverywhere = (
  api: ApiClient,
  bookIds: readonly number[],
  { everyMs = 100 } = {},
): Promise<void> =>
  eventually(
    async () => {
      const reports = await readReplicas(api, bookIds);
      for (const [id, replicas] of reports) {
        const stocks = new Set(replicas.map(({ stock }) => stock));
        if (stocks.size > 1 || stocks.has(undefined)) throw new Error(`book ${id} is on its way`);
      }
    },
    { deadlineMs: 120_000, everyMs },
  );

/** An order of one copy of a book, as the site that sold it at this time has it. */
export const orderRowOf = (bookId: number, site: Site, atMs: number): OrderRow => ({
  id: randomBytes(16).toString('hex'),
  items: [
    {
      bookId,
      title: titleOfBook(bookId),
      quantity: 1,
      unitPrice: priceOfBook,
      total: priceOfBook,
    },
  ],
  total: priceOfBook,
  currency: 'USD',
  region: regionOf(site),
  createdAt: new Date(atMs).toISOString(),
  status: 'placed',
  site,
  bodyHash: hashOfOrderBody({ items: [{ bookId, quantity: 1 }] }),
});

/** A page of books from the middle of a catalogue of that many. */
export function subjectsIn(size: number): Subjects {
  const first = pageSize * Math.floor(size / pageSize / 2);
  return { bookIds: numbersFrom(first, pageSize).map(bookIdOf), topic: topicOf(first) };
}
