/** What each site's tables hold, and where they differ. */
import { isDeepStrictEqual } from 'node:util';
import type { BookState } from '../../lib/rules/book.js';
import { isBookItem, rightsAttribute, toBookState } from '../../lib/tables/book-item.js';
import { isOrderItem, toOrderRow } from '../../lib/tables/order-item.js';
import type { OrderRow } from '../../lib/rules/order.js';
import type { Site } from '../../lib/rules/sites.js';
import { catalogOf, ordersOf } from '../places/layout.js';
import type { World } from '../worlds/world.js';

export interface Holding {
  readonly site: Site;
  /** With the copies of each that the site may sell. */
  readonly books: ReadonlyMap<number, { readonly state: BookState; readonly rights: number }>;
  readonly orders: ReadonlyMap<string, OrderRow>;
}

export function holdingsOf(world: World): Holding[] {
  return world.sites.map((site) => {
    const place = world.placeOf(site);
    const books = place.items(catalogOf(site)).filter(isBookItem);
    const rows = place.items(ordersOf(site)).filter(isOrderItem).map(toOrderRow);
    return {
      site,
      books: new Map(
        books.map((item) => [
          Number(item['bookId']),
          { state: toBookState(item), rights: Number(item[rightsAttribute(site)] ?? 0) },
        ]),
      ),
      orders: new Map(rows.map((row) => [row.id, row])),
    };
  });
}

/** The first difference between what the sites hold; undefined where there is none. */
export function firstDifference([first, ...others]: readonly Holding[]): string | undefined {
  if (first === undefined) return undefined;
  const ofFirst = contentOf(first);
  for (const other of others) {
    const ofOther = contentOf(other);
    for (const name of new Set([...ofFirst.keys(), ...ofOther.keys()])) {
      const [one, another] = [ofFirst.get(name), ofOther.get(name)];
      if (isDeepStrictEqual(one, another)) continue;
      return `of ${name}, ${first.site} holds ${textOf(one)}, ${other.site} holds ${textOf(another)}`;
    }
  }
  return undefined;
}

const contentOf = ({ books, orders }: Holding): Map<string, unknown> =>
  new Map<string, unknown>([
    ...[...books].map(([id, { state }]) => [`book ${id}`, state] as const),
    ...[...orders].map(([id, row]) => [`order ${id}`, row] as const),
  ]);

const textOf = (value: unknown): string => JSON.stringify(value) ?? 'nothing';
