/** One table: its items, as they are and as they were, its indexes and its stream. */
import { firstPlace } from '../../tools/sorted.js';
import { spreadHash } from '../../lib/spread-hash.js';
import type { Behaviour } from './behaviour.js';
import type { KeyAttribute, TableDefinition } from './definition.js';
import { invalidRequest } from './errors.js';
import { limits, sizeOfItem } from './limits.js';
import { SecondaryIndex } from './secondary-index.js';
import { compare, isSame, type Item } from './expressions/values.js';

/** One change of an item, as the table's stream tells it. */
export interface StreamRecord {
  /** Counts the table's changes from 0. */
  readonly sequence: number;
  /** When it was committed; milliseconds. */
  readonly atMs: number;
  readonly id: string;
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}

/** What was in a table at one moment. */
export type Backup = readonly Item[];

interface Version {
  readonly atMs: number;
  readonly item: Item | undefined;
}

/** Where a scan meets an item. */
interface ScanPlace {
  readonly hash: number;
  readonly id: string;
}

export class Table {
  readonly name: string;
  readonly key: TableDefinition['key'];
  readonly sortKey: TableDefinition['sortKey'];
  readonly indexes: ReadonlyMap<string, SecondaryIndex>;
  /** Of a table with a sort key: its partitions, which are never behind. */
  readonly partitions: SecondaryIndex | undefined;
  /** Every change since the table was made. */
  readonly stream: StreamRecord[] = [];
  readonly #behaviour: Behaviour;
  readonly #longestLagMs: number;
  readonly #versions = new Map<string, Version[]>();
  /** Every id there ever was, in the order of a scan. */
  readonly #places: ScanPlace[] = [];

  /** @param longestLagMs how old the oldest answer may be; what is older is forgotten. */
  constructor(
    { name, key, sortKey, indexes }: TableDefinition,
    behaviour: Behaviour,
    longestLagMs: number,
  ) {
    this.name = name;
    this.key = key;
    this.sortKey = sortKey;
    this.partitions =
      sortKey &&
      new SecondaryIndex(
        { name: '', hashKey: key, rangeKey: sortKey },
        key.attribute,
        longestLagMs,
      );
    this.indexes = new Map(
      indexes.map((index) => [index.name, new SecondaryIndex(index, key.attribute, longestLagMs)]),
    );
    this.#behaviour = behaviour;
    this.#longestLagMs = longestLagMs;
  }

  /** The id that a key names. @throws ValidationException where it is none of this table's. */
  idOf(key: Item): string {
    const attributes = this.#keys().map(({ attribute }) => attribute);
    const isWhole = attributes.every((attribute) => typeof key[attribute] === 'string');
    if (!isWhole || Object.keys(key).length !== attributes.length) {
      throw invalidRequest('The provided key element does not match the schema');
    }
    return this.idIn(key);
  }

  #keys(): KeyAttribute[] {
    return this.sortKey === undefined ? [this.key] : [this.key, this.sortKey];
  }

  /** The id of an item: its key as one text. @throws ValidationException where it has none, or not a good one. */
  idIn(item: Item): string {
    const [id = '', ...more] = this.#keys().map((key) => this.#keyIn(item, key));
    return more.length === 0 ? id : JSON.stringify([id, ...more]);
  }

  #keyIn(item: Item, { attribute, mostBytes }: KeyAttribute): string {
    const id = item[attribute];
    if (typeof id !== 'string') {
      throw invalidRequest(
        `One or more parameter values were invalid: Missing the key ${attribute} in the item, or a type mismatch`,
      );
    }
    if (id === '') {
      throw invalidRequest(
        `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: ${attribute}`,
      );
    }
    if (id.length * 3 > mostBytes && Buffer.byteLength(id) > mostBytes) {
      throw invalidRequest(
        `One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of ${mostBytes} bytes`,
      );
    }
    return id;
  }

  keyOf(id: string): Item {
    if (this.sortKey === undefined) return Object.freeze({ [this.key.attribute]: id });
    const [hash, range] = JSON.parse(id) as [string, string];
    return Object.freeze({ [this.key.attribute]: hash, [this.sortKey.attribute]: range });
  }

  /** The item as it is. */
  get(id: string): Item | undefined {
    return this.#versions.get(id)?.at(-1)?.item;
  }

  /** The item as it was at a moment, no longer ago than the longest lag. */
  getAsOf(id: string, atMs: number): Item | undefined {
    return this.#versions.get(id)?.findLast((version) => version.atMs <= atMs)?.item;
  }

  /** @throws ValidationException where the item is too large, or an index can't show it. */
  check(item: Item): void {
    if (sizeOfItem(item) > limits.item) {
      throw invalidRequest('Item size has exceeded the maximum allowed size');
    }
    for (const index of this.indexes.values()) index.check(item);
  }

  /** Puts an item in the place of what lies there, or removes it. A change of nothing leaves no trace. */
  commit(id: string, item: Item | undefined, atMs: number): void {
    const before = this.get(id);
    if (isSame(before, item)) return;
    this.stream.push({ sequence: this.stream.length, atMs, id, before, after: item });
    this.#keepVersion(id, { atMs, item });
    this.partitions?.follow(id, item, atMs, () => 0);
    for (const index of this.indexes.values()) {
      index.follow(id, item, atMs, () => this.#behaviour.indexLagMs(this.name, index.name, id));
    }
  }

  #keepVersion(id: string, version: Version): void {
    const versions = this.#versions.get(id);
    if (versions === undefined) {
      this.#versions.set(id, [version]);
      const place = { hash: spreadHash(id), id };
      this.#places.splice(firstBehind(this.#places, place), 0, place);
      return;
    }
    versions.push(version);
    const oldest = version.atMs - this.#longestLagMs;
    // The last version from before then is what a read of then still sees.
    while (versions.length > 1 && (versions[1] as Version).atMs <= oldest) versions.shift();
  }

  /** Items in the order of a scan, behind that of `start`. */
  *scan(start: string | undefined, atMs: number): Generator<Item> {
    const first =
      start === undefined ? 0 : firstBehind(this.#places, { hash: spreadHash(start), id: start });
    for (let place = first; place < this.#places.length; place += 1) {
      const item = this.getAsOf((this.#places[place] as ScanPlace).id, atMs);
      if (item !== undefined) yield item;
    }
  }

  /** Everything in the table as it is, in the order of a scan. */
  items(): Item[] {
    return [...this.scan(undefined, Infinity)];
  }

  /** Fills a table that was just made. Its stream begins behind that, its indexes are complete. */
  restore(backup: Backup): void {
    for (const item of backup) {
      const id = this.idIn(item);
      this.#keepVersion(id, { atMs: -Infinity, item });
      this.partitions?.follow(id, item, -Infinity, () => 0);
      for (const index of this.indexes.values()) index.follow(id, item, -Infinity, () => 0);
    }
  }
}

const comparePlaces = (one: ScanPlace, other: ScanPlace): number =>
  one.hash - other.hash || compare(one.id, other.id);

/** The first place behind another. */
const firstBehind = (places: readonly ScanPlace[], place: ScanPlace): number =>
  firstPlace(places, (other) => comparePlaces(other, place) > 0);
