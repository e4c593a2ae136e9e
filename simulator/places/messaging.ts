/** Topics and queues: at least once, in no order, and not always. */
import type { PublishBatchCommandInput } from '@aws-sdk/client-sns';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { BazarError } from '../../lib/errors.js';
import type { QueueDefinition } from './definitions.js';
import type { Clockwork } from '../clockwork/clockwork.js';
import type { FaultKind } from '../clockwork/decisions.js';

const batchSize = 10;
/** Fewer than deployed: what comes at once is what races. */
const mostBatchesAtOnce = 4;
const longestDelayMs = 90_000;
const snsRetryMs = 5_000;

/** Which topic took a message in, and when, in milliseconds since the epoch. */
interface Sent {
  readonly topic: string;
  readonly atMs: number;
}

interface Stored {
  readonly id: string;
  readonly body: string;
  readonly sent: Sent;
  visibleAtMs: number;
  receives: number;
}

export class Queue {
  readonly name: string;
  readonly definition: QueueDefinition;
  readonly #world: Clockwork;
  readonly #messages = new Map<string, Stored>();
  readonly #take: (name: string, event: SQSEvent) => Promise<SQSBatchResponse | undefined>;
  readonly #isRunning: () => boolean;
  #batches = 0;
  #running = 0;
  #nextPollMs = Number.POSITIVE_INFINITY;

  /**
   * @param take hands a batch to its function; undefined where the function died.
   * @param isRunning false while the queue's region is down.
   */
  constructor(
    name: string,
    definition: QueueDefinition,
    world: Clockwork,
    take: (name: string, event: SQSEvent) => Promise<SQSBatchResponse | undefined>,
    isRunning: () => boolean,
  ) {
    this.name = name;
    this.definition = definition;
    this.#world = world;
    this.#take = take;
    this.#isRunning = isRunning;
  }

  get isEmpty(): boolean {
    return this.#messages.size === 0;
  }

