/**
 * A global secondary index: behind its table, sorted, and holding only items that have both of its
 * keys. Each entry shows from one moment until another, so that it can be read as it was.
 */
import { firstPlace } from '../../tools/sorted.js';
import { invalidRequest } from './errors.js';
import { compare, isSame, isSortable, type Item, type Sortable } from './expressions/values.js';
import type { IndexDefinition, KeyAttribute } from './definition.js';

interface Entry {
  readonly id: string;
  readonly hash: Sortable;
  readonly range: Sortable;
  /** The keys of the index and of the table. */
  readonly projection: Item;
  /** Milliseconds; shown from here on… */
  readonly shownFrom: number;
  /** …and until here. */
  shownUntil: number;
}

/** The place of an entry in its partition. Entries of one range key are in the order of their ids. */
export interface Place {
  readonly range: Sortable;
  readonly id: string;
}

/** What an index has of an item now, and when its last change shows. */
interface Current {
  readonly entry: Entry | undefined;
  readonly settledAt: number;
}

const nothing: Current = { entry: undefined, settledAt: -Infinity };

export class SecondaryIndex {
  readonly name: string;
  readonly hashKey: KeyAttribute;
  readonly rangeKey: KeyAttribute;
  readonly #tableKey: string;
  readonly #longestLagMs: number;
  readonly #partitions = new Map<Sortable, Entry[]>();
  readonly #current = new Map<string, Current>();
  /** Entries that were removed, but may still be read. */
  #removed: Entry[] = [];
  #forgetsAt = -Infinity;

  constructor(
    { name, hashKey, rangeKey }: IndexDefinition,
    tableKey: string,
    longestLagMs: number,
  ) {
    this.name = name;
    this.hashKey = hashKey;
    this.rangeKey = rangeKey;
    this.#tableKey = tableKey;
    this.#longestLagMs = longestLagMs;
  }

  /** @throws ValidationException where an item can't be shown in this index. */
  check(item: Item): void {
    for (const { attribute, type, mostBytes } of [this.hashKey, this.rangeKey]) {
      const value = item[attribute];
      if (value === undefined) continue;
      if (typeof value !== type) {
        throw invalidRequest(
          `One or more parameter values were invalid: Type mismatch for Index Key ${attribute} IndexName: ${this.name}`,
        );
      }
      if (value === '') {
        throw invalidRequest(
          `One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: ${this.name}, IndexKey: ${attribute}`,
        );
      }
      if (typeof value === 'string' && Buffer.byteLength(value) > mostBytes) {
        throw invalidRequest(
          `One or more parameter values were invalid: Size of the key ${attribute} has exceeded ${mostBytes} bytes`,
        );
      }
    }
  }

  /**
   * Follows a change of its table.
   *
   * @param lagMs how long one entry takes to be added or removed.
   */
  follow(id: string, item: Item | undefined, atMs: number, lagMs: () => number): void {
    const { entry: former, settledAt } = this.#current.get(id) ?? nothing;
    const projection = item && this.#project(item);
    if (isSame(former?.projection, projection)) return;
    this.#forget(atMs);
    let settled = settledAt;
    if (former !== undefined) {
      former.shownUntil = Math.max(settledAt, atMs + lagMs());
      settled = Math.max(settled, former.shownUntil);
      this.#removed.push(former);
    }
    if (projection === undefined) {
      this.#current.set(id, { entry: undefined, settledAt: settled });
      return;
    }
    const hash = projection[this.hashKey.attribute] as Sortable;
    // One partition never shows two entries of an item.
    const earliest = hash === former?.hash ? settled : settledAt;
    const entry: Entry = {
      id,
      hash,
      range: projection[this.rangeKey.attribute] as Sortable,
      projection,
      shownFrom: Math.max(earliest, atMs + lagMs()),
      shownUntil: Infinity,
    };
    this.#insert(entry);
    this.#current.set(id, { entry, settledAt: Math.max(settled, entry.shownFrom) });
  }

  /** Forgets what no read will ask for any more: what was removed `longestLagMs` ago. */
  #forget(atMs: number): void {
    if (atMs < this.#forgetsAt) return;
    this.#forgetsAt = atMs + this.#longestLagMs;
    const isPast = ({ shownUntil }: Entry) => shownUntil <= atMs - this.#longestLagMs;
    for (const entry of this.#removed.filter(isPast)) {
      const entries = this.#partitions.get(entry.hash) as Entry[];
      entries.splice(entries.indexOf(entry, lowerBound(entries, entry)), 1);
    }
    this.#removed = this.#removed.filter((entry) => !isPast(entry));
  }

  /** One partition's entries as they showed at a moment, from `start` on, which is not among them. */
  *entries(
    hash: Sortable,
    { atMs, start, isForward }: { atMs: number; start: Place | undefined; isForward: boolean },
  ): Generator<Entry> {
    const entries = this.#partitions.get(hash) ?? [];
    const step = isForward ? 1 : -1;
    let place = isForward ? 0 : entries.length - 1;
    if (start !== undefined) {
      place = lowerBound(entries, start);
      if (isForward) while (isAt(entries[place], start)) place += 1;
      else place -= 1;
    }
    for (let entry = entries[place]; entry !== undefined; entry = entries[(place += step)]) {
      if (entry.shownFrom <= atMs && atMs < entry.shownUntil) yield entry;
    }
  }

  #project(item: Item): Item | undefined {
    const hash = item[this.hashKey.attribute];
    const range = item[this.rangeKey.attribute];
    if (!isSortable(hash) || !isSortable(range)) return undefined;
    return Object.freeze({
      [this.#tableKey]: item[this.#tableKey] as Sortable,
      [this.hashKey.attribute]: hash,
      [this.rangeKey.attribute]: range,
    });
  }

  #insert(entry: Entry): void {
    const entries = this.#partitions.get(entry.hash) ?? [];
    this.#partitions.set(entry.hash, entries);
    entries.splice(lowerBound(entries, entry), 0, entry);
  }
}

const comparePlaces = (one: Place, other: Place): number =>
  compare(one.range, other.range) || compare(one.id, other.id);

const isAt = (entry: Entry | undefined, place: Place): boolean =>
  entry !== undefined && comparePlaces(entry, place) === 0;

/** The first entry that is not before a place. */
const lowerBound = (entries: readonly Entry[], place: Place): number =>
  firstPlace(entries, (entry) => comparePlaces(entry, place) >= 0);
