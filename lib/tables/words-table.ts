/** One site's index of words: a posting for each word of each book, and beside them what is indexed of it. */
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { batchGet } from '../dynamodb/batch-get.js';
import { Expression, holds, isNotThere } from '../dynamodb/expression.js';
import { readEach, type ReadItems } from '../dynamodb/read-item.js';
import { readAtOnce } from '../dynamodb/sharding.js';
import type { TableLink } from '../dynamodb/table-link.js';
import { transact, type TransactItem } from '../dynamodb/transact.js';
import { mostInOneTransaction } from '../dynamodb/transact-each.js';
import { chunksOf } from '../concurrency.js';
import { meetingOf, type BookWords, type Meeting, type Term } from '../rules/words.js';
import type { System } from '../system.js';
import { count } from './count.js';

/** A part of a bucket, in the order of rank: what a term is looked for in. */
export interface WordRange {
  readonly bucket: string;
  readonly from: string;
  readonly to: string;
}

/** That a book has a word. */
export interface Posting {
  readonly place: string;
  readonly bookId: number;
  /** All words of the book, for the other terms to be looked for in. */
  readonly words: BookWords;
}

/** Some postings of a range, in order. */
export interface PostingPage extends ReadItems<Posting> {
  /** The place that was read last; undefined where the range ends there. */
  readonly until: string | undefined;
}

/** What the table holds of one book. */
export interface IndexedBook {
  /** Counts the writes; 0 where there was none. */
  readonly version: number;
  /** The words that postings may lie there for. More than one of them where a change stopped half-way. */
  readonly contents: readonly BookWords[];
}

export const nothingIndexed: IndexedBook = { version: 0, contents: [] };

/** What sorts before whatever a word is made of, so that a word comes before those that it begins. */
const wordEnd = ' ';
const behindWordEnd = '!';
const behindDigits = ':';
const highest = '\u{10ffff}';
const digitsOfId = 15;

const ranks: Readonly<Record<Meeting['how'], string>> = {
  topic: '0',
  title: '1',
  'title beyond': '1',
  authors: '2',
  'authors beyond': '2',
};

/** Words that begin alike lie together; no word holds a blank. */
const bucketOfWord = (word: string): string => Array.from(word).slice(0, 2).join('');
const bucketOfTopic = (topicKey: string): string => `topic ${topicKey}`;
const bucketOfBook = (bookId: number | string): string => `book ${bookId}`;
const placeOfIndexed = 'indexed';

const paddedId = (bookId: number): string => String(bookId).padStart(digitsOfId, '0');

/** Whether the index has the words that begin so side by side. */
export const isBeginning = (text: string): boolean => Array.from(text).length >= 2;

/** Where the index has what a term asks for, the best first: each range in the order of the books' ids. */
export function rangesOf({ kind, text }: Term): WordRange[] {
  if (kind === 'topic') {
    const from = `${ranks.topic}${wordEnd}`;
    return [{ bucket: bucketOfTopic(text), from, to: `${from}${behindDigits}` }];
  }
  const bucket = bucketOfWord(text);
  const whole = [ranks.title, ranks.authors].map((rank) => {
    const from = `${rank} ${text}${wordEnd}`;
    return { bucket, from, to: `${from}${behindDigits}` };
  });
  if (kind === 'word' || !isBeginning(text)) return whole;
  const beyond = [ranks.title, ranks.authors].map((rank) => ({
    bucket,
    from: `${rank} ${text}${behindWordEnd}`,
    to: `${rank} ${text}${highest}`,
  }));
  return [...whole, ...beyond];
}

/** The place of the posting that a term finds a book by: of several, the one that comes first. */
export function placeOf(term: Term, { bookId, words }: Posting): string | undefined {
  const meeting = meetingOf(term, words);
  return meeting && placeOfMeeting(meeting, bookId);
}

const placeOfMeeting = ({ how, word }: Meeting, bookId: number): string =>
  how === 'topic'
    ? `${ranks.topic}${wordEnd}${paddedId(bookId)}`
    : `${ranks[how]} ${word}${wordEnd}${paddedId(bookId)}`;

interface Key {
  readonly bucket: string;
  readonly place: string;
}

/** The keys of all postings of a book with these words. */
export const postingKeys = (bookId: number, { title, authors, topicKey }: BookWords): Key[] => [
  ...title.map((word) => keyOf({ how: 'title', word }, bookId)),
  ...authors.map((word) => keyOf({ how: 'authors', word }, bookId)),
  keyOf({ how: 'topic', word: topicKey }, bookId),
];

const keyOf = (meeting: Meeting, bookId: number): Key => ({
  bucket: meeting.how === 'topic' ? bucketOfTopic(meeting.word) : bucketOfWord(meeting.word),
  place: placeOfMeeting(meeting, bookId),
});

const wordList = z.string().transform((text) => (text === '' ? [] : text.split(' ')));
const contentSchema = z
  .object({ titleWords: wordList, authorWords: wordList, topicKey: z.string() })
  .transform(({ titleWords: title, authorWords: authors, topicKey }): BookWords => ({
    title,
    authors,
    topicKey,
  }));
const indexedSchema = z.object({ version: count, contents: z.array(contentSchema) });

