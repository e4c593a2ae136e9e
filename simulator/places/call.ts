/** One call from a function to a place, from its sending to what its caller learns of it. */
import type { RandomChoice } from '../../tools/random.js';
import type { CallFault } from '../clockwork/decisions.js';
import type { Container, Invocation } from '../clockwork/lambda-deployment.js';
import type { Scheduler } from '../clockwork/scheduler.js';
import type { Refusal } from '../dynamodb/behaviour.js';
import { invalidRequest } from '../dynamodb/errors.js';
import {
  carriedOut,
  nameOf,
  settle,
  type Command,
  type LateRequest,
  type Place,
  type Result,
} from './place.js';

/** How a way is cut: requests are refused, or vanish. */
export type Cut = 'refused' | 'silent';

export interface CallOptions {
  readonly scheduler: Scheduler;
  readonly container: Container;
  readonly invocation: Invocation;
  readonly place: Place;
  readonly command: Command;
  /** How long its caller waits for an answer. */
  readonly timeoutMs: number;
  readonly random: RandomChoice;
  /** What becomes of it, where it arrives. */
  readonly fault: CallFault | undefined;
  /** Of one way. */
  readonly latencyMs: () => number;
  /** How the way is cut at this moment. */
  readonly cut: () => Cut | undefined;
  /** Told of a request that was carried out after its caller had given it up. */
  readonly onLate: (request: LateRequest) => void;
}

/** A request that was given up may be carried out this long after it. */
const latestMs = 60_000;

/** Sends a command. Where its handler dies of it, the promise is never settled. */
export const send = (options: CallOptions): Promise<unknown> =>
  new Promise((resolve, reject) => {
    new Call(options, resolve, reject).send();
  });

class Call {
  readonly #of: CallOptions;
  readonly #resolve: (output: unknown) => void;
  readonly #reject: (error: Error) => void;
  readonly #sentMs: number;

  constructor(
    options: CallOptions,
    resolve: (output: unknown) => void,
    reject: (error: Error) => void,
  ) {
    this.#of = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#sentMs = options.scheduler.nowMs;
  }

  send(): void {
    const { place, command } = this.#of;
    this.#afterLatency(`${place.name} ${nameOf(command)}`, () => this.#arrive());
  }

  #arrive(): void {
    const { place, cut } = this.#of;
    const howCut = cut();
    if (howCut === 'silent') return this.#timeOut();
    if (howCut === 'refused' || place.condition === 'down') return this.#refuse();
    if (place.condition === 'hung') {
      place.held.push(() => this.#carryOutLate());
      return this.#timeOut();
    }
    this.#meetFault();
  }

  #meetFault(): void {
    const { container, command, random, fault } = this.#of;
    switch (fault) {
      case 'request lost':
        return this.#timeOut();
      case 'request late':
        this.#carryOutLater();
        return this.#timeOut();
      case 'handler died':
        this.#carryOut();
        return container.die();
      case 'answer lost':
        this.#carryOut();
        return this.#timeOut();
      case 'connection closed':
        random.oneOf([() => void this.#carryOut(), () => this.#carryOutLater(), () => undefined])();
        return this.#breakOff();
      case 'conflict':
      case 'throttled':
        return this.#answer(this.#carryOut(refusals[fault]));
      case 'cache refused':
        return this.#refuse(invalidRequest(refusedByCache));
      case 'keys left over':
      case undefined:
        if (nameOf(command) === 'BatchGet') this.#readApart();
        else this.#answer(this.#carryOut());
    }
  }

  #carryOut(refusal?: Refusal): Result {
    const { place, command, invocation } = this.#of;
    return carriedOut(place, command, invocation, refusal);
  }

