import { isTemporary, describeAnswer, type Answer, type ApiClient } from './api-client.js';
import type { Description } from '../lib/catalog/book.js';
import { bookSchema } from '../lib/http/schemas.js';
import type { CatalogueBook } from './catalogue-row.js';

export type ImportOutcome = 'created' | 'changed' | 'same';

/** The store refuses the token: no other book will fare better. */
export class UnauthorizedError extends Error {
  override readonly name = 'UnauthorizedError';
}

/** The store refuses this book, or could not say in time whether it took it. */
export class BookRefusedError extends Error {
  override readonly name = 'BookRefusedError';
}

/**
 * Brings one book of a catalogue into the store. A book that exists is changed where its
 * description differs; its stock is never touched, so that copies are not added twice.
 * Safe to repeat.
 *
 * @param isExpected whether the store probably has the book: which call is made first, to save one
 * @throws UnauthorizedError, BookRefusedError, StoreUnreachableError
 */
export async function importBook(
  api: ApiClient,
  book: CatalogueBook,
  isExpected: boolean,
  signal: AbortSignal,
): Promise<ImportOutcome> {
  if (isExpected) {
    const stored = await lookUp(api, book.id, signal);
    if (stored !== undefined) return change(api, book, stored, signal);
  }
  const created = await api.send({
    method: 'POST',
    path: '/books',
    body: book,
    headers: { 'idempotency-key': crypto.randomUUID() },
    signal,
  });
  const stored = created.status === 409 ? await lookUp(api, book.id, signal) : undefined;
  if (stored !== undefined) return change(api, book, stored, signal);
  assertSuccess(created);
  return 'created';
}

/** What {@link importBook} would do, and the fields that it would change. */
export interface ImportPlan {
  readonly outcome: ImportOutcome;
  readonly changes?: Partial<Description>;
}

/**
 * Finds out what an import of one book would do, and does nothing.
 * @throws UnauthorizedError, BookRefusedError, StoreUnreachableError
 */
export async function planBook(
  api: ApiClient,
  book: CatalogueBook,
  signal: AbortSignal,
): Promise<ImportPlan> {
  const stored = await lookUp(api, book.id, signal);
  if (stored === undefined) return { outcome: 'created' };
  const changes = differences(book, stored);
  return Object.keys(changes).length === 0 ? { outcome: 'same' } : { outcome: 'changed', changes };
}

/** The book as the store has it; undefined where it has none. */
async function lookUp(
  api: ApiClient,
  id: number,
  signal: AbortSignal,
): Promise<Description | undefined> {
  const headers = { 'cache-control': 'no-cache' };
  const answer = await api.send({ path: `/info/${id}`, headers, signal });
  if (answer.status === 404) return undefined;
  assertSuccess(answer);
  return readBook(answer);
}

async function change(
  api: ApiClient,
  book: CatalogueBook,
  stored: Description,
  signal: AbortSignal,
): Promise<ImportOutcome> {
  const changes = differences(book, stored);
  if (Object.keys(changes).length === 0) return 'same';
  const path = `/books/${book.id}`;
  assertSuccess(await api.send({ method: 'PATCH', path, body: changes, signal }));
  return 'changed';
}

function readBook(answer: Answer): Description {
  const book = bookSchema.safeParse(answer.body);
  if (book.success) return book.data;
  throw new BookRefusedError('the store answered with something that is no book');
}

/** The fields of a book's description that differ from what the store has. */
function differences(book: Description, stored: Description): Partial<Description> {
  const { title, authors, topic, price } = book;
  return {
    ...(title === stored.title ? {} : { title }),
    ...(isSameList(authors, stored.authors) ? {} : { authors }),
    ...(topic === stored.topic ? {} : { topic }),
    ...(price === stored.price ? {} : { price }),
  };
}

const isSameList = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((item, index) => item === other[index]);

function assertSuccess(answer: Answer): void {
  const { status } = answer;
  if (status >= 200 && status < 300) return;
  if (status === 401 || status === 403) {
    throw new UnauthorizedError('the store refuses the admin token');
  }
  const advice = isTemporary(answer) ? ', again and again' : '';
  throw new BookRefusedError(describeAnswer(answer) + advice);
}
