/**
 * What the topic `changes` carries: JSON, one message for each changed book, with its orders, or
 * heartbeat. Orders come alone only from earlier versions.
 */
import * as z from 'zod';
import { joinAll, type BookState } from '../rules/book.js';
import { registersSchema, stockRowSchema } from '../tables/book-item.js';
import { count } from '../tables/count.js';
import { orderRowSchema } from '../tables/order-item.js';

const version = z.literal(1);

const bookMessage = z.object({
  v: version,
  type: z.literal('book'),
  region: z.string(),
  /** The whole item: whoever joins it knows all that its region knew, and it relays round a cut link. */
  book: z.object({
    id: count,
    home: z.string().optional(),
    registers: registersSchema,
    ledger: z.record(z.string(), stockRowSchema),
  }),
  /** The lists that the changes moved the book into or out of. */
  lists: z.array(z.string()),
  /** Orders of this book, all of whose effects on it `book` shows (design M8). */
  orders: z.array(orderRowSchema).default([]),
});

/** An order by itself, as earlier versions tell it. */
const orderMessage = z.object({
  v: version,
  type: z.literal('order'),
  region: z.string(),
  order: orderRowSchema,
});

const heartbeatMessage = z.looseObject({
  v: version,
  type: z.literal('heartbeat'),
  region: z.string(),
  /** Milliseconds since the epoch. */
  beatAt: z.number(),
});

export const messageSchema = z.discriminatedUnion('type', [
  bookMessage,
  orderMessage,
  heartbeatMessage,
]);

export type Message = z.infer<typeof messageSchema>;

/** @throws ZodError or SyntaxError where the text is not a message of this version. */
export const parseMessage = (text: string): Message => messageSchema.parse(JSON.parse(text));

export type BookMessage = Extract<Message, { type: 'book' }>;

/** A book, and all that a batch tells of it. */
export interface ToldBook {
  readonly state: BookState;
  readonly messages: readonly BookMessage[];
}

/**
 * The books that a batch tells of, by their ids: of one that many buy, one write takes what a batch
 * brings, where the others would only stand in its way (design M3).
 */
export function booksTold(batch: readonly Message[]): Map<number, ToldBook> {
  const told = new Map<number, BookMessage[]>();
  for (const message of batch) {
    if (message.type !== 'book') continue;
    const { id } = message.book;
    told.set(id, [...(told.get(id) ?? []), message]);
  }
  return new Map(
    [...told].map(([id, messages]) => [
      id,
      { state: joinAll(messages.map(bookOf)) as BookState, messages },
    ]),
  );
}

/** The book of a message, without the keys that JSON left undefined. */
export function bookOf({ book }: BookMessage): BookState {
  const { home, ...state } = book;
  return { ...state, ...(home !== undefined && { home }) };
}
