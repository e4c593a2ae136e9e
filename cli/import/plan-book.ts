/** What an import would do with a book of a catalogue. */
import { changesTo, type Description } from '../../lib/rules/book.js';
import { bookSchema } from '../../lib/http/schemas.js';
import { withoutUndefined } from '../../lib/http/without-undefined.js';
import type { ApiClient } from '../../client/api-client.js';
import type { CatalogueBook } from './row.js';
import { assertSuccess, BookRefusedError, type ImportOutcome } from './import-books.js';

/** What an import of a book would do, and the fields that it would change. */
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
  const headers = { 'cache-control': 'no-cache' };
  const answer = await api.send({ path: `/info/${book.id}`, headers, signal });
  if (answer.status === 404) return { outcome: 'created' };
  assertSuccess(answer);
  const stored = bookSchema.safeParse(answer.body);
  if (!stored.success) {
    throw new BookRefusedError('the store answered with something that is no book');
  }
  const changes = changesTo(withoutUndefined(stored.data), withoutUndefined(book));
  return Object.keys(changes).length === 0 ? { outcome: 'same' } : { outcome: 'changed', changes };
}
