/** Calls from functions to tables: how long they take, and what may become of them. */
import type { RandomChoice } from '../../tools/random.js';
import type { DocumentClient, LinkClients } from '../../lib/dynamodb/table-link.js';
import type { Region } from '../../lib/rules/sites.js';
import {
  callFaults,
  unnoticedFaults,
  type CallFault,
  type Decisions,
} from '../clockwork/decisions.js';
import type { Container, Invocation } from '../clockwork/lambda-deployment.js';
import type { Refusal } from '../dynamodb/behaviour.js';
import { invalidRequest } from '../dynamodb/errors.js';
import type { Profile } from '../clockwork/profile.js';
import type { Scheduler } from '../clockwork/scheduler.js';

export interface Command {
  readonly input: Readonly<Record<string, unknown>>;
}

/** Where tables are: a replica region, or the cache of a front end. */
export interface Place {
  readonly name: string;
  readonly region: Region;
  condition: 'up' | 'down' | 'hung';
  /** What arrived while it hung; carried out when it goes on. */
  readonly held: (() => void)[];
  /**
   * Carries a command out at once, unless `refusal` says why not.
   *
   * @throws what the SDK throws.
   */
  execute(command: Command, invocation: Invocation, refusal?: Refusal): unknown;
}

/** The place of a front end's cache. */
export const cacheOf = (front: string): string => `cache of ${front}`;

/** Who calls: a front end, or a region's own functions. */
export interface Caller {
  readonly name: string;
  readonly region: Region;
}

/** A request that was carried out after whoever sent it had given it up. */
export interface LateRequest {
  readonly command: Command;
  readonly invocation: Invocation;
  /** Undefined where it was done. */
  readonly error: Error | undefined;
}

export const timeoutsMs = { read: 2_000, write: 6_000 } as const;

/** A connection is not closed before it is this old. */
const shortestLifeMs = 10_000;

/** A request that was given up may be carried out this long after it. */
const latestMs = 60_000;

export class Network {
  readonly #scheduler: Scheduler;
  readonly #decisions: Decisions;
  readonly #rates: Profile['rates'];
  readonly #strain: number;
  readonly #slowness: number;
  onLate: (request: LateRequest) => void = () => undefined;
  /** Ways that `actors/disturbances.ts` has cut, as `caller>place`: requests are refused, or vanish. */
  readonly #cuts = new Map<string, 'refused' | 'silent'>();

  constructor(
    scheduler: Scheduler,
    decisions: Decisions,
    { rates, strain, slowness }: Pick<Profile, 'rates' | 'strain' | 'slowness'>,
  ) {
    this.#scheduler = scheduler;
    this.#decisions = decisions;
    this.#rates = rates;
    this.#strain = strain;
    this.#slowness = slowness;
  }

  cut(caller: string, place: string, how: 'refused' | 'silent'): void {
    this.#cuts.set(`${caller}>${place}`, how);
  }

  mend(caller: string, place: string): void {
    this.#cuts.delete(`${caller}>${place}`);
  }

  isCut(caller: string, place: string): boolean {
    return this.#cuts.has(`${caller}>${place}`);
  }

