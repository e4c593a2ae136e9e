/** What a title, an author's name, a topic or a description may hold: one rule, whoever brings it in. */

/**
 * None of these has a place in a line of text. Controls would break what shows it, and a half of a
 * character what stores it; SQS takes no message with U+FFFE or U+FFFF, so such a change would never
 * reach another region. U+FFFD is what somebody made of bytes that they could not read, and in a query
 * it can't be told from such. An override or an isolate that is left open turns the order of whatever is
 * shown behind the text, such as a price; the marks U+200E, U+200F and U+061C serve the same need and
 * reach no further than their neighbours.
 */
const refused: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\p{Cc}/u, 'a control character'],
  [/\p{Cs}/u, 'half of a character'],
  [/\p{Noncharacter_Code_Point}/u, 'a noncharacter'],
  [/\ufffd/u, 'the character that stands for what could not be decoded'],
  [/[\u202a-\u202e\u2066-\u2069]/u, 'a character that overrides or isolates the direction of text'],
];

/** Of U+2800 the Unicode properties don't say that it is blank: it is the Braille cell without a dot. */
const visible = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Mark}\p{Format}\u2800]/u;

const blanks = /\p{White_Space}+/gu;

/** A text as it is kept: in NFC, each run of blanks one space, none at either end. */
export const tidyText = (text: string): string =>
  text.normalize('NFC').replaceAll(blanks, ' ').replaceAll(/^ | $/g, '');

const ignorables = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * A text without its case, and without characters that don't show. The folded text is its own folded text.
 *
 * This is Unicode's caseless matching (The Unicode Standard, 3.13, D145 and D147), with what JavaScript
 * has for folding. Lower case first, for `ẞ` has no upper case but `ß` has; then upper case, which
 * spells out `ß` and `ﬃ` and brings `σ` and `ς` together; then lower case, but for the `ς` that ends
 * words. So `ı`, whose upper case is that of `i`, is an `i` here, as it isn't in Unicode's own folding.
 * The cases are made of NFC, as SpecialCasing.txt wants it of the Greek iota below a letter.
 */
export const caseFolded = (text: string): string =>
  text
    .normalize('NFC')
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .replaceAll(ignorables, '');

const lineBreak = /\r\n|[\r\n\u2028\u2029]/g;

/** A text of several lines as it is kept: each line tidy, with no empty ones before the first or behind the last. */
export const tidyLines = (text: string): string =>
  text
    .split(lineBreak)
    .map(tidyText)
    .join('\n')
    .replaceAll(/^\n+|\n+$/g, '');

/**
 * What is wrong with a text and where, in words that follow the name of a field; undefined where
 * nothing is.
 *
 * @param mostCharacters in code points, of the text as it is kept.
 * @param options.hasLines whether it may be of several.
 */
export function faultOfText(
  text: string,
  mostCharacters: number,
  { hasLines = false }: { readonly hasLines?: boolean } = {},
): string | undefined {
  for (const [pattern, name] of refused) {
    const found = pattern.exec(hasLines ? text.replaceAll(/[\r\n]/g, ' ') : text);
    if (found === null) continue;
    const [character] = found;
    return `holds ${name} (${codePointOf(character)}) as its character ${lengthOf(text.slice(0, found.index)) + 1}`;
  }
  if (!visible.test(text)) return 'must hold a visible character';
  const length = lengthOf((hasLines ? tidyLines : tidyText)(text));
  if (length > mostCharacters) {
    return `must not be longer than ${mostCharacters} characters: it has ${length}`;
  }
  return undefined;
}

const codePointOf = (character: string): string =>
  `U+${Number(character.codePointAt(0)).toString(16).toUpperCase().padStart(4, '0')}`;

/** In code points, which JSON Schema counts too; `length` counts many of them twice. */
const lengthOf = (text: string): number => Array.from(text).length;
