/** A customer, or the administrator, of a running store: plain HTTP, with no second tries. */
import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import type * as z from 'zod';
import {
  bookSchema,
  orderSchema,
  problemSchema,
  replicasSchema,
} from '../../../lib/http/schemas.js';
import type { RunningStore } from '../../../local/store-process.js';

export type Book = z.infer<typeof bookSchema>;
export type Order = z.infer<typeof orderSchema>;
export type Problem = z.infer<typeof problemSchema>;
type ReplicaReport = z.infer<typeof replicasSchema>['replicas'][number];

export interface Answer {
  /** The address that was asked. */
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON; the text where it is none. */
  readonly body: unknown;
}

export interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a text is sent as it is. */
  readonly body?: unknown;
}

/** What is sent of an item of an order. */
export interface Wish {
  readonly bookId: number;
  readonly quantity?: number;
  readonly unitPrice?: number;
}

export interface Client {
  send(path: string, call?: Call): Promise<Answer>;
  /** The same with the admin token. */
  admin(path: string, call?: Call): Promise<Answer>;
  buy(bookId: number, body?: unknown, key?: string): Promise<Answer>;
  /** An order of several books. */
  order(items: readonly Wish[], key?: string): Promise<Answer>;
  /** What each region's own table says of a book. */
  replicas(bookId: number): Promise<ReplicaReport[]>;
  createBook(book: Partial<NewBook> & { id: number }): Promise<Book>;
}

export type NewBook = Omit<Book, 'currency' | 'isListed'>;

const timeoutMs = 60_000;

export function clientOf({ url, adminToken }: Pick<RunningStore, 'url' | 'adminToken'>): Client {
  async function send(path: string, { method, headers, body }: Call = {}): Promise<Answer> {
    const response = await fetch(url + path, {
      method: method ?? 'GET',
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    } as RequestInit);
    return {
      url: response.url,
      status: response.status,
      headers: response.headers,
      body: parse(await response.text()),
    };
  }
  const admin: Client['admin'] = (path, call = {}) =>
    send(path, { ...call, headers: { authorization: `Bearer ${adminToken}`, ...call.headers } });
  return {
    send,
    admin,
    buy: (bookId, body, key) =>
      send(`/buy/${bookId}`, {
        method: 'POST',
        ...(body !== undefined && { body }),
        headers: key === undefined ? {} : { 'idempotency-key': key },
      }),
    order: (items, key) =>
      send('/orders', {
        method: 'POST',
        body: { items },
        headers: key === undefined ? {} : { 'idempotency-key': key },
      }),
    replicas: async (bookId) =>
      as(replicasSchema, await admin(`/books/${bookId}/replicas`)).replicas,
    createBook: async ({ id, ...rest }) => {
      const body = { ...newBook(id), ...rest };
      return as(bookSchema, await admin('/books', { method: 'POST', body }), 201);
    },
  };
}

export const newBook = (id: number): NewBook => ({
  id,
  title: `Book ${id}`,
  authors: ['A. Author'],
  topic: 'Tests',
  price: 1000,
  stock: 10,
});

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Shows the whole answer where it is another: a problem document says what went wrong. */
function expectStatus(answer: Answer, status: number): void {
  expect(answer.status === status ? status : answer).toBe(status);
}

/** The body of an answer, which must be of this schema and hold nothing that it does not name. */
export function as<Schema extends z.ZodType>(
  schema: Schema,
  answer: Answer,
  status = 200,
): z.output<Schema> {
  expectStatus(answer, status);
  expect(answer.headers.get('content-type')).toMatch(/^application\/json\b/);
  const body = schema.parse(answer.body);
  expect(answer.body).toEqual(body);
  return body;
}

/** Where the answer's `Location` leads. */
export const locationOf = ({ url, headers }: Answer): string =>
  new URL(headers.get('location') as string, url).href;

export const asBook = (answer: Answer, status?: number): Book => as(bookSchema, answer, status);
export const asOrder = (answer: Answer, status?: number): Order => as(orderSchema, answer, status);

/** The problem document of an answer, RFC 9457. */
export function asProblem(answer: Answer, status: number, kind: string): Problem {
  expectStatus(answer, status);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json\b/);
  const problem = problemSchema.parse(answer.body);
  expect(problem).toMatchObject({ type: `urn:bazar:problem:${kind}`, status });
  expect(problem.title).not.toBe('');
  expect(problem.detail).not.toBe('');
  return problem;
}

/**
 * Follows `next` from page to page, and returns what is on them, page by page.
 *
 * @param isEnough ends the reading before the last page.
 */
export async function allPages<Page extends { next?: string | undefined }>(
  read: (cursor: string) => Promise<Page>,
  isEnough: (page: Page) => boolean = () => false,
): Promise<Page[]> {
  let page = await read('');
  const pages = [page];
  while (page.next !== undefined && !isEnough(page)) {
    page = await read(`&cursor=${encodeURIComponent(page.next)}`);
    pages.push(page);
  }
  return pages;
}

export const freshKey = (): string => `key-${randomUUID()}`;
