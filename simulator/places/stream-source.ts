/** Feeds a function from a table's stream, as an event source mapping of Lambda does. */
import type { StreamRecord } from '../dynamodb/tables.js';
import type { Clockwork } from '../clockwork/clockwork.js';

/** As `serverless-replica.yml` says. */
const mostRetries = 20;
const largestBatch = 100;
const retryMs = 1_000;
/** Records that were read are kept, to be read again. */
const keptRecords = 200;

export class StreamSource {
  readonly name: string;
  readonly #world: Clockwork;
  readonly #take: (name: string, records: readonly StreamRecord[]) => Promise<boolean>;
  readonly #isRunning: () => boolean;
  readonly #isWanted: (record: StreamRecord) => boolean;
  #records: StreamRecord[] = [];
  /** How many of the records were taken. */
  #position = 0;
  #batches = 0;
  #retries = 0;
  #batchSize = largestBatch;
  #isBusy = false;
  #isStopped = false;

  /**
   * @param take hands a batch to its function; false where that failed or died.
   * @param isWanted whether a record passes the source's filter.
   */
  constructor(
    name: string,
    world: Clockwork,
    take: (name: string, records: readonly StreamRecord[]) => Promise<boolean>,
    isRunning: () => boolean,
    isWanted: (record: StreamRecord) => boolean,
  ) {
    this.name = name;
    this.#world = world;
    this.#isWanted = isWanted;
    this.#take = take;
    this.#isRunning = isRunning;
  }

  append(record: StreamRecord): void {
    if (!this.#isWanted(record)) return;
    this.#records.push(record);
    this.#pollSoon();
  }

  /** The stream is read again from an older position. */
  rewind(records: number): void {
    this.#position = Math.max(0, this.#position - records);
    this.#pollSoon();
  }

  /** The table is gone, and its stream with it. */
  stop(): void {
    this.#isStopped = true;
  }

  #pollSoon(): void {
    if (this.#isBusy || this.#isStopped) return;
    this.#isBusy = true;
    const random = this.#world.decisions.of(`${this.name} poll ${this.#batches}`);
    this.#pollIn(random.whole(20, 400));
  }

  #pollIn(delayMs: number): void {
    this.#world.scheduler.after(delayMs, `read ${this.name}`, () => {
      if (this.#isStopped) return;
      if (this.#isRunning()) void this.#poll();
      else this.#pollIn(1_000);
    });
  }

  async #poll(): Promise<void> {
    const end = Math.min(this.#records.length, this.#position + this.#batchSize);
    this.#batches += 1;
    const isTaken = await this.#take(
      `${this.name} batch ${this.#batches}`,
      this.#records.slice(this.#position, end),
    );
    if (isTaken || this.#retries >= mostRetries) this.#goOnAt(end);
    else if (end - this.#position > 1) this.#batchSize = Math.ceil((end - this.#position) / 2);
    else this.#retries += 1;
    this.#isBusy = false;
    if (this.#position >= this.#records.length || this.#isStopped) return;
    this.#isBusy = true;
    this.#pollIn(isTaken ? 20 : retryMs);
  }

  #goOnAt(position: number): void {
    this.#position = Math.max(this.#position, position);
    this.#retries = 0;
    this.#batchSize = largestBatch;
    const forgotten = this.#position - keptRecords;
    if (forgotten <= keptRecords) return;
    this.#records = this.#records.slice(forgotten);
    this.#position -= forgotten;
  }
}
