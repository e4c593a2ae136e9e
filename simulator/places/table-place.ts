import type { RandomChoice } from '../../tools/random.js';
import type { Region } from '../../lib/rules/sites.js';
import type { Clockwork } from '../clockwork/clockwork.js';
import type { Invocation } from '../clockwork/lambda-deployment.js';
import { calm, type Refusal } from '../dynamodb/behaviour.js';
import type { TableProperties } from '../dynamodb/definition.js';
import { SimulatedTables, type Backup, type StreamRecord } from '../dynamodb/tables.js';
import type { Command, Place } from './place.js';

/** What one command changed in one table. */
export interface Write {
  readonly place: TablePlace;
  readonly table: string;
  readonly records: readonly StreamRecord[];
  readonly invocation: Invocation;
}

const longestLagMs = 8_000;

export interface PlaceOptions extends Clockwork {
  readonly name: string;
  readonly region: Region;
  /** Told of all that a command changed, once it is done. */
  readonly onWrites: (writes: readonly Write[]) => void;
}

/** Tables in one place, and the way they behave there now. */
export class TablePlace implements Place {
  readonly name: string;
  readonly region: Region;
  condition: Place['condition'] = 'up';
  readonly held: (() => void)[] = [];
  /** Where indexes are further behind than they are otherwise. */
  isIndexBehind = false;
  readonly #options: PlaceOptions;
  readonly #random: RandomChoice;
  readonly #tables: SimulatedTables;
  /** How much of each table's stream was seen. */
  readonly #seen = new Map<string, number>();
  #refusal: Refusal | undefined;

  constructor(options: PlaceOptions) {
    this.name = options.name;
    this.region = options.region;
    this.#options = options;
    this.#random = options.decisions.of(`tables of ${options.name}`);
    this.#tables = new SimulatedTables({
      longestLagMs,
      behaviour: {
        ...calm,
        readLagMs: () => this.#readLagMs(),
        indexLagMs: () => this.#lagMs(),
        // Lists are read a page of keys at a time, which always fits into an answer.
        pageSize: (_table, index) =>
          index === undefined || index === 'changes' ? this.#random.oneOf([3, 300]) : Infinity,
        writeRefusal: () => this.#refusal,
        readRefusal: () => (this.#refusal === 'TransactionConflict' ? undefined : this.#refusal),
      },
    });
  }

  create(properties: TableProperties, name: string, backup?: Backup): void {
    this.#tables.create({ ...properties, TableName: name }, backup);
    this.#seen.set(name, 0);
  }

  remove(name: string): void {
    this.#tables.remove(name);
    this.#seen.delete(name);
  }

  /** Every item of a table. */
  items(table: string): Backup {
    return this.#tables.backup(table);
  }

  execute(command: Command, invocation: Invocation, refusal?: Refusal): unknown {
    this.#refusal = refusal;
    try {
      return this.#tables.execute(command, this.#options.scheduler.nowMs);
    } finally {
      this.#refusal = undefined;
      this.#tell(invocation);
    }
  }

  #tell(invocation: Invocation): void {
    const writes: Write[] = [];
    for (const [table, seen] of this.#seen) {
      const stream = this.#tables.stream(table);
      if (stream.length === seen) continue;
      this.#seen.set(table, stream.length);
      writes.push({ place: this, table, records: stream.slice(seen), invocation });
    }
    if (writes.length > 0) this.#options.onWrites(writes);
  }

  #readLagMs(): number {
    const { decisions, profile } = this.#options;
    if (decisions.isHealed || this.#random.number() < 0.5) return 0;
    decisions.count('stale read');
    return Math.min(longestLagMs, this.#random.whole(0, profile.lagMs));
  }

  #lagMs(): number {
    const { decisions, profile } = this.#options;
    if (decisions.isHealed) return 0;
    return this.#random.whole(0, this.isIndexBehind ? longestLagMs : profile.lagMs);
  }
}
