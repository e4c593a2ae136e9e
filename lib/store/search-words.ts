/**
 * Searching by words: what the titles and authors of books have, and perhaps their topic. Its pages are kept
 * in no cache (design W12).
 */
import { UnavailableError } from '../errors.js';
import { isFoundBy, termsOf, wordsOf, type Term } from '../rules/words.js';
import {
  isBeginning,
  placeOf,
  rangesOf,
  type Posting,
  type PostingPage,
  type WordRange,
  type WordsTable,
} from '../tables/words-table.js';
import type { Replica } from '../tables/replica.js';
import { reportLeft } from '../telemetry.js';
import { ifAvailable, nearestOrder, type FrontEnd } from './front-end.js';
import type { BookPage, PageRequest } from './list-books.js';
import { readBooks } from './read-books.js';

/** What is searched for. */
export interface WordSearch {
  readonly words: string;
  /** Only books of this topic, whatever its case and blanks. */
  readonly topic?: string | undefined;
}

/** The longest of the words are likely to be the rarest: only these are asked for side by side (design W9). */
const mostCandidates = 4;
/** Of each range, where there are several terms: whose ranges end within so many is the rarest. */
const probed = 100;
/** Of the rarest term's postings, at a time, where the others leave few of them over. */
const filteredAtOnce = 1_000;
/** After that a page ends with what was found, though it may be nothing (design W10). */
const mostQueriesBehindFirst = 4;

/**
 * Books that have all the words, of which the last may be a beginning; the best first. Eventually
 * consistent: a change is found within the replication lag.
 *
 * @throws UnavailableError where no region answers.
 */
export async function searchByWords(
  front: FrontEnd,
  { words, topic }: WordSearch,
  request: PageRequest,
): Promise<BookPage> {
  const terms = termsOf(words, topic);
  const isAnything = terms.some(({ kind }) => kind !== 'topic');
  for (const replica of nearestOrder(front)) {
    const page = isAnything
      ? await ifAvailable(findBooks(front, replica, terms, request))
      : { bookIds: [], next: undefined };
    if (page === undefined) continue;
    const reading = await readBooks(front, page.bookIds, request);
    return {
      // The index is behind the books: what one has no longer does not show it (design W8).
      books: page.bookIds.flatMap((id) => {
        const book = reading.books.get(id);
        const has = wordsOf(book);
        return book !== undefined && has !== undefined && isFoundBy(terms, has) ? [book] : [];
      }),
      ...(page.next !== undefined && { next: page.next }),
      // The index is asked past the cache.
      cacheUse: reading.cacheUse === 'stale' ? 'stale' : 'bypass',
      regions: [...new Set([replica.region, ...reading.regions])],
    };
  }
  throw new UnavailableError('every replica', { isUnknown: false });
}

/** A part of the rarest term's postings, and of them those which the last word meets so. */
interface Lap {
  readonly range: WordRange;
  /** Whether the last word is there as a whole; undefined where it does not matter. */
  readonly isWhole: boolean | undefined;
}

/** Up to where a page has come: of which term, in which lap, behind which place. */
interface Position {
  readonly term: number;
  readonly lap: number;
  readonly place: string;
}

interface Found {
  readonly bookIds: readonly number[];
  readonly next: string | undefined;
}

/** @throws UnavailableError */
async function findBooks(
  { telemetry }: FrontEnd,
  { words }: Replica,
  terms: readonly Term[],
  { limit, after }: PageRequest,
): Promise<Found> {
  const asked = parsePosition(after);
  const first = asked === undefined ? await readFirst(words, terms, limit) : undefined;
  const number = asked?.term ?? terms.indexOf(first?.rarest as Term);
  const term = terms[number];
  if (term === undefined) return { bookIds: [], next: undefined };

  const bookIds: number[] = [];
  const accepts = (posting: Posting, { isWhole }: Lap): boolean =>
    placeOf(term, posting) === posting.place &&
    // It may have been given other words between two of the calls.
    !bookIds.includes(posting.bookId) &&
    isFoundBy(terms, posting.words) &&
    (isWhole === undefined || isFoundBy(terms.map(asWhole), posting.words) === isWhole);
  let position: Position = asked ?? { term: number, lap: 0, place: '' };
  let queries = 0;
  for (const [lapNumber, lap] of lapsOf(term, terms).entries()) {
    if (lapNumber < position.lap) continue;
    let behind = lapNumber === asked?.lap ? asked.place : undefined;
    do {
      let page = behind === undefined ? first?.pages.get(lap.range.from) : undefined;
      if (page === undefined) {
        // A lap that went on is likely to have more; whether a later one has any is to be seen.
        const isFull = bookIds.length === limit && behind !== undefined;
        if (isFull || queries === mostQueriesBehindFirst)
          return { bookIds, next: toText(position) };
        queries += 1;
        const size = terms.length === 1 ? limit + 1 : filteredAtOnce;
        page = await words.postings(lap.range, { after: behind, limit: size });
      }
      for (const error of page.unreadable) {
        reportLeft(telemetry, 'a posting was not read', { id: error.id, error });
      }
      for (const posting of page.rows) {
        const isFound = accepts(posting, lap);
        if (isFound && bookIds.length === limit) return { bookIds, next: toText(position) };
        if (isFound) bookIds.push(posting.bookId);
        position = { term: number, lap: lapNumber, place: posting.place };
      }
      behind = page.until;
      if (behind !== undefined) position = { term: number, lap: lapNumber, place: behind };
    } while (behind !== undefined);
  }
  return { bookIds, next: undefined };
}