  /** When the oldest message here that came of a topic was sent. */
  oldestMs(topic: string): number {
    const sent = [...this.#messages.values()].map((message) => message.sent);
    return Math.min(...sent.filter((one) => one.topic === topic).map(({ atMs }) => atMs));
  }

  put(id: string, body: string, sent: Sent): void {
    const { nowMs } = this.#world.scheduler;
    this.#messages.set(id, { id, body, sent, visibleAtMs: nowMs, receives: 0 });
    this.#pollIn(1);
  }

  #pollIn(delayMs: number): void {
    const { scheduler } = this.#world;
    const atMs = scheduler.nowMs + delayMs;
    if (atMs >= this.#nextPollMs) return;
    this.#nextPollMs = atMs;
    scheduler.after(delayMs, `poll ${this.name}`, () => {
      if (this.#nextPollMs === atMs) this.#nextPollMs = Number.POSITIVE_INFINITY;
      this.#poll();
    });
  }

  #poll(): void {
    const { scheduler, decisions } = this.#world;
    if (this.isEmpty) return;
    if (!this.#isRunning() || this.#running >= mostBatchesAtOnce) return this.#pollIn(500);
    const visible = [...this.#messages.values()].filter(
      ({ visibleAtMs }) => visibleAtMs <= scheduler.nowMs,
    );
    if (visible.length === 0) return this.#pollWhenVisible();
    this.#batches += 1;
    const name = `${this.name} batch ${this.#batches}`;
    const random = decisions.of(`${name} order`);
    const batch: Stored[] = [];
    while (batch.length < batchSize && visible.length > 0) {
      const [message] = visible.splice(random.whole(0, visible.length - 1), 1);
      if (message !== undefined && this.#receive(message)) batch.push(message);
    }
    if (batch.length > 0) void this.#deliver(name, batch);
    this.#pollIn(random.whole(1, 20));
  }

  #receive(message: Stored): boolean {
    message.receives += 1;
    message.visibleAtMs = this.#world.scheduler.nowMs + this.definition.visibilityTimeoutMs;
    if (message.receives <= this.definition.mostReceives) return true;
    // Only reconcile makes up for what was received too often.
    this.#messages.delete(message.id);
    return false;
  }

  async #deliver(name: string, batch: readonly Stored[]): Promise<void> {
    this.#running += 1;
    const response = await this.#take(name, { Records: batch.map(toRecord) });
    this.#running -= 1;
    const failed = new Set(response?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    for (const message of response === undefined ? [] : batch) {
      if (failed.has(message.id)) continue;
      if (isStruck(this.#world, 'message doubled', `${name} ${message.id}`)) continue;
      this.#messages.delete(message.id);
    }
    this.#pollWhenVisible();
  }

  #pollWhenVisible(): void {
    if (this.isEmpty) return;
    const next = Math.min(...[...this.#messages.values()].map(({ visibleAtMs }) => visibleAtMs));
    this.#pollIn(Math.max(1, next - this.#world.scheduler.nowMs));
  }
}

const toRecord = ({ id, body }: Stored): SQSRecord =>
  ({ messageId: id, body, eventSource: 'aws:sqs' }) as SQSRecord;

export function isStruck(
  { decisions, profile }: Clockwork,
  kind: FaultKind,
  name: string,
): boolean {
  const rate = profile.rates[kind] ?? 0;
  if (rate === 0 || decisions.of(`${kind}: ${name}`).number() >= rate) return false;
  return decisions.strikes(kind, name);
}

export interface Subscription {
  readonly queue: Queue;
  /** False while the topic's region can't reach the queue's: SNS tries again. */
  readonly isReachable: () => boolean;
}

type Entry = NonNullable<PublishBatchCommandInput['PublishBatchRequestEntries']>[number];

export class Topic {
  readonly subscriptions: Subscription[] = [];
  readonly name: string;
  readonly #world: Clockwork;
  /** When each message that is on its way to a queue was sent; milliseconds since the epoch. */
  readonly #onTheirWay = new Map<string, number>();
  #published = 0;

  constructor(name: string, world: Clockwork) {
    this.name = name;
    this.#world = world;
  }

  /** When the oldest message on its way to a queue was sent; milliseconds since the epoch. */
  get oldestMs(): number {
    return Math.min(...this.#onTheirWay.values());
  }

  /** Takes a batch in, as `PublishBatch` does: some messages may fail. @throws BazarError where the topic does not answer. */
  publish(input: PublishBatchCommandInput, call: string): { Failed: { Code: string }[] } {
    const failed: { Code: string }[] = [];
    const entries = input.PublishBatchRequestEntries ?? [];
    const isAnswerLost = isStruck(this.#world, 'publishing failed', `answer to ${call}`);
    for (const [index, entry] of entries.entries()) {
      if (isStruck(this.#world, 'publishing failed', `${call} ${index}`)) {
        failed.push({ Code: 'InternalError' });
      } else {
        this.#fanOut(entry);
      }
    }
    if (isAnswerLost) throw new BazarError('the topic did not answer');
    return { Failed: failed };
  }

  #fanOut(entry: Entry): void {
    this.#published += 1;
    const id = `${this.name} message ${this.#published}`;
    for (const subscription of this.subscriptions) {
      if (!passes(entry, subscription.queue.definition.filter)) continue;
      const name = `${id} to ${subscription.queue.name}`;
      if (isStruck(this.#world, 'message lost', name)) continue;
      this.#send(name, entry.Message ?? '', subscription);
      if (isStruck(this.#world, 'message doubled', name)) {
        this.#send(`${name} again`, entry.Message ?? '', subscription);
      }
    }
  }

  #send(name: string, body: string, subscription: Subscription): void {
    const { scheduler, decisions } = this.#world;
    const random = decisions.of(name);
    const usualMs = random.whole(10, 200);
    const delayMs = isStruck(this.#world, 'message delayed', name)
      ? random.whole(usualMs, longestDelayMs)
      : usualMs;
    const atMs = scheduler.nowMs;
    this.#onTheirWay.set(name, atMs);
    const arrive = () => {
      if (!subscription.isReachable()) {
        scheduler.after(snsRetryMs, `SNS retries`, arrive);
        return;
      }
      this.#onTheirWay.delete(name);
      subscription.queue.put(name, body, { topic: this.name, atMs });
    };
    scheduler.after(delayMs, `message to ${subscription.queue.name}`, arrive);
  }
}

const passes = (entry: Entry, filter: QueueDefinition['filter']): boolean =>
  Object.entries(filter).every(([attribute, values]) =>
    values.includes(entry.MessageAttributes?.[attribute]?.StringValue ?? ''),
  );