/** Words as an item holds them. */
export const toContent = ({ title, authors, topicKey }: BookWords) => ({
  titleWords: title.join(' '),
  authorWords: authors.join(' '),
  topicKey,
});

const toPosting = (item: Readonly<Record<string, unknown>>): Posting => {
  const place = String(item['place']);
  const bookId = Number(place.slice(-digitsOfId));
  return { place, bookId, words: contentSchema.parse(item) };
};

export const indexedItem = (bookId: number, { version, contents }: IndexedBook) => ({
  bucket: bucketOfBook(bookId),
  place: placeOfIndexed,
  version,
  contents: contents.map(toContent),
});

export class WordsTable {
  readonly name: string;
  readonly #link: TableLink;
  readonly #system: System;

  constructor(name: string, link: TableLink, system: System) {
    this.name = name;
    this.#link = link;
    this.#system = system;
  }

  /**
   * Up to `limit` postings of a range; eventually consistent, for the index itself is behind the books.
   *
   * @param after the place that they go on behind: any text.
   * @throws UnavailableError
   */
  async postings(
    { bucket, from, to }: WordRange,
    { after, limit }: { readonly after: string | undefined; readonly limit: number },
  ): Promise<PostingPage> {
    const start = after === undefined || after < from ? from : `${after}${behindWordEnd}`;
    if (start > to) return { rows: [], unreadable: [], until: undefined };
    const { Items = [], LastEvaluatedKey } = await this.#link.read(
      new QueryCommand({
        TableName: this.name,
        KeyConditionExpression: '#bucket = :bucket AND #place BETWEEN :from AND :to',
        ExpressionAttributeNames: { '#bucket': 'bucket', '#place': 'place' },
        ExpressionAttributeValues: { ':bucket': bucket, ':from': start, ':to': to },
        Limit: limit,
      }),
    );
    return {
      ...readEach(this.#link.where, Items, toPosting),
      until: LastEvaluatedKey && String(LastEvaluatedKey['place']),
    };
  }

  /** The first postings of several ranges, read at once, in order. @throws UnavailableError */
  firstPostings(ranges: readonly WordRange[], limit: number): Promise<PostingPage[]> {
    return readAtOnce(ranges, (range) => this.postings(range, { after: undefined, limit }));
  }

  /**
   * What is indexed of books, strongly consistent; those of which nothing ever was are left out, and those
   * of which that can't be read: nobody gets to write them then.
   *
   * @throws UnavailableError
   */
  async indexed(bookIds: readonly number[]): Promise<Map<number, IndexedBook>> {
    const found = await batchGet(this.#link, this.#system, {
      [this.name]: bookIds.map((id) => ({ bucket: bucketOfBook(id), place: placeOfIndexed })),
    });
    return new Map(
      (found[this.name] ?? []).flatMap((item) => {
        const { data } = indexedSchema.safeParse(item);
        if (data === undefined) return [];
        const bookId = Number(String(item['bucket']).slice(bucketOfBook('').length));
        return [[bookId, data]];
      }),
    );
  }

  /**
   * Replaces the postings of a book, on the condition that what is indexed of it is still as it was read:
   * in one transaction, or, of very many words, in several. Until the last of these the item says that
   * postings of either may be there.
   *
   * @param wanted the words of the book, which was read after `known`; undefined where it is to have none.
   * @returns false where others were there first: some of it may be done.
   * @throws UnavailableError
   */
  async replace(
    bookId: number,
    known: IndexedBook,
    wanted: BookWords | undefined,
  ): Promise<boolean> {
    const contents = wanted === undefined ? [] : [wanted];
    const steps = chunksOf(this.#changesOf(bookId, known, contents), mostInOneTransaction - 1);
    for (const [step, changes] of steps.entries()) {
      const isLast = step === steps.length - 1;
      const version = known.version + step;
      const after = {
        version: version + 1,
        contents: isLast ? contents : [...known.contents, ...contents],
      };
      const indexed = this.#indexedWrite(bookId, version, after);
      const { isDone } = await transact(
        this.#link.write,
        Object.fromEntries([indexed, ...changes].entries()),
      );
      if (!isDone) return false;
    }
    return true;
  }

  #changesOf(bookId: number, known: IndexedBook, contents: readonly BookWords[]): TransactItem[] {
    const keysOf = (some: readonly BookWords[]) =>
      new Map(
        some
          .flatMap((words) => postingKeys(bookId, words))
          .map((key) => [`${key.bucket} ${key.place}`, key]),
      );
    const wanted = keysOf(contents);
    const outdated = [...keysOf(known.contents)].filter(([name]) => !wanted.has(name));
    const content = contents[0] && toContent(contents[0]);
    return [
      ...[...wanted.values()].map((key) => ({
        Put: { TableName: this.name, Item: { ...key, ...content } },
      })),
      ...outdated.map(([, Key]) => ({ Delete: { TableName: this.name, Key } })),
    ];
  }

  #indexedWrite(bookId: number, version: number, after: IndexedBook): TransactItem {
    const isAsRead = version === 0 ? isNotThere('version') : holds(['version'], version);
    return {
      Put: {
        TableName: this.name,
        Item: indexedItem(bookId, after),
        ...new Expression().require(isAsRead).toCondition(),
      },
    };
  }
}