  #carryOutLate(): void {
    const { command, invocation, onLate } = this.#of;
    const result = this.#carryOut();
    onLate({ command, invocation, error: result.isDone ? undefined : result.error });
  }

  /** Mostly longer than the caller waits, and sometimes much longer. */
  #carryOutLater(): void {
    const { scheduler, place, command, timeoutMs, random } = this.#of;
    const overdueMs = latestMs ** random.number();
    const latenessMs = random.number() < 0.25 ? overdueMs : timeoutMs + overdueMs;
    scheduler.after(latenessMs, `${place.name} late ${nameOf(command)}`, () =>
      this.#carryOutLate(),
    );
  }

  #answer(result: Result): void {
    const { place, invocation, cut } = this.#of;
    this.#afterLatency(`${place.name} answers`, () => {
      if (cut() !== undefined) return this.#timeOut();
      invocation.answered.set(place.name, (invocation.answered.get(place.name) ?? 0) + 1);
      settle(result, this.#resolve, this.#reject);
    });
  }

  #timeOut(): void {
    const { scheduler, place, timeoutMs } = this.#of;
    const leftMs = this.#sentMs + timeoutMs - scheduler.nowMs;
    scheduler.after(leftMs, 'no answer', () => this.#fail(timedOut(place.name)));
  }

  #refuse(error: Error = refused(this.#of.place.name)): void {
    this.#afterLatency('refused', () => this.#fail(error));
  }

  #fail(error: Error): void {
    const { place, invocation } = this.#of;
    invocation.failed.add(place.name);
    this.#reject(error);
  }

  /** The place has not failed by that: whoever is told sends again, or looks what became of it. */
  #breakOff(): void {
    this.#afterLatency('connection closed', () => this.#reject(closed(this.#of.place.name)));
  }

  #afterLatency(what: string, act: () => void): void {
    this.#of.scheduler.after(this.#of.latencyMs(), what, act);
  }

  /**
   * A BatchGetItem is no snapshot: its keys are read one by one, while others write. A place that fails
   * between two keys has not answered.
   */
  #readApart(): void {
    const { scheduler, place, command, invocation, random, fault } = this.#of;
    const [now, later] = split(command, random);
    const read = (part: Command) => {
      invocation.looks.push({ step: scheduler.steps, place: place.name, ids: idsIn(part) });
      return place.execute(part, invocation) as BatchOutput;
    };
    try {
      const first = read(now);
      if (later === undefined) return this.#answer({ isDone: true, output: first });
      if (fault === 'keys left over') {
        const UnprocessedKeys = later.input['RequestItems'];
        return this.#answer({ isDone: true, output: { ...first, UnprocessedKeys } });
      }
      scheduler.after(random.whole(1, 15), `${place.name} BatchGet`, () => {
        if (place.condition !== 'up') return this.#timeOut();
        try {
          this.#answer({ isDone: true, output: joined(first, read(later)) });
        } catch (error) {
          this.#answer({ isDone: false, error: error as Error });
        }
      });
    } catch (error) {
      this.#answer({ isDone: false, error: error as Error });
    }
  }
}

interface BatchOutput {
  readonly Responses?: Readonly<Record<string, readonly unknown[]>>;
}

type RequestItems = Record<string, { readonly Keys: readonly { readonly id?: unknown }[] }>;

const idsIn = ({ input }: Command): unknown[] =>
  Object.values(input['RequestItems'] as RequestItems).flatMap(({ Keys }) =>
    Keys.map(({ id }) => id),
  );

/** The keys in two parts at random; the second is undefined where all are read at once. */
function split(command: Command, random: RandomChoice): [Command, Command | undefined] {
  const now: Record<string, { Keys: unknown[] }> = {};
  const later: Record<string, { Keys: unknown[] }> = {};
  if (random.number() < 0.5) return [command, undefined];
  for (const [table, request] of Object.entries(command.input['RequestItems'] as RequestItems)) {
    for (const key of request.Keys) {
      const part = random.number() < 0.5 ? now : later;
      (part[table] ??= { ...request, Keys: [] }).Keys.push(key);
    }
  }
  if (Object.keys(now).length === 0 || Object.keys(later).length === 0) return [command, undefined];
  const withItems = (RequestItems: unknown): Command =>
    Object.assign(Object.create(Object.getPrototypeOf(command) as object) as Command, {
      input: { ...command.input, RequestItems },
    });
  return [withItems(now), withItems(later)];
}

function joined(one: BatchOutput, other: BatchOutput): BatchOutput {
  const Responses: Record<string, unknown[]> = {};
  for (const [table, items] of [
    ...Object.entries(one.Responses ?? {}),
    ...Object.entries(other.Responses ?? {}),
  ]) {
    (Responses[table] ??= []).push(...items);
  }
  return { Responses };
}

/** What a cache says that takes a request for not valid, whatever it is. */
export const refusedByCache = 'the cache takes no such request';

const refusals = {
  conflict: 'TransactionConflict',
  throttled: 'ProvisionedThroughputExceeded',
} as const;

const timedOut = (place: string): Error =>
  Object.assign(new Error(`${place} did not answer in time`), { name: 'TimeoutError' });

const refused = (place: string): Error =>
  Object.assign(new Error(`${place} refused the connection`), { code: 'ECONNREFUSED' });

const closed = (place: string): Error =>
  Object.assign(new Error(`${place} closed the connection`), { code: 'ECONNRESET' });
