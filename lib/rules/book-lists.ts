/** The lists of books that readers page through, and what moves a book into or out of one. */
import { isListed, type BookState } from './book.js';
import { topicKey } from './topic.js';

/** The list of all books, and so of all topics. */
export const allBooksList = 'catalogue';

export const topicList = (key: string): string => `topic:${key}`;

/** The lists that a change of a book moves it into or out of. */
export function listsChanged(before: BookState | undefined, after: BookState): string[] {
  const from = topicOf(before);
  const to = topicOf(after);
  if (from === to) return [];
  return [allBooksList, ...[from, to].flatMap((key) => (key === undefined ? [] : topicList(key)))];
}

/** The lists that a book is in. */
export const listsOf = (book: BookState): string[] => listsChanged(undefined, book);

/** Under which it is listed. */
function topicOf(state: BookState | undefined): string | undefined {
  const topic = state?.registers.topic?.value;
  return state === undefined || topic === undefined || !isListed(state)
    ? undefined
    : topicKey(topic);
}