  clients(caller: Caller, container: Container, place: Place): LinkClients {
    // More often than in truth: any call may find its connection closed, unless that is new.
    let newUntilMs = Number.NEGATIVE_INFINITY;
    const client = (timeoutMs: number): DocumentClient => ({
      send: ((command: Command) =>
        this.#call(caller, container, place, command, timeoutMs, {
          mayBeClosed: this.#scheduler.nowMs >= newUntilMs,
        })) as DocumentClient['send'],
    });
    return {
      read: client(timeoutsMs.read),
      write: client(timeoutsMs.write),
      probe: {
        send: ((command: Command) =>
          this.#probe(caller, container, place, command)) as DocumentClient['send'],
      },
      closeUnused: () => {
        newUntilMs = this.#scheduler.nowMs + shortestLifeMs;
      },
    };
  }

  /** Nobody waits for it: what it comes to is not among what a request rests on. */
  #probe(caller: Caller, container: Container, place: Place, command: Command): Promise<unknown> {
    const { invocation } = container;
    if (invocation === undefined || container.isDead) return never();
    const random = this.#decisions.of(`${invocation.name}/probe of ${place.name}`);
    const latencyMs = () => this.latencyMs(caller.region, place.region, random);
    const isInReach = () => place.condition === 'up' && !this.isCut(caller.name, place.name);
    return new Promise((resolve, reject) => {
      const answerWith = (result: Result) => {
        this.#scheduler.after(latencyMs(), `${place.name} answers a probe`, () => {
          if (isInReach()) settle(result, resolve, reject);
        });
      };
      this.#scheduler.after(latencyMs(), `${place.name} probe`, () => {
        if (isInReach()) answerWith(carriedOut(place, command, invocation));
      });
    });
  }

  #call(
    caller: Caller,
    container: Container,
    place: Place,
    command: Command,
    timeoutMs: number,
    { mayBeClosed }: { readonly mayBeClosed: boolean },
  ): Promise<unknown> {
    const { invocation } = container;
    if (invocation === undefined || container.isDead) return never();
    const name = `${invocation.name}/${invocation.calls}`;
    invocation.calls += 1;
    invocation.asked.set(place.name, (invocation.asked.get(place.name) ?? 0) + 1);
    const random = this.#decisions.of(name);
    const kind = nameOf(command);
    const fault = this.#drawFault(name, kind, random, {
      mayBeClosed,
      isCache: place.name === cacheOf(caller.name),
    });
    if (fault !== undefined && !unnoticedFaults.has(fault)) invocation.isStruck = true;
    const scheduler = this.#scheduler;
    const sentMs = scheduler.nowMs;
    const latencyMs = () => this.latencyMs(caller.region, place.region, random);

    if (fault === 'handler died' && random.number() < 0.5) {
      scheduler.after(0, 'handler dies', () => container.die());
      return never();
    }
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        invocation.failed.add(place.name);
        reject(error);
      };
      const timeOut = () => {
        const leftMs = sentMs + timeoutMs - scheduler.nowMs;
        scheduler.after(leftMs, 'no answer', () => fail(timedOut(place.name)));
      };
      const refuse = (error: Error = refused(place.name)) => {
        scheduler.after(latencyMs(), 'refused', () => fail(error));
      };
      // The place has not failed by that: whoever is told sends again, or looks what became of it.
      const breakOff = () => {
        scheduler.after(latencyMs(), 'connection closed', () => reject(closed(place.name)));
      };
      const answerWith = (result: Result) => {
        scheduler.after(latencyMs(), `${place.name} answers`, () => {
          if (this.isCut(caller.name, place.name)) return timeOut();
          invocation.answered.set(place.name, (invocation.answered.get(place.name) ?? 0) + 1);
          settle(result, resolve, reject);
        });
      };
      const carryOut = (refusal?: Refusal) => carriedOut(place, command, invocation, refusal);
      const carryOutLate = () => {
        const result = carryOut();
        this.onLate({ command, invocation, error: result.isDone ? undefined : result.error });
      };
      const later = () => {
        const latenessMs = this.#latenessMs(timeoutMs, random);
        scheduler.after(latenessMs, `${place.name} late ${kind}`, carryOutLate);
      };
      const arrive = () => {
        const cut = this.#cuts.get(`${caller.name}>${place.name}`);
        if (cut === 'silent') return timeOut();
        if (cut === 'refused' || place.condition === 'down') return refuse();
        if (place.condition === 'hung') {
          place.held.push(carryOutLate);
          return timeOut();
        }
        switch (fault) {
          case 'request lost':
            return timeOut();
          case 'request late':
            later();
            return timeOut();
          case 'handler died':
            carryOut();
            return container.die();
          case 'answer lost':
            carryOut();
            return timeOut();
          case 'connection closed':
            random.oneOf([carryOut, later, () => undefined])();
            return breakOff();
          case 'conflict':
          case 'throttled':
            return answerWith(carryOut(refusals[fault]));
          case 'cache refused':
            return refuse(invalidRequest(refusedByCache));
          case 'keys left over':
          case undefined:
            if (kind !== 'BatchGet') return answerWith(carryOut());
            this.#readApart(place, command, invocation, random, fault, answerWith, timeOut);
        }
      };
      scheduler.after(latencyMs(), `${place.name} ${kind}`, arrive);
    });
  }

  /** Mostly longer than the caller waits, and sometimes much longer. */
  #latenessMs(timeoutMs: number, random: RandomChoice): number {
    const overdueMs = latestMs ** random.number();
    return random.number() < 0.25 ? overdueMs : timeoutMs + overdueMs;
  }

  /** One way; longer between regions, and now and then much longer. */
  latencyMs(from: Region, to: Region, random: RandomChoice): number {
    const usualMs = from === to ? random.whole(1, 4) : random.whole(30, 60);
    return random.number() < this.#slowness ? usualMs * random.whole(2, 12) : usualMs;
  }

  #drawFault(
    name: string,
    kind: string,
    random: RandomChoice,
    { mayBeClosed, isCache }: { readonly mayBeClosed: boolean; readonly isCache: boolean },
  ): CallFault | undefined {
    let drawn = random.number();
    for (const fault of callFaults) {
      const rate = (this.#rates[fault] ?? 0) * (kind === 'TransactWrite' ? this.#strain : 1);
      if (drawn >= rate) {
        drawn -= rate;
        continue;
      }
      if (fault === 'cache refused' && !isCache) return undefined;
      if (fault === 'keys left over' && kind !== 'BatchGet') return undefined;
      if (fault === 'conflict' && !conflicting.has(kind)) return undefined;
      if (fault === 'connection closed' && !mayBeClosed) return undefined;
      return this.#decisions.strikes(fault, name) ? fault : undefined;
    }
    return undefined;
  }

  /**
   * A BatchGetItem is no snapshot: its keys are read one by one, while others write.
   *
   * @param timeOut for a place that fails between two keys: it has not answered.
   */
  #readApart(
    place: Place,
    command: Command,
    invocation: Invocation,
    random: RandomChoice,
    fault: CallFault | undefined,
    done: (result: Result) => void,
    timeOut: () => void,
  ): void {
    const [now, later] = split(command, random);
    const read = (part: Command) => {
      const looks = invocation.looks.get(place.name) ?? [];
      invocation.looks.set(place.name, [...looks, this.#scheduler.steps]);
      return place.execute(part, invocation) as BatchOutput;
    };
    try {
      const first = read(now);
      if (later === undefined) return done({ isDone: true, output: first });
      if (fault === 'keys left over') {
        const UnprocessedKeys = later.input['RequestItems'];
        return done({ isDone: true, output: { ...first, UnprocessedKeys } });
      }
      this.#scheduler.after(random.whole(1, 15), `${place.name} BatchGet`, () => {
        if (place.condition !== 'up') return timeOut();
        try {
          done({ isDone: true, output: joined(first, read(later)) });
        } catch (error) {
          done({ isDone: false, error: error as Error });
        }
      });
    } catch (error) {
      done({ isDone: false, error: error as Error });
    }
  }
}

type Result =
  | { readonly isDone: true; readonly output: unknown }
  | { readonly isDone: false; readonly error: Error };

function carriedOut(
  place: Place,
  command: Command,
  invocation: Invocation,
  refusal?: Refusal,
): Result {
  try {
    return { isDone: true, output: place.execute(command, invocation, refusal) };
  } catch (error) {
    return { isDone: false, error: error as Error };
  }
}

function settle(
  result: Result,
  resolve: (output: unknown) => void,
  reject: (error: Error) => void,
): void {
  if (result.isDone) resolve(result.output);
  else reject(result.error);
}

interface BatchOutput {
  readonly Responses?: Readonly<Record<string, readonly unknown[]>>;
}

type RequestItems = Record<string, { readonly Keys: readonly unknown[] }>;

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

export const nameOf = (command: object): string => command.constructor.name.replace(/Command$/, '');

const conflicting = new Set(['TransactWrite', 'Update', 'Put']);

/** What a dead caller waits for. */
export const never = (): Promise<never> => new Promise(() => undefined);

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
