/**
 * Every route of the API: what it takes and what it may answer. The functions' events in serverless.yml
 * are made of this table (resources/front-end/events.cjs), and so is docs/openapi.yaml.
 */
import * as z from 'zod';
import * as schemas from './schemas.js';
import type { ProblemKind } from './problem.js';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Path templates, as API Gateway writes them. */
  readonly paths: readonly [string, ...string[]];
  readonly summary: string;
  /** Its name in the document, where clients know it by another than that of its function. */
  readonly operationId?: string;
  /** What there is to know beyond the summary. */
  readonly description?: string;
  readonly isAdmin?: boolean;
  readonly path?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** Of two paths: what the query of the second must say, where the first has a variable of another name. */
  readonly byQuery?: string;
  readonly body?: z.ZodType;
  /** Of its body; a handful of texts unless given. */
  readonly mostBodyBytes?: number;
  /** Takes an `Idempotency-Key`, makes one where it is absent, and always returns it. */
  readonly isIdempotent?: boolean;
  /** A read: may be answered from the cache, and says how it was. */
  readonly isRead?: boolean;
  /** What its successful answers carry beside what all reads and all idempotent routes do. */
  readonly headers?: readonly ('ETag' | 'Location')[];
  /** Successful answers, by status; undefined has no body. */
  readonly answers: Readonly<Record<number, z.ZodType | undefined>>;
  readonly problems: readonly ProblemKind[];
}

/** Of routes that write what a body says. */
const bodyProblems = ['bad-input', 'body-too-large', 'busy', 'unknown'] as const;
const adminBodyProblems = [...bodyProblems, 'unauthorized'] as const;
const orderProblems = [
  ...bodyProblems,
  'unknown-book',
  'not-for-sale',
  'sold-out',
  'price-changed',
  'key-reused',
] as const;

