/** Items are checked where they are read: one that is none of the store's spoils no other. */
import { ItemUnavailableError } from '../errors.js';

type Item = Readonly<Record<string, unknown>>;

/** What `parse` makes of an item. @throws ItemUnavailableError where that is nothing. */
export function readItem<Row>(where: string, item: Item, parse: (item: Item) => Row): Row {
  try {
    return parse(item);
  } catch (cause) {
    throw new ItemUnavailableError(where, keyOf(item), "can't be read", cause);
  }
}

/** Of the tables, that of the words alone has a key of two attributes. */
const keyOf = ({ id, bucket, place }: Item): string =>
  typeof id === 'string' ? id : `${String(bucket)} ${String(place)}`;

/** What came of reading several items: what they say, and what stood against reading the others. */
export interface ReadItems<Row> {
  readonly rows: readonly Row[];
  readonly unreadable: readonly ItemUnavailableError[];
}

/** Reads each item by itself. */
export function readEach<Row>(
  where: string,
  items: readonly Item[],
  parse: (item: Item) => Row,
): ReadItems<Row> {
  const rows: Row[] = [];
  const unreadable: ItemUnavailableError[] = [];
  for (const item of items) {
    try {
      rows.push(readItem(where, item, parse));
    } catch (error) {
      unreadable.push(error as ItemUnavailableError);
    }
  }
  return { rows, unreadable };
}
