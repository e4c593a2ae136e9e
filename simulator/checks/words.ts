/** G11: each region's index has every word of the books that are there, and none that they have no longer. */
import { isFoundBy, termsOf, wordsOf } from '../../lib/rules/words.js';
import { isBookItem, toBookState } from '../../lib/tables/book-item.js';
import { postingKeys, toContent } from '../../lib/tables/words-table.js';
import type { Site } from '../../lib/rules/sites.js';
import { catalogOf, wordsTableOf } from '../places/layout.js';
import type { Asked } from '../record/history.js';
import type { World } from '../worlds/world.js';

/** A book as an answer shows it. */
export interface Shown {
  readonly id: number;
  readonly title: string;
  readonly authors: readonly string[];
  readonly topic: string;
}

/** Whether a book has all that a search by words asks for. */
export function isShownFor({ query, path }: Asked, { id, title, authors, topic }: Shown): boolean {
  const register = <Value>(value: Value) => ({ value, stamp: '' });
  const words = wordsOf({
    id,
    registers: {
      title: register(title),
      authors: register(authors),
      topic: register(topic),
      price: register(0),
    },
    ledger: {},
  });
  const terms = termsOf(query?.['q'], path?.['topic'] ?? query?.['topic']);
  return words !== undefined && isFoundBy(terms, words);
}

/** The first difference between what a site's index holds and what it should; undefined where there is none. */
export const firstWordsDifference = (world: World): string | undefined =>
  world.sites
    .map((site) => differenceOf(world, site))
    .find((difference) => difference !== undefined);

function differenceOf(world: World, site: Site): string | undefined {
  const place = world.placeOf(site);
  const wanted = new Map<string, string>();
  for (const item of place.items(catalogOf(site)).filter(isBookItem)) {
    const state = toBookState(item);
    const words = wordsOf(state);
    if (words === undefined) continue;
    for (const key of postingKeys(state.id, words)) {
      wanted.set(nameOf(key), JSON.stringify(toContent(words)));
    }
  }
  const found = new Map<string, string>();
  for (const { bucket, place: at, ...content } of place.items(wordsTableOf(site))) {
    if ('version' in content) continue;
    found.set(nameOf({ bucket, place: at }), JSON.stringify(content));
  }
  const differing = [...new Set([...wanted.keys(), ...found.keys()])].find(
    (name) => wanted.get(name) !== found.get(name),
  );
  return differing === undefined
    ? undefined
    : `${site} has ${found.get(differing) ?? 'nothing'} at ${differing}, and should have ${wanted.get(differing) ?? 'nothing'}`;
}

const nameOf = ({ bucket, place }: { readonly bucket: unknown; readonly place: unknown }): string =>
  `${String(bucket)}: ${String(place)}`;
