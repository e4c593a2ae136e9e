/** What the topic `changes` carries: JSON, each message one of books, with their orders, or a heartbeat. */
import * as z from 'zod';
import { joinStates, listingStampOf, type BookState } from '../rules/book.js';
import type { Stamp } from '../rules/stamp.js';
import { registersSchema, stockRowSchema } from '../tables/book-item.js';
import { count } from '../tables/count.js';
import { heartbeatSchema } from '../tables/heartbeat.js';
import { orderRowSchema } from '../tables/order-item.js';

const version = z.literal(1);

const toldBook = z.object({
  /** The whole item: whoever joins it knows all that its region knew, and it relays round a cut link. */
  book: z.object({
    id: count,
    home: z.string().exactOptional(),
    registers: registersSchema,
    ledger: z.record(z.string(), stockRowSchema),
  }),
  /** The lists that the changes moved the book into or out of. */
  lists: z.array(z.string()),
});

const booksMessage = z.object({
  v: version,
  type: z.literal('books'),
  region: z.string(),
  books: z.array(toldBook).min(1),
  /** Orders of just these books, which show all of their effects (design M8). */
  orders: z.array(orderRowSchema),
});

const heartbeatMessage = heartbeatSchema.extend({ v: version, type: z.literal('heartbeat') });

export const messageSchema = z.discriminatedUnion('type', [booksMessage, heartbeatMessage]);

export type Message = z.infer<typeof messageSchema>;

/** @throws ZodError or SyntaxError where the text is not a message of this version. */
export const parseMessage = (text: string): Message => messageSchema.parse(JSON.parse(text));

export type BooksMessage = Extract<Message, { type: 'books' }>;

/** All that a batch tells of a book. */
export interface ToldBook {
  readonly state: BookState;
  /** The lists that it was moved into or out of. */
  readonly lists: readonly string[];
  /** The latest stamp of a topic or a sale that it was told with when it was moved; empty where it was not. */
  readonly movedAt: Stamp;
  /** Whether every message that tells of it brings orders of it, too. */
  readonly isToldByOrders: boolean;
}

/**
 * The books that a batch tells of, by their ids: of one that many buy, one write takes what a batch
 * brings, where the others would only stand in its way (design M3).
 */
export function booksTold(batch: readonly Message[]): Map<number, ToldBook> {
  const told = new Map<number, ToldBook>();
  for (const message of batch) {
    if (message.type !== 'books') continue;
    for (const one of message.books) {
      const news = toldIn(one, message);
      const known = told.get(one.book.id);
      told.set(one.book.id, known === undefined ? news : joinTold(known, news));
    }
  }
  return told;
}

const toldIn = (
  { book, lists }: BooksMessage['books'][number],
  { orders }: BooksMessage,
): ToldBook => ({
  state: book,
  lists,
  movedAt: lists.length === 0 ? '' : listingStampOf(book),
  isToldByOrders: orders.length > 0,
});

const joinTold = (one: ToldBook, other: ToldBook): ToldBook => ({
  state: joinStates(one.state, other.state),
  lists: [...new Set([...one.lists, ...other.lists])],
  movedAt: one.movedAt > other.movedAt ? one.movedAt : other.movedAt,
  isToldByOrders: one.isToldByOrders && other.isToldByOrders,
});
