/** The words that a book is found by, and whether it is found by those that a reader asks for. */
import { isComplete, isListed, type BookState } from './book.js';
import { caseFolded } from './text.js';
import { topicKey } from './topic.js';

/** Of one book. Each costs an item of the index; a title of the usual kind has fewer than ten. */
export const mostWords = 200;
/** In code points: what is longer is known by its beginning. */
export const longestWord = 40;

/** What a book is found by: its words, each once, in the order in which they come. */
export interface BookWords {
  readonly title: readonly string[];
  /** Without those that the title has. */
  readonly authors: readonly string[];
  readonly topicKey: string;
}

/** What is asked for: a word, how a word begins (or a whole word), or a topic. */
export interface Term {
  readonly kind: 'word' | 'beginning' | 'topic';
  /** A word as {@link wordsOf} gives it, or the key of a topic. */
  readonly text: string;
}

/** The words of a book (design W1, W2); undefined where it is to be found by none, for it is off sale or not whole yet. */
export function wordsOf(state: BookState | undefined): BookWords | undefined {
  if (!isComplete(state) || !isListed(state)) return undefined;
  const { title, authors, topic } = state.registers;
  const all = [title.value, ...authors.value].map((text) => wordsIn(text).flat());
  const [titleWords = [], ...authorWords] = all;
  const ofTitle = [...new Set(titleWords)].slice(0, mostWords);
  const ofAuthors = [...new Set(authorWords.flat())].filter((word) => !ofTitle.includes(word));
  return {
    title: ofTitle,
    authors: ofAuthors.slice(0, mostWords - ofTitle.length),
    topicKey: topicKey(topic.value),
  };
}

/** What a reader asks for who types `text`, of which the last word may not be typed to its end (design W2). */
export function termsOf(text: string | undefined, topic?: string): Term[] {
  const words = wordsIn(text ?? '').flatMap(([whole = '']) => whole);
  const last = words.at(-1);
  return [
    ...[...new Set(words)].filter((word) => word !== last).map((word) => toTerm('word', word)),
    ...(last === undefined ? [] : [toTerm('beginning', last)]),
    ...(topic === undefined ? [] : [toTerm('topic', topicKey(topic))]),
  ];
}

const toTerm = (kind: Term['kind'], text: string): Term => ({ kind, text });

/** Where the word of a book lies that a term finds it by, and which it is. */
export interface Meeting {
  /** The best first: as a whole word before the beginning of a longer one, in the title before the authors. */
  readonly how: 'title' | 'authors' | 'title beyond' | 'authors beyond' | 'topic';
  readonly word: string;
}

/** How a term meets a book; undefined where it does not. */
export function meetingOf({ kind, text }: Term, words: BookWords): Meeting | undefined {
  const { title, authors } = words;
  if (kind === 'topic') return words.topicKey === text ? { how: 'topic', word: text } : undefined;
  if (title.includes(text)) return { how: 'title', word: text };
  if (authors.includes(text)) return { how: 'authors', word: text };
  if (kind === 'word') return undefined;
  const begins = (word: string) => word.startsWith(text);
  const inTitle = title.find(begins);
  if (inTitle !== undefined) return { how: 'title beyond', word: inTitle };
  const inAuthors = authors.find(begins);
  return inAuthors === undefined ? undefined : { how: 'authors beyond', word: inAuthors };
}

/** Whether a book has all that is asked for. */
export const isFoundBy = (terms: readonly Term[], words: BookWords): boolean =>
  terms.every((term) => meetingOf(term, words) !== undefined);

/** Scripts without blanks are divided by ICU's dictionaries, whatever the language. */
const segmenter = new Intl.Segmenter('en', { granularity: 'word' });

/** Behind a letter, as in `c++` and `c#`. */
const suffix = /[+#]+(?![+#\p{L}])/uy;
const notOfWords = /[^\p{L}\p{N}\p{M}]+/u;
const letterOrNumber = /[\p{L}\p{N}]/u;
/** Those that Latin, Greek, Cyrillic, Arabic and Hebrew can be read without; not the kana's, nor vowels of India. */
const accents = /(?=[\p{Script=Inherited}\p{Script=Hebrew}])(?![\u3099\u309a])\p{Mn}/gu;

/** Letters with a stroke, which Unicode does not take apart, and what they are typed as without it. */
const plainLetters: Readonly<Record<string, string>> = {
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ŧ: 't',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
};
const withStroke = new RegExp(`[${Object.keys(plainLetters).join('')}]`, 'gu');

/**
 * The words in a text, each as who looks for it writes it, and then what else it is found by: the parts
 * of what a sign joins (`o'reilly` is `oreilly`, `o` and `reilly`), and `c` of `c++`.
 */
function wordsIn(text: string): string[][] {
  // Before it is divided: a mark may stand between letters that are divided otherwise without it.
  const folded = plain(folding(text));
  return [...segmenter.segment(folded)].flatMap(({ segment, index, isWordLike }) => {
    if (isWordLike !== true) return [];
    const parts = segment.split(notOfWords).filter((part) => letterOrNumber.test(part));
    if (parts.length === 0) return [];
    const joined = parts.join('');
    suffix.lastIndex = index + segment.length;
    const signs = suffix.exec(folded)?.[0] ?? '';
    return [[...new Set([`${joined}${signs}`, joined, ...parts].map(shortened))]];
  });
}

/** A text without case, width and what does not show. The second time for what the first brought forth. */
const folding = (text: string): string =>
  [1, 2].reduce((folded) => caseFolded(folded.normalize('NFKC')).normalize('NFKC'), text);

const plain = (text: string): string =>
  text
    .normalize('NFD')
    .replaceAll(accents, '')
    .replaceAll(withStroke, (letter) => plainLetters[letter] ?? letter)
    .normalize('NFC');

const shortened = (word: string): string =>
  word.length <= longestWord ? word : Array.from(word).slice(0, longestWord).join('');
