/**
 * Virtual time. Whatever happens in the simulated world is an event of one queue; between two of
 * them every promise that can go on has gone on, so one order of events is one run.
 */
import { install, type Clock } from '@sinonjs/fake-timers';
import { spreadHash } from '../../lib/spread-hash.js';

export interface Event {
  readonly atMs: number;
  /** Of two events of one time the one that was scheduled first comes first. */
  readonly order: number;
  readonly kind: string;
  /** Undefined once it was called off. */
  act: (() => void) | undefined;
}

/** The start of virtual time, in milliseconds since the epoch. */
export const startMs = Date.UTC(2030, 0, 1);

export class Scheduler {
  /** Events that were carried out. */
  steps = 0;
  readonly #clock: Clock;
  readonly #queue: Event[] = [];
  #scheduled = 0;
  #trace = 0;

  constructor() {
    // Libraries (a circuit breaker, a handler's timeout) look at the same clock as everything else.
    this.#clock = install({
      now: startMs,
      toFake: ['Date', 'setTimeout', 'clearTimeout'],
      ignoreMissingTimers: true,
    });
  }

  get nowMs(): number {
    return this.#clock.now;
  }

  /** A hash of every event so far: two runs that agree in it went the same way. */
  get trace(): string {
    return this.#trace.toString(16).padStart(8, '0');
  }

  /** Gives the real clock back. */
  stop(): void {
    this.#clock.uninstall();
  }

  after(delayMs: number, kind: string, act: () => void): Event {
    this.#scheduled += 1;
    const atMs = this.nowMs + Math.max(0, Math.round(delayMs));
    const event = { atMs, order: this.#scheduled, kind, act };
    push(this.#queue, event);
    return event;
  }

  sleep(durationMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(durationMs, 'wake', resolve);
    });
  }

  /** Lets the next event happen. @returns false where there is none before `untilMs`. */
  async step(untilMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    const event = this.#next();
    if (event === undefined || event.atMs > untilMs) return false;
    pop(this.#queue);
    this.#clock.tick(event.atMs - this.#clock.now);
    this.steps += 1;
    this.note(`${event.kind}@${event.atMs}`);
    event.act?.();
    await everyPromise();
    return true;
  }

  /** Lets the clock go on to a time before which nothing happens any more. */
  passTo(atMs: number): void {
    this.#clock.tick(Math.max(0, atMs - this.#clock.now));
  }

  /** Adds something to the trace. */
  note(text: string): void {
    this.#trace = (Math.imul(this.#trace, 31) + spreadHash(text)) >>> 0;
  }

  #next(): Event | undefined {
    while (this.#queue[0] !== undefined && this.#queue[0].act === undefined) pop(this.#queue);
    return this.#queue[0];
  }
}

/** Resolves when no promise can go on by itself any more. */
const everyPromise = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

// A binary heap.

const isBefore = (one: Event, other: Event): boolean =>
  one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);

function push(heap: Event[], event: Event): void {
  let place = heap.length;
  while (place > 0) {
    const above = (place - 1) >> 1;
    const parent = heap[above] as Event;
    if (!isBefore(event, parent)) break;
    heap[place] = parent;
    place = above;
  }
  heap[place] = event;
}

function pop(heap: Event[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let place = 0;
  for (;;) {
    let below = 2 * place + 1;
    if (below >= heap.length) break;
    const right = heap[below + 1];
    if (right !== undefined && isBefore(right, heap[below] as Event)) below += 1;
    const child = heap[below] as Event;
    if (!isBefore(child, last)) break;
    heap[place] = child;
    place = below;
  }
  heap[place] = last;
}
