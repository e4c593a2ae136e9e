import { caseFolded, tidyText } from './text.js';

/**
 * The most bytes of a key, in UTF-8: DynamoDB sorts by up to 1024, of which a book's place in the
 * listing (`listingKeyOf`) takes 16 for the id. A test shows that no topic comes near it.
 */
export const mostBytesOfTopicKey = 1024 - 16;

/**
 * What two spellings of one topic have in common: neither case nor blanks nor characters that don't
 * show tell them apart (design T3). A key is its own key.
 */
export const topicKey = (topic: string): string => tidyText(caseFolded(topic));
