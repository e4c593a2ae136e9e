/** What the clients asked and what they were told. */
import type { Invocation } from '../clockwork/lambda-deployment.js';
import { listingKeyOf } from '../../lib/tables/book-item.js';
import { problemType } from '../../lib/http/problem.js';
import { idOfKey, type KeyPurpose } from '../../lib/rules/keys.js';
import { orderSecret, type FunctionName } from '../places/front-end-place.js';

/** What a list is sorted by: a book's id, its place in the listing, or a topic. */
export type Entry = number | string;

export interface Asked {
  readonly route: FunctionName;
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly key?: string;
  /** Of a page of a list: what the pages before it ended with. */
  readonly behind?: Entry;
}

export interface Answer {
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One request, and what came of it. */
export interface Try {
  /** `operation 17.1` is the second try of the operation 17; its invocation has the same name. */
  readonly name: string;
  readonly operation: number;
  readonly front: string;
  readonly asked: Asked;
  readonly startMs: number;
  readonly startStep: number;
  endMs: number;
  endStep: number;
  /** Undefined where none came: what was asked for may have been done. */
  answer: Answer | undefined;
  /** What its calls came to; undefined before it was carried out. */
  invocation: Invocation | undefined;
}

export const bookIdOf = ({ asked }: Try): number =>
  Number(asked.path?.['id'] ?? asked.body?.['id']);

const purposes: Partial<Record<FunctionName, KeyPurpose>> = {
  'create-book': 'create',
  'restock-book': 'restock',
  'write-off-book': 'write-off',
};

/** What the store makes of a request's key. */
export const keyIdAsked = ({ asked: { route, key = '' } }: Try): string =>
  idOfKey(orderSecret, purposes[route] ?? 'order', key);

/** Whether a request asks for a book by its ISBN, and so for none that is known before the answer. */
export const isByIsbn = ({ asked }: Try): boolean => asked.query?.['isbn'] !== undefined;

/** What an import was told of each book: its outcome, by id. */
export const importOutcomesOf = ({ answer }: Try): ReadonlyMap<number, string> =>
  new Map(
    ((answer?.body['results'] ?? []) as { id: number; outcome: string }[]).map(
      ({ id, outcome }) => [id, outcome],
    ),
  );

/** The ids of the books in an answer, in its order. */
export const idsShown = (answer: Answer | undefined): number[] =>
  ((answer?.body['books'] ?? []) as { id: number }[]).map(({ id }) => id);

const listRoutes: readonly FunctionName[] = ['search', 'list-books', 'list-topics'];

/** Whether a search by words was asked for. */
export const isOfWords = ({ asked }: Pick<Try, 'asked'>): boolean =>
  asked.query?.['q'] !== undefined;

/** Whether a list was asked for that is kept in pages. */
export const isOfList = (one: Try): boolean =>
  listRoutes.includes(one.asked.route) && !isOfWords(one);

/** What a page of a list shows, in its order. */
export function entriesOf(route: FunctionName, body: Answer['body']): Entry[] {
  if (route === 'list-topics') return body['topics'] as string[];
  const books = body['books'] as { id: number; topic: string }[];
  return books.map(({ id, topic }) => (route === 'search' ? id : listingKeyOf(topic, id)));
}

export const isAcknowledged = ({ answer }: Try): boolean =>
  answer !== undefined && answer.status < 300;

const problemOf = ({ answer }: Try): string => String(answer?.body['type']);

/** The store says that it was not to be done in time, and that nothing was. */
export const isBusy = (one: Try): boolean => problemOf(one) === problemType('busy');

/** A refusal says for sure that nothing was done. */
export const isRefused = (one: Try): boolean =>
  one.answer !== undefined &&
  ((one.answer.status >= 400 && one.answer.status < 500) || isBusy(one));

/** One line for those who read a history. */
export function describeTry(one: Try, startMs: number): string {
  const { asked, answer, front, name } = one;
  const { path, query } = asked;
  const target = path?.['id'] ?? path?.['topic'] ?? query?.['q'] ?? query?.['isbn'] ?? '';
  const body = asked.body === undefined ? '' : ` ${JSON.stringify(asked.body)}`;
  const key = asked.key === undefined ? '' : ` (key ${asked.key})`;
  const seconds = (atMs: number) => secondsSince(startMs, atMs);
  const came =
    answer === undefined
      ? 'no answer'
      : `${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`;
  return `${seconds(one.startMs)} – ${seconds(one.endMs)}  ${name} at ${front}: ${asked.route} ${target}${body}${key} → ${came}`;
}

export const secondsSince = (startMs: number, atMs: number): string =>
  `${((atMs - startMs) / 1000).toFixed(3)} s`;
