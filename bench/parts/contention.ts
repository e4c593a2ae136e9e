import type { Context, Part, Result } from '../part.js';
import { makeFolder, measureOverHttp, runStore } from '../support/bench-store.js';
import { numbersFrom } from '../support/operations.js';
import { rowOf } from '../report/rows.js';
import { bookIdOf, createBooks, topicOf } from '../support/books.js';

const buyers = 16;

export const contention: Part = {
  name: 'contention',
  title: 'One book or many?',
  run,
};

async function run(context: Context): Promise<Result> {
  const { count, signal, tell } = context;
  const { api } = await runStore(context, await makeFolder(context));
  const numbers = numbersFrom(0, buyers);
  await createBooks(api, numbers);
  const measureBooks = async (books: number) => {
    tell(`${buyers} buyers of ${books}`);
    const subjects = { bookIds: numbers.slice(0, books).map(bookIdOf), topic: topicOf(0) };
    return measureOverHttp(api, 'purchase', { clients: buyers, count, signal }, subjects);
  };
  const many = await measureBooks(buyers);
  const one = await measureBooks(1);
  return {
    ratios: [
      {
        name: `purchases per second of one book over those of ${buyers}`,
        value: one.perSecond / many.perSecond,
      },
      { name: `p99 of one book over that of ${buyers}`, value: one.p99Ms / many.p99Ms },
    ],
    rows: [rowOf({ books: buyers }, many), rowOf({ books: 1 }, one)],
    notes: [`${buyers} buyers over HTTP, each of whom buys again as soon as it is answered.`],
  };
}
