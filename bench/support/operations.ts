/** What clients do in the bench, as requests that go over HTTP or straight to a handler. */
import type { RestApiRequest } from '../../tools/rest-api-event.js';

export const operationNames = ['info hit', 'info miss', 'search page', 'purchase'] as const;
export type OperationName = (typeof operationNames)[number];

/** Books that are known to be there, and the topic of some of them. */
export interface Subjects {
  readonly bookIds: readonly number[];
  readonly topic: string;
}

export interface Call extends RestApiRequest {
  readonly functionName: 'info' | 'search' | 'buy';
  readonly resource: string;
  readonly path: Readonly<Record<string, string>>;
  /** What it is answered where all is well. */
  readonly status: number;
}

/** Books in a page. Each topic of the bench has as many. */
export const pageSize = 10;

export const numbersFrom = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => first + index);

/** The call that a client makes as the `index`-th of its load: the books take turns. */
export function callOf(operation: OperationName, subjects: Subjects, index: number): Call {
  const bookId = subjects.bookIds[index % subjects.bookIds.length] as number;
  switch (operation) {
    case 'info hit':
      return infoOf(bookId);
    case 'info miss':
      return { ...infoOf(bookId), headers: { 'cache-control': 'no-cache' } };
    case 'search page':
      return {
        functionName: 'search',
        method: 'GET',
        resource: '/search/{topic}',
        path: { topic: subjects.topic },
        query: { limit: String(pageSize) },
        status: 200,
      };
    case 'purchase':
      return purchaseOf(bookId, crypto.randomUUID());
  }
}

const infoOf = (bookId: number): Call => ({
  functionName: 'info',
  method: 'GET',
  resource: '/info/{id}',
  path: { id: String(bookId) },
  status: 200,
});

export const purchaseOf = (bookId: number, key: string): Call => ({
  functionName: 'buy',
  method: 'POST',
  resource: '/buy/{id}',
  path: { id: String(bookId) },
  body: '{"quantity":1}',
  headers: { 'idempotency-key': key, 'content-type': 'application/json' },
  status: 201,
});