/** What a search begins with: which term is looked through, and the first postings of all that were asked for. */
interface FirstPages {
  readonly rarest: Term;
  /** By the beginnings of their ranges. */
  readonly pages: ReadonlyMap<string, PostingPage>;
}

/** @throws UnavailableError */
async function readFirst(
  words: WordsTable,
  terms: readonly Term[],
  limit: number,
): Promise<FirstPages> {
  const size = terms.length === 1 ? limit + 1 : Math.max(limit + 1, probed);
  const candidates = candidatesOf(terms);
  const ranges = candidates.flatMap(rangesOf);
  const read = await words.firstPostings(ranges, size);
  const pages = new Map(ranges.map(({ from }, place) => [from, read[place] as PostingPage]));
  const rarest = rarestOf(candidates, ({ from }) => pages.get(from) as PostingPage);
  return { rarest, pages };
}

const asWhole = (term: Term): Term =>
  term.kind === 'beginning' ? { kind: 'word', text: term.text } : term;

/** Where the beginning is not what is looked through, its whole words are looked for before what it begins. */
function lapsOf(term: Term, terms: readonly Term[]): Lap[] {
  const hasOtherBeginning =
    term.kind !== 'beginning' && terms.some(({ kind }) => kind === 'beginning');
  return (hasOtherBeginning ? [true, false] : [undefined]).flatMap((isWhole) =>
    rangesOf(term).map((range) => ({ range, isWhole })),
  );
}

/** The terms that may be looked through for books that have the others. */
function candidatesOf(terms: readonly Term[]): readonly Term[] {
  if (terms.length === 1) return terms;
  return terms
    .filter(({ kind, text }) => kind !== 'beginning' || isBeginning(text))
    .sort((one, other) => worthOf(other) - worthOf(one))
    .slice(0, mostCandidates);
}

/** A topic has few of all books; of words, the longer are the rarer. */
const worthOf = ({ kind, text }: Term): number => (kind === 'topic' ? Infinity : text.length);

/**
 * The term that fewest books have, as far as the first postings tell: of lists that end within them, the
 * shortest; of others, the one of which as many postings reach further among the books' ids. What begins
 * with other words is sorted by these, and tells nothing of itself.
 */
function rarestOf(candidates: readonly Term[], pageOf: (range: WordRange) => PostingPage): Term {
  const measured = candidates.map((term) => {
    const pages = rangesOf(term).map(pageOf);
    const reaches = pages.map(({ rows, until }, place) => {
      if (until === undefined) return Infinity;
      return place > 1 ? 0 : (rows.at(-1)?.bookId ?? 0);
    });
    const postings = pages.reduce((sum, { rows }) => sum + rows.length, 0);
    return { term, reach: Math.min(...reaches), postings };
  });
  measured.sort(
    (one, other) =>
      (one.reach === other.reach ? 0 : other.reach - one.reach) || one.postings - other.postings,
  );
  return measured[0]?.term as Term;
}

const toText = ({ term, lap, place }: Position): string => `${term}.${lap} ${place}`;

function parsePosition(after: string): Position | undefined {
  const [, term, lap, place] = /^(\d+)\.(\d+) (.+)$/u.exec(after) ?? [];
  if (place === undefined) return undefined;
  return { term: Number(term), lap: Number(lap), place };
}
