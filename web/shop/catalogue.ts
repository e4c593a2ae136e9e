/** Lists of books, page by page, kept for the way back. */
import { signal, type Signal } from '@preact/signals';
import { call } from '../common/api.js';
import type { Book, BookPage, TopicPage } from '../common/types.js';

/** A multiple of every number of columns that the grid has up to six. */
const pageSize = 60;
/** The store bounds what a page costs, so that one may be short: then the next one is fetched, too. */
const enough = 24;

export interface Listing {
  readonly books: readonly Book[];
  readonly state: 'loading' | 'ready' | 'ended' | 'failed';
}

export interface Wanted {
  readonly q: string;
  readonly topic: string;
}

interface List {
  readonly listing: Signal<Listing>;
  /** Fetches what comes next, if anything does and nothing is under way. */
  more(): Promise<void>;
}

const lists = new Map<string, List>();
const mostLists = 20;

/** The list of these words and this topic, as far as it was fetched. */
export function listOf({ q, topic }: Wanted): List {
  const key = JSON.stringify([q, topic]);
  const list = lists.get(key) ?? newList(q, topic);
  lists.delete(key);
  lists.set(key, list);
  if (lists.size > mostLists) lists.delete(lists.keys().next().value as string);
  return list;
}

function newList(q: string, topic: string): List {
  const listing = signal<Listing>({ books: [], state: 'ready' });
  let cursor: string | undefined;
  const fetchPage = async (): Promise<Listing['state'] | number> => {
    const parameters = new URLSearchParams({
      ...(q !== '' && { q }),
      ...(topic !== '' && { topic }),
      limit: String(pageSize),
      ...(cursor !== undefined && { cursor }),
    });
    const path = q === '' && topic === '' ? 'books' : 'search';
    const outcome = await call<BookPage>(`${path}?${parameters}`);
    // What is no word to the store is found nowhere.
    if (outcome.kind === 'problem' && outcome.problem.kind === 'bad-input') return 'ended';
    if (outcome.kind !== 'answer') return 'failed';
    const known = new Set(listing.value.books.map(({ id }) => id));
    const fresh = outcome.body.books.filter(({ id }) => !known.has(id));
    cursor = outcome.body.next;
    listing.value = { ...listing.value, books: [...listing.value.books, ...fresh] };
    return cursor === undefined ? 'ended' : fresh.length;
  };
  return {
    listing,
    async more() {
      const { state } = listing.value;
      if (state === 'loading' || state === 'ended') return;
      listing.value = { ...listing.value, state: 'loading' };
      let found = 0;
      let came: Listing['state'] | number = 0;
      while (typeof came === 'number' && found < enough) {
        came = await fetchPage();
        if (typeof came === 'number') found += came;
      }
      listing.value = { ...listing.value, state: typeof came === 'number' ? 'ready' : came };
    },
  };
}

export const topics = signal<readonly string[]>([]);

/** All topics there are, up to a hundred. */
export async function fetchTopics(): Promise<void> {
  if (topics.value.length > 0) return;
  const outcome = await call<TopicPage>('topics?limit=100');
  if (outcome.kind === 'answer') topics.value = outcome.body.topics;
}
