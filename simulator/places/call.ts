/** One call from a function to a place, from its sending to what its caller learns of it. */
import type { RandomChoice } from '../../tools/random.js';
import type { CallFault } from '../clockwork/decisions.js';
import type { Container, Invocation } from '../clockwork/lambda-deployment.js';
import type { Scheduler } from '../clockwork/scheduler.js';
import type { Refusal } from '../dynamodb/behaviour.js';
import { invalidRequest } from '../dynamodb/errors.js';
import {
  nameOf,
  resultOf,
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
    start(options, resolve, reject);
  });

function start(
  options: CallOptions,
  resolve: (output: unknown) => void,
  reject: (error: Error) => void,
): void {
  const { scheduler, container, invocation, place, command, timeoutMs, random, fault } = options;
  const { latencyMs, cut, onLate } = options;
  const sentMs = scheduler.nowMs;
  const kind = nameOf(command);

  afterLatency(`${place.name} ${kind}`, arrive);

  function arrive(): void {
    const howCut = cut();
    if (howCut === 'silent') return timeOut();
    if (howCut === 'refused' || place.condition === 'down') return refuse();
    if (place.condition === 'hung') {
      place.held.push(carryOutLate);
      return timeOut();
    }
    meetFault();
  }

  function meetFault(): void {
    switch (fault) {
      case 'request lost':
        return timeOut();
      case 'request late':
        carryOutLater();
        return timeOut();
      case 'handler died':
        carryOut();
        return container.die();
      case 'answer lost':
        carryOut();
        return timeOut();
      case 'connection closed':
        random.oneOf([() => void carryOut(), carryOutLater, () => undefined])();
        // The place has not failed by that: whoever is told sends again, or looks what became of it.
        return afterLatency('connection closed', () => reject(closed(place.name)));
      case 'conflict':
      case 'throttled':
        return answer(carryOut(refusals[fault]));
      case 'cache refused':
        return refuse(invalidRequest(refusedByCache));
      case 'keys left over':
      case undefined:
        if (kind === 'BatchGet') readApart();
        else answer(carryOut());
    }
  }

  function carryOut(refusal?: Refusal): Result {
    return resultOf(() => place.execute(command, invocation, refusal));
  }

  function carryOutLate(): void {
    const result = carryOut();
    onLate({ command, invocation, error: result.isDone ? undefined : result.error });
  }

  /** Mostly longer than the caller waits, and sometimes much longer. */
  function carryOutLater(): void {
    const overdueMs = latestMs ** random.number();
    const latenessMs = random.number() < 0.25 ? overdueMs : timeoutMs + overdueMs;
    scheduler.after(latenessMs, `${place.name} late ${kind}`, carryOutLate);
  }

  function answer(result: Result): void {
    afterLatency(`${place.name} answers`, () => {
      if (cut() !== undefined) return timeOut();
      invocation.answered.set(place.name, (invocation.answered.get(place.name) ?? 0) + 1);
      settle(result, resolve, reject);
    });
  }

  function timeOut(): void {
    const leftMs = sentMs + timeoutMs - scheduler.nowMs;
    scheduler.after(leftMs, 'no answer', () => fail(timedOut(place.name)));
  }

  function refuse(error: Error = refused(place.name)): void {
    afterLatency('refused', () => fail(error));
  }

  function fail(error: Error): void {
    invocation.failed.add(place.name);
    reject(error);
  }

  function afterLatency(what: string, act: () => void): void {
    scheduler.after(latencyMs(), what, act);
  }

  /**
   * A BatchGetItem is no snapshot: its keys are read one by one, while others write. A place that fails
   * between two keys has not answered.
   */
  function readApart(): void {
    const [now, later] = split(command, random);
    const read = (part: Command) => {
      invocation.looks.push({ step: scheduler.steps, place: place.name, ids: idsIn(part) });
      return place.execute(part, invocation) as BatchOutput;
    };
    const first = resultOf(() => read(now));
    if (later === undefined || !first.isDone) return answer(first);
    if (fault === 'keys left over') {
      const UnprocessedKeys = later.input['RequestItems'];
      return answer({ isDone: true, output: { ...first.output, UnprocessedKeys } });
    }
    scheduler.after(random.whole(1, 15), `${place.name} BatchGet`, () => {
      if (place.condition !== 'up') return timeOut();
      answer(resultOf(() => joined(first.output, read(later))));
    });
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
