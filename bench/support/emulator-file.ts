/**
 * A database file of dynoxide, written while no emulator has it open: some hundred times as fast as its
 * API, which is what a bench with hundreds of thousands of items needs. Before it writes to a table it
 * makes sure that dynoxide itself lays items out as it does.
 */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type sqlite from 'node-sqlite3-wasm';
import { openDatabase } from '../../local/databases/stream-index.js';

export type StoredItem = Readonly<Record<string, AttributeValue>>;

interface KeyPart {
  readonly AttributeName: string;
}

interface Index {
  readonly IndexName: string;
  readonly KeySchema: readonly KeyPart[];
  readonly Projection: { readonly ProjectionType: string };
}

interface Layout {
  /** Of the table's own key: one attribute, or two. */
  readonly key: readonly KeyPart[];
  readonly indexes: readonly Index[];
  readonly put: sqlite.Statement;
  readonly addToIndex: ReadonlyMap<string, sqlite.Statement>;
  sequenceNumber: number;
}

const cacheKilobytes = 256_000;

export class EmulatorFile {
  readonly #database: sqlite.Database;
  readonly #putRecord: sqlite.Statement;
  readonly #layouts = new Map<string, Layout>();

  constructor(file: string) {
    this.#database = openDatabase(file);
    // If the machine fails meanwhile, the file is of no use: it is made anew.
    this.#database.exec(
      `PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -${cacheKilobytes}; BEGIN`,
    );
    this.#putRecord = this.#database.prepare(
      'INSERT INTO _stream_records (table_name, event_name, keys_json, new_image, old_image, ' +
        'sequence_number, shard_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
  }

  /** What dynoxide keeps under an id. @throws Error where it keeps it otherwise than expected. */
  get(table: string, id: string): StoredItem {
    const row = this.#database.get(
      `SELECT item_json, hash_prefix FROM "${table}" WHERE pk = ?`,
      encodeKey({ S: id }),
    );
    if (row === null) throw new Error(`${table} holds no ${id}`);
    const item = JSON.parse(row['item_json'] as string) as StoredItem;
    const indexed = this.#layout(table).indexes.flatMap((index) => {
      const entry = entryOf(item, index);
      return entry === undefined ? [] : [[indexTable(table, index), entry] as const];
    });
    for (const [indexName, { partition, sort }] of indexed) {
      const found = this.#database.get(
        `SELECT gsi_pk, hex(gsi_sk) AS sort FROM "${indexName}" WHERE table_pk = ?`,
        encodeKey({ S: id }),
      );
      const sortHex = Buffer.from(sort).toString('hex').toUpperCase();
      if (!isDeepStrictEqual({ ...found }, { gsi_pk: partition, sort: sortHex })) throw unknown();
    }
    if (row['hash_prefix'] !== hashPrefixOf(id)) throw unknown();
    return item;
  }

  /** Adds an item that is not there yet, with its places in the indexes. */
  add(table: string, item: StoredItem): void {
    this.replace(table, item);
    const { indexes, addToIndex } = this.#layout(table);
    for (const index of indexes) {
      const entry = entryOf(item, index);
      if (entry === undefined) continue;
      const { partition, sort, keys } = entry;
      const place = [partition, Buffer.from(sort), encodeKey({ S: idOf(item) })];
      addToIndex.get(index.IndexName)?.run([...place, JSON.stringify(keys)]);
    }
  }

  /** Replaces an item by one that has the same places in all indexes. */
  replace(table: string, item: StoredItem): void {
    const json = JSON.stringify(item);
    const { key, put } = this.#layout(table);
    const [partition, sort] = key.map(({ AttributeName: name }) => item[name]?.S);
    if (partition === undefined) throw unknown();
    const encoded = sort === undefined ? '' : encodeKey({ S: sort });
    put.run([encodeKey({ S: partition }), encoded, json, json.length, hashPrefixOf(partition)]);
  }

  /** Has the table's stream tell of an item that was added, or that took the place of `before`. */
  tell(table: string, item: StoredItem, before?: StoredItem): void {
    const layout = this.#layout(table);
    layout.sequenceNumber += 1;
    this.#putRecord.run([
      table,
      before === undefined ? 'INSERT' : 'MODIFY',
      JSON.stringify({ id: item['id'] }),
      JSON.stringify(item),
      before === undefined ? null : JSON.stringify(before),
      String(layout.sequenceNumber),
      `shardId-00000001-${table}`,
      Math.floor(Date.now() / 1000),
    ]);
  }

  /** Up to where a table's stream goes. */
  sequenceNumber(table: string): number {
    return this.#layout(table).sequenceNumber;
  }

  close(): void {
    this.#database.exec('COMMIT');
    this.#putRecord.finalize();
    for (const { put, addToIndex } of this.#layouts.values()) {
      for (const statement of [put, ...addToIndex.values()]) statement.finalize();
    }
    this.#database.close();
  }

  #layout(table: string): Layout {
    const known = this.#layouts.get(table);
    if (known !== undefined) return known;
    const row = this.#database.get(
      'SELECT key_schema, gsi_definitions FROM _tables WHERE table_name = ?',
      table,
    );
    const key = JSON.parse((row?.['key_schema'] ?? 'null') as string) as KeyPart[];
    const indexes = (JSON.parse((row?.['gsi_definitions'] ?? 'null') as string) ?? []) as Index[];
    if (indexes.some(({ Projection: { ProjectionType: type } }) => type !== 'KEYS_ONLY')) {
      throw unknown();
    }
    const last = this.#database.get(
      'SELECT MAX(CAST(sequence_number AS INTEGER)) AS last FROM _stream_records WHERE table_name = ?',
      table,
    );
    const layout: Layout = {
      key,
      indexes,
      put: this.#database.prepare(
        `INSERT OR REPLACE INTO "${table}" (pk, sk, item_json, item_size, hash_prefix) VALUES (?, ?, ?, ?, ?)`,
      ),
      addToIndex: new Map(
        indexes.map((index) => [
          index.IndexName,
          // A blob, since a text with a NUL in it would be bound up to there.
          this.#database.prepare(
            `INSERT INTO "${indexTable(table, index)}" (gsi_pk, gsi_sk, table_pk, item_json) ` +
              'VALUES (?, CAST(? AS TEXT), ?, ?)',
          ),
        ]),
      ),
      sequenceNumber: Number(last?.['last'] ?? 0),
    };
    this.#layouts.set(table, layout);
    return layout;
  }
}

const unknown = () => new Error('this dynoxide keeps items otherwise than the bench knows');

const idOf = (item: StoredItem): string => item['id']?.S ?? '';

const indexTable = (table: string, { IndexName: name }: Index) => `${table}::gsi::${name}`;

/** Where an item stands in an index; undefined where it lacks one of its keys. */
function entryOf(item: StoredItem, { KeySchema: schema }: Index) {
  const [partition, sort] = schema.map(({ AttributeName: name }) => item[name]);
  if (partition === undefined || sort === undefined) return undefined;
  const names = ['id', ...schema.map(({ AttributeName: name }) => name)];
  return {
    partition: encodeKey(partition),
    sort: encodeKey(sort),
    keys: Object.fromEntries(names.map((name) => [name, item[name]])),
  };
}

/** Texts that sort as DynamoDB sorts the values. */
function encodeKey({ S: text, N: number }: AttributeValue): string {
  if (text !== undefined) return `S:${text}`;
  if (number === undefined || !/^[1-9]\d*$/.test(number)) throw unknown();
  return `N:2${5000 + number.length}${number.padEnd(40, '0')}`;
}

const hashPrefixOf = (id: string): string =>
  createHash('md5').update(`Outliers${id}`).digest('hex').slice(0, 6);
