/** Buyers over HTTP, and what they leave of the stock. */
import { expect } from '@jest/globals';
import { eventually } from '../../../tools/eventually.js';
import { asBook, asOrder, asProblem, freshKey, type Answer, type Client } from './client.js';

export const stockOf = async (client: Client, bookId: number): Promise<number> =>
  asBook(await client.send(`/info/${bookId}`)).stock;

/** Every region agrees on these copies, and they may sell no more of them than there are. */
export const expectLeft = (client: Client, bookId: number, left: number): Promise<void> =>
  eventually(async () => {
    const replicas = await client.replicas(bookId);
    for (const { stock } of replicas) expect(stock).toBe(left);
    expect(replicas.reduce((sum, { rights = 0 }) => sum + rights, 0)).toBe(left);
  });

/** Tries the same key again while the answer is that nothing can be known. */
export function buyUntilAnswered(client: Client, bookId: number, body?: unknown): Promise<Answer> {
  const key = freshKey();
  return untilAnswered(() => client.buy(bookId, body, key));
}

/** Sends a purchase, with its key, while the answer is that nothing can be known. */
export const untilAnswered = (send: () => Promise<Answer>): Promise<Answer> =>
  eventually(
    async () => {
      const answer = await send();
      expect(answer.status).not.toBe(503);
      return answer;
    },
    { deadlineMs: 90_000 },
  );

/** G1: so many of these answers are orders, each another one, and the others say "sold out". */
export function expectSold(answers: readonly Answer[], copies: number): void {
  const placed = answers.filter(({ status }) => status < 300);
  const orders = placed.map((answer) => asOrder(answer, answer.status));
  expect(new Set(orders.map(({ id }) => id)).size).toBe(copies);
  expect(placed).toHaveLength(copies);
  for (const answer of answers.filter(({ status }) => status >= 300)) {
    expect(asProblem(answer, 409, 'sold-out').items).toMatchObject([{ available: 0 }]);
  }
}

/** G2: all of these answers are the same order, and one of them placed it. */
export function expectOneOrder(answers: readonly Answer[]): void {
  const orders = answers.map((answer) => asOrder(answer, answer.status));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(answers.length - 1);
  for (const order of orders) expect(order).toEqual(orders[0]);
}

/** Does something so many times, a few at once. @returns what came of each, in order */
export async function repeatedly<Result>(
  times: number,
  concurrency: number,
  work: (index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let begun = 0;
  const worker = async () => {
    while (begun < times) {
      const index = begun;
      begun += 1;
      results[index] = await work(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(times, concurrency) }, worker));
  return results;
}
