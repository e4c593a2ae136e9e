/** What the commands ask a store for: lists, the order log, what the replicas say. */
import * as z from 'zod';
import { describeAnswer, type ApiClient } from './api-client.js';
import {
  bookPageSchema,
  orderPageSchema,
  replicasSchema,
  topicsSchema,
  type bookSchema,
} from '../lib/http/schemas.js';
import { CommandError } from '../tools/terminal/command-error.js';
import type { Order, StockReport } from './stock-check.js';

/** The first books of the catalogue, up to that many. */
export const readBooks = (api: ApiClient, most: number): Promise<z.infer<typeof bookSchema>[]> =>
  readList(api, '/books', bookPageSchema, ({ books }) => books, most);

/** The first topics, up to that many. */
export const readTopics = (api: ApiClient, most: number): Promise<string[]> =>
  readList(api, '/topics', topicsSchema, ({ topics }) => topics, most);

async function readList<Page extends { next?: string | undefined }, Entry>(
  api: ApiClient,
  path: string,
  schema: z.ZodType<Page>,
  entriesOf: (page: Page) => readonly Entry[],
  most: number,
): Promise<Entry[]> {
  const entries: Entry[] = [];
  let cursor = '';
  do {
    const limit = Math.min(100, most - entries.length);
    const page = await read(api, `${path}?limit=${limit}${cursor}`, schema);
    entries.push(...entriesOf(page));
    if (page.next === undefined) break;
    cursor = `&cursor=${encodeURIComponent(page.next)}`;
  } while (entries.length < most);
  return entries;
}

/** The orders of the log back to a time, in milliseconds since the epoch; newest first. */
export async function readOrdersSince(api: ApiClient, sinceMs: number): Promise<Order[]> {
  const isRecent = (order: Order) => Date.parse(order.createdAt) >= sinceMs;
  // The log moves on while it is paged through: an order may come up on two pages.
  const orders = new Map<string, Order>();
  let cursor = '';
  for (;;) {
    const page = await read(api, `/orders?limit=100${cursor}`, orderPageSchema);
    for (const order of page.orders.filter(isRecent)) orders.set(order.id, order);
    if (page.next === undefined || !page.orders.every(isRecent)) return [...orders.values()];
    cursor = `&cursor=${encodeURIComponent(page.next)}`;
  }
}

/** What each replica says of each of these books. */
export async function readReplicas(
  api: ApiClient,
  bookIds: readonly number[],
): Promise<StockReport> {
  const report = bookIds.map(async (id) => {
    const { replicas } = await read(api, `/books/${id}/replicas`, replicasSchema);
    return [id, replicas] as const;
  });
  return new Map(await Promise.all(report));
}

async function read<Body>(api: ApiClient, path: string, schema: z.ZodType<Body>): Promise<Body> {
  const answer = await api.send({ path });
  if (answer.status === 401) throw new CommandError('the store refuses the admin token');
  if (answer.status !== 200) {
    throw new CommandError(`GET ${path}: ${describeAnswer(answer)}`);
  }
  const body = schema.safeParse(answer.body);
  if (body.success) return body.data;
  throw new CommandError(
    `GET ${path}: the answer is not understood (${z.prettifyError(body.error).replaceAll(/\s+/g, ' ')})`,
  );
}
