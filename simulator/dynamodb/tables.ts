/**
 * One region's DynamoDB in memory: it takes the commands that the store sends, at the moment that
 * the caller says, and answers at once. What DynamoDB leaves open, a {@link Behaviour} decides. It
 * has no clock, no chance and no timers of its own.
 */
import {
  BatchGetCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { calm, type Behaviour } from './behaviour.js';
import { definitionOf, type TableProperties } from './definition.js';
import { noSuchTable } from './errors.js';
import { batchGet, get, query, scan } from './reads.js';
import { Table, type Backup, type StreamRecord } from './table.js';
import { UnsupportedRequestError } from './expressions/unsupported.js';
import type { Item } from './expressions/values.js';
import { put, transactWrite, update } from './writes.js';

export interface SimulatedTablesOptions {
  readonly behaviour?: Behaviour;
  /** The most that `behaviour.readLagMs` answers; what is older is forgotten. */
  readonly longestLagMs?: number;
}

export class SimulatedTables {
  readonly #behaviour: Behaviour;
  readonly #longestLagMs: number;
  readonly #tables = new Map<string, Table>();
  #nowMs = -Infinity;

  constructor({ behaviour = calm, longestLagMs = 0 }: SimulatedTablesOptions = {}) {
    this.#behaviour = behaviour;
    this.#longestLagMs = longestLagMs;
  }

  /**
   * Makes a table as its deployed definition says, empty or from the backup of another.
   *
   * @throws UnsupportedRequestError for tables of another kind than the store's.
   */
  create(properties: TableProperties, backup: Backup = []): void {
    const definition = definitionOf(properties);
    if (this.#tables.has(definition.name)) {
      throw new RangeError(`the table ${definition.name} is there already`);
    }
    const table = new Table(definition, this.#behaviour, this.#longestLagMs);
    table.restore(backup);
    this.#tables.set(definition.name, table);
  }

  /** Takes a table away, with its stream. @throws ResourceNotFoundException */
  remove(name: string): void {
    this.#table(name);
    this.#tables.delete(name);
  }

  /** Everything that is in a table, in no order that means anything. @throws ResourceNotFoundException */
  backup(name: string): Backup {
    return this.#table(name).items();
  }

  /** Every change of a table since it was made, the oldest first. @throws ResourceNotFoundException */
  stream(name: string): readonly StreamRecord[] {
    return this.#table(name).stream;
  }

  /**
   * Removes an item, as DynamoDB does when its time to live has passed.
   *
   * @throws ResourceNotFoundException
   */
  expire(name: string, id: string, atMs: number): void {
    this.#advance(atMs);
    this.#table(name).commit(id, undefined, atMs);
  }

  /**
   * Carries a command of the document client out, all of it, and answers.
   *
   * @param atMs now; never before that of an earlier command.
   * @throws what DynamoDB throws; UnsupportedRequestError for what the store never sends.
   */
  execute(command: { readonly input: object }, atMs: number): object {
    this.#advance(atMs);
    const context = {
      table: (name: string | undefined) => this.#table(name),
      behaviour: this.#behaviour,
      longestLagMs: this.#longestLagMs,
      atMs,
    };
    if (command instanceof GetCommand) return get(command.input, context);
    if (command instanceof BatchGetCommand) return batchGet(command.input, context);
    if (command instanceof QueryCommand) return query(command.input, context);
    if (command instanceof ScanCommand) return scan(command.input, context);
    if (command instanceof PutCommand) return put(command.input, context);
    if (command instanceof UpdateCommand) return update(command.input, context);
    if (command instanceof TransactWriteCommand) return transactWrite(command.input, context);
    throw new UnsupportedRequestError(command.constructor.name);
  }

  #advance(atMs: number): void {
    if (!(atMs >= this.#nowMs)) throw new RangeError(`${atMs} ms is before ${this.#nowMs} ms`);
    this.#nowMs = atMs;
  }

  #table(name: string | undefined): Table {
    const table = this.#tables.get(name ?? '');
    if (table === undefined) throw noSuchTable();
    return table;
  }
}

export type { Backup, Item, StreamRecord };
