/** The index of words, by hand: the test says which books are indexed where, and when. */
import { indexBooks } from '../../../lib/replication/index-words.js';
import { wordsOf } from '../../../lib/rules/words.js';
import { postingKeys, toContent } from '../../../lib/tables/words-table.js';
import type { Replica } from '../../../lib/tables/replica.js';
import { realSystem } from '../../../lib/system.js';
import { silentTelemetry } from '../../../lib/telemetry.js';
import { itemsOf } from '../tables/raw-items.js';

export const indexed = (own: Replica, ...bookIds: readonly number[]): Promise<number> =>
  indexBooks({ own, system: realSystem, telemetry: silentTelemetry }, bookIds);

/** What a region's index holds of a book, and what it should: sorted texts, to be compared. */
export async function indexOf(
  own: Replica,
  bookId: number,
): Promise<{ found: string[]; wanted: string[] }> {
  const items = await itemsOf({ send: own.link.read }, own.words.name);
  const words = wordsOf((await own.catalog.get(bookId))?.state);
  const wanted =
    words === undefined
      ? []
      : postingKeys(bookId, words).map((key) => textOf({ ...key, ...toContent(words) }));
  const found = items
    .filter((item) => Number(String(item['place']).slice(-15)) === bookId)
    .map(textOf);
  return { found: found.sort(), wanted: wanted.sort() };
}

const textOf = ({ bucket, place, ...content }: Record<string, unknown>): string =>
  [bucket, place, content['titleWords'], content['authorWords'], content['topicKey']].join('|');
