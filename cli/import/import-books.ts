/** Brings books of a catalogue into the store, a batch a call. */
import { importResultsSchema } from '../../lib/http/schemas.js';
import {
  backOff,
  describeAnswer,
  isTemporary,
  type Answer,
  type ApiClient,
} from '../../client/api-client.js';
import type { CatalogueBook } from './row.js';

export type ImportOutcome = 'created' | 'changed' | 'same';

/** What became of a book: an outcome, or why the store does not have it. */
export type ImportResult = ImportOutcome | BookRefusedError;

/** The store refuses the token: no other book will fare better. */
export class UnauthorizedError extends Error {
  override readonly name = 'UnauthorizedError';
}

/** The store refuses this book, or could not say in time whether it took it. */
export class BookRefusedError extends Error {
  override readonly name = 'BookRefusedError';
}

const mostTries = 8;

/**
 * Brings books into the store: what is not there is created, what is there gets the description, and
 * its stock is never touched, so that copies are not added twice. Safe to repeat.
 *
 * What the store had no answer for yet is sent again, with full jitter. A call that is refused as a
 * whole is made again in halves, so that it is refused for the books that are at fault alone.
 *
 * @param books as many as one call takes, each id once.
 * @returns what became of each, in order.
 * @throws UnauthorizedError, StoreUnreachableError
 */
export async function importBooks(
  api: ApiClient,
  books: readonly CatalogueBook[],
  signal: AbortSignal,
): Promise<ImportResult[]> {
  const results = new Map<number, ImportResult>();
  let pending = books;
  for (let tries = 1; pending.length > 0; tries += 1) {
    const answered = await importOnce(api, pending, signal);
    const isLast = tries === mostTries;
    for (const [id, result] of answered) {
      if (!isUnanswered(result)) results.set(id, result);
      else if (isLast)
        results.set(id, new BookRefusedError(`${unanswered[result]}, again and again`));
    }
    pending = pending.filter(({ id }) => !results.has(id));
    if (pending.length > 0) await backOff(tries, { signal });
  }
  return books.map(({ id }) => results.get(id) as ImportResult);
}

/** What the store says of a book that it has no answer for yet. */
const unanswered = {
  busy: 'the store is too busy for it',
  unknown: "the store can't say whether it has it",
} as const;

type Unanswered = keyof typeof unanswered;

const isUnanswered = (result: ImportResult | Unanswered): result is Unanswered =>
  typeof result === 'string' && result in unanswered;

const outcomes = { created: 'created', changed: 'changed', unchanged: 'same' } as const;

type CallResults = readonly (readonly [id: number, ImportResult | Unanswered])[];

async function importOnce(
  api: ApiClient,
  books: readonly CatalogueBook[],
  signal: AbortSignal,
): Promise<CallResults> {
  const answer = await api.send({
    method: 'POST',
    path: '/books/import',
    body: { books },
    signal,
  });
  const isRefused = answer.status >= 400 && answer.status < 500 && !isTemporary(answer);
  if (isRefused && !isUnauthorized(answer) && books.length > 1) {
    const middle = Math.ceil(books.length / 2);
    const first = await importOnce(api, books.slice(0, middle), signal);
    return [...first, ...(await importOnce(api, books.slice(middle), signal))];
  }
  try {
    return readResults(answer, books);
  } catch (error) {
    if (!(error instanceof BookRefusedError)) throw error;
    return books.map(({ id }) => [id, error] as const);
  }
}

function readResults(answer: Answer, books: readonly CatalogueBook[]): CallResults {
  assertSuccess(answer);
  const { results = [] } = importResultsSchema.safeParse(answer.body).data ?? {};
  const isWhole =
    results.length === books.length && results.every(({ id }, place) => id === books[place]?.id);
  if (!isWhole) throw new BookRefusedError('the store answered with something else than results');
  return results.map(({ id, outcome }) => [
    id,
    outcome in outcomes ? outcomes[outcome as keyof typeof outcomes] : (outcome as Unanswered),
  ]);
}

const isUnauthorized = ({ status }: Answer): boolean => status === 401 || status === 403;

/** @throws UnauthorizedError, BookRefusedError */
export function assertSuccess(answer: Answer): void {
  if (answer.status >= 200 && answer.status < 300) return;
  if (isUnauthorized(answer)) throw new UnauthorizedError('the store refuses the admin token');
  const advice = isTemporary(answer) ? ', again and again' : '';
  throw new BookRefusedError(describeAnswer(answer) + advice);
}