/** By the function that answers: functions/NAME.ts, and NAME in serverless.yml. */
export const routes = {
  search: {
    method: 'GET',
    // The second for what clients take out of a path before they send it, as `..` (design Q8).
    paths: ['/search/{topic}', '/search'],
    summary: 'Books that have all of some words, or a topic, or both',
    description:
      '`q` is words of the title and the authors, in any order. Their case, accents, width and punctuation ' +
      'do not matter, and the last may be the beginning of a word, of two letters at least where it stands ' +
      'alone. Whole words come before beginnings, and the title before the authors. A text without a word, ' +
      'such as `?`, finds nothing. A new or changed book is found within the replication lag, mostly a ' +
      'second or two. A page may be shorter than `limit`, or empty, and still have a `next`: what a search ' +
      'may cost is bounded. `topic` matters neither in case nor in blanks; without `q` its books come by ' +
      'id. One of the two must be given.',
    path: schemas.topicPath.partial(),
    query: schemas.searchQuery,
    isRead: true,
    answers: { 200: schemas.searchPageSchema },
    problems: ['bad-input', 'unavailable'],
  },
  'list-books': {
    method: 'GET',
    paths: ['/books'],
    summary: 'Every book, topic by topic, a page at a time',
    query: schemas.listQuery,
    isRead: true,
    answers: { 200: schemas.bookPageSchema },
    problems: ['bad-input', 'unavailable'],
  },
  'list-topics': {
    method: 'GET',
    paths: ['/topics'],
    summary: 'Every topic, in the form in which topics are matched, sorted, a page at a time',
    query: schemas.listQuery,
    isRead: true,
    answers: { 200: schemas.topicsSchema },
    problems: ['bad-input', 'unavailable'],
  },
  info: {
    method: 'GET',
    paths: ['/info/{id}', '/info'],
    summary:
      'One book, by its number or its ISBN; of several with one ISBN that of the lowest number',
    description:
      'A book that is taken off sale is shown as such. A book that is new, or was given another ISBN, is ' +
      'found by that as soon as it is replicated, mostly within a second.',
    path: schemas.bookPath.partial(),
    query: schemas.infoQuery,
    byQuery: 'isbn',
    isRead: true,
    headers: ['ETag'],
    answers: { 200: schemas.bookSchema, 304: undefined },
    problems: ['bad-input', 'unknown-book', 'unavailable'],
  },
  buy: {
    method: 'POST',
    paths: ['/buy/{id}'],
    summary: 'Buy copies of a book, once for each Idempotency-Key: an order of one item',
    path: schemas.bookPath,
    body: schemas.purchaseBody,
    isIdempotent: true,
    headers: ['Location'],
    answers: { 201: schemas.orderSchema, 200: schemas.orderSchema },
    problems: orderProblems,
  },
  'place-order': {
    method: 'POST',
    paths: ['/orders'],
    summary: 'Buy copies of up to 25 books, all or none, once for each Idempotency-Key',
    description:
      'The order is placed with all of its items or not at all, and is cancelled as a whole. A ' +
      'problem names in `items` every item that it concerns. Of several problems the answer is the ' +
      'first in this order: unknown-book, not-for-sale, price-changed, sold-out. The key stands for the set of ' +
      'books and quantities, in whatever order they are sent; prices are no part of it.',
    body: schemas.orderBody,
    isIdempotent: true,
    headers: ['Location'],
    answers: { 201: schemas.orderSchema, 200: schemas.orderSchema },
    problems: orderProblems,
  },
  'get-order': {
    method: 'GET',
    paths: ['/orders/{id}'],
    summary: 'One order',
    path: schemas.orderPath,
    answers: { 200: schemas.orderSchema },
    problems: ['bad-input', 'unknown-order', 'unavailable'],
  },
  'cancel-order': {
    method: 'POST',
    paths: ['/orders/{id}/cancel'],
    summary: 'Cancel an order and give all of its copies back, once however often it is called',
    path: schemas.orderPath,
    answers: { 200: schemas.orderSchema },
    problems: ['bad-input', 'unknown-order', 'busy', 'unknown'],
  },
  'list-orders': {
    method: 'GET',
    paths: ['/orders'],
    summary: "Every region's orders, or those of one book, newest first, a page at a time",
    isAdmin: true,
    query: schemas.orderLogQuery,
    answers: { 200: schemas.orderPageSchema },
    problems: ['bad-input', 'unauthorized', 'unavailable'],
  },
  'create-book': {
    method: 'POST',
    paths: ['/books'],
    summary: 'Create a book; `stock` is its first restock',
    isAdmin: true,
    body: schemas.newBookBody,
    isIdempotent: true,
    headers: ['Location'],
    answers: { 201: schemas.bookSchema },
    problems: [...adminBodyProblems, 'book-exists', 'key-reused'],
  },
  'import-books': {
    method: 'POST',
    paths: ['/books/import'],
    summary: 'Create up to 100 books, or change those that are there; safe to repeat',
    description:
      'A book that is not there is created, with `stock` as its first restock. One that is there is ' +
      'given what is said of it: title, authors, topic and price, and of the other fields those that are ' +
      'named. It keeps the stock that it has, and stays off sale where it is. Each is answered ' +
      'for by itself, in order: `unchanged` is what was there already as it was sent, also by an ' +
      'earlier call. `busy` and `unknown` are to be sent again, alone or with others, and mean what ' +
      'the problems of these names do: of the one nothing was done, the other may have been. Where ' +
      'that is all there is to say of any book, the call is answered 503. A body that is not valid, ' +
      'or names a book twice, changes nothing: the errors point to each book that is at fault. It ' +
      'holds at most 2 MiB: 100 of the largest books in UTF-8, but for their descriptions.',
    isAdmin: true,
    body: schemas.importBody,
    mostBodyBytes: 2 * 1024 * 1024,
    answers: { 200: schemas.importResultsSchema },
    problems: adminBodyProblems,
  },
  'update-book': {
    operationId: 'changeBook',
    method: 'PATCH',
    paths: ['/books/{id}'],
    summary: 'Change what is said of a book, or take it off sale and back',
    isAdmin: true,
    path: schemas.bookPath,
    body: schemas.bookChangeBody,
    answers: { 200: schemas.bookSchema },
    problems: [...adminBodyProblems, 'unknown-book'],
  },
  'restock-book': {
    method: 'POST',
    paths: ['/books/{id}/restock'],
    summary: 'Add copies of a book, once for each Idempotency-Key',
    isAdmin: true,
    path: schemas.bookPath,
    body: schemas.restockBody,
    isIdempotent: true,
    answers: { 200: schemas.bookSchema },
    problems: [...adminBodyProblems, 'unknown-book', 'key-reused'],
  },
  'write-off-book': {
    method: 'POST',
    paths: ['/books/{id}/write-off'],
    summary: 'Take damaged or lost copies out of the stock, once for each Idempotency-Key',
    description:
      'Only unsold copies can be: `sold-out` says how many there are, in all regions. What is still to be ' +
      'sent to a customer is sold.',
    isAdmin: true,
    path: schemas.bookPath,
    body: schemas.writeOffBody,
    isIdempotent: true,
    answers: { 200: schemas.bookSchema },
    problems: [...adminBodyProblems, 'unknown-book', 'sold-out', 'key-reused'],
  },
  'list-replicas': {
    method: 'GET',
    paths: ['/books/{id}/replicas'],
    summary: "What each region's own table says of a book",
    isAdmin: true,
    path: schemas.bookPath,
    answers: { 200: schemas.replicasSchema },
    problems: ['bad-input', 'unauthorized', 'unknown-book'],
  },
  status: {
    method: 'GET',
    paths: ['/status'],
    summary: 'Which regions answer, how far replication is behind, and what waits in the queues',
    isAdmin: true,
    answers: { 200: schemas.statusSchema },
    problems: ['bad-input', 'unauthorized'],
  },
  health: {
    method: 'GET',
    paths: ['/health'],
    summary: 'Whether each region answers, and how far replication is behind',
    answers: { 200: schemas.healthSchema, 503: schemas.healthSchema },
    problems: ['bad-input'],
  },
} as const satisfies Record<string, Route>;

/**
 * The addresses that functions/web.ts answers: pages, and the files that these load. None
 * is an address of the API, nor can become one: the API's own words are plural, or verbs (design U1).
 */
export const pagePaths: readonly string[] = [
  '/',
  '/book/{id}',
  '/basket',
  '/order/{id}',
  '/my-orders',
  '/control',
  '/assets/{file}',
];

/** The methods of a route: what is read by GET is by HEAD too. */
export const methodsOf = ({ method }: Route): string[] =>
  method === 'GET' ? ['GET', 'HEAD'] : [method];

/** The methods that a path template takes; none where neither a route nor a page has it. */
export const methodsAt = (resource: string): string[] =>
  pagePaths.includes(resource)
    ? ['GET', 'HEAD']
    : Object.values<Route>(routes)
        .filter(({ paths }) => paths.includes(resource))
        .flatMap(methodsOf);
