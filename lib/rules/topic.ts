import { tidyText } from './text.js';

const ignorables = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * The most bytes of a key, in UTF-8: DynamoDB sorts by up to 1024, of which a book's place in the
 * listing (`listingKeyOf`) takes 16 for the id. A test shows that no topic comes near it.
 */
export const mostBytesOfTopicKey = 1024 - 16;

/**
 * What two spellings of one topic have in common: neither case nor blanks nor characters that don't
 * show tell them apart (design T3). A key is its own key.
 *
 * This is Unicode's caseless matching (The Unicode Standard, 3.13, D145 and D147), with what JavaScript
 * has for folding. Lower case first, for `ẞ` has no upper case but `ß` has; then upper case, which
 * spells out `ß` and `ﬃ` and brings `σ` and `ς` together; then lower case, but for the `ς` that ends
 * words. So `ı`, whose upper case is that of `i`, is an `i` here, as it isn't in Unicode's own folding.
 * The cases are made of NFC, as SpecialCasing.txt wants it of the Greek iota below a letter.
 */
export const topicKey = (topic: string): string =>
  tidyText(
    topic
      .normalize('NFC')
      .toLowerCase()
      .toUpperCase()
      .toLowerCase()
      .replaceAll('ς', 'σ')
      .replaceAll(ignorables, ''),
  );
