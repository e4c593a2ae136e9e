import * as z from 'zod';
import { badInput } from './problem.js';
import { defaultLimit, type listQuery } from './schemas.js';

/** DynamoDB's limit. */
const mostBytesOfSortKey = 1024;

/**
 * What each kind of page goes on behind: a book's id, a place in the index of words, a place in the listing,
 * a topic, a place in the log.
 */
const positions = {
  topic: z.string().regex(/^\d{1,15}$/),
  words: z.string().regex(/^\d{1,3}\.\d [012] (\S{1,80} )?\d{15}$/u),
  shelf: z
    .string()
    .regex(/^[^\p{Cc}\p{Cs}]+\0\d{15}$/u)
    .refine((key) => Buffer.byteLength(key) <= mostBytesOfSortKey),
  topics: z
    .string()
    .regex(/^[^\p{Cc}\p{Cs}]+$/u)
    .refine((topic) => Buffer.byteLength(topic) < mostBytesOfSortKey),
  log: z.string().regex(/^\d{4}-\d\d-\d\dT[\d:.]+Z#[0-9a-f~]+$/),
};

export type CursorKind = keyof typeof positions;

/**
 * The page of a list that a query asks for.
 *
 * @param filter what the list was narrowed down to: a cursor is of no use for any other.
 * @throws Problem where the cursor was not made for this kind of page and this filter.
 */
export const pageAsked = (
  kind: CursorKind,
  { limit = defaultLimit, cursor }: z.output<typeof listQuery>,
  filter?: string,
) => ({ limit, after: decodeCursor(kind, cursor, filter) });

/** The member of an answer that says where its list goes on, if it does. */
export const nextPage = (
  kind: CursorKind,
  { next }: { next?: string | undefined },
  filter?: string,
) => (next === undefined ? {} : { next: encodeCursor(kind, next, filter) });

/** An opaque text for where the next page starts. */
export const encodeCursor = (kind: CursorKind, position: string, filter = ''): string =>
  Buffer.from(JSON.stringify([listName(kind, filter), position])).toString('base64url');

const listName = (kind: CursorKind, filter: string): string =>
  filter === '' ? kind : `${kind}:${filter}`;

/** Where a page starts; empty where there is no cursor. @throws Problem as `pageAsked` does. */
export function decodeCursor(kind: CursorKind, cursor: string | undefined, filter = ''): string {
  if (cursor === undefined) return '';
  try {
    const content: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return z.tuple([z.literal(listName(kind, filter)), positions[kind]]).parse(content)[1];
  } catch (cause) {
    const detail = 'is not a cursor of this list';
    throw badInput([{ pointer: '#/cursor', in: 'query', detail }], cause);
  }
}
