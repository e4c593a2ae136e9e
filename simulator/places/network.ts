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
import type { Container } from '../clockwork/lambda-deployment.js';
import type { Profile } from '../clockwork/profile.js';
import type { Scheduler } from '../clockwork/scheduler.js';
import { send, type Cut } from './call.js';
import {
  cacheOf,
  nameOf,
  resultOf,
  settle,
  type Caller,
  type Command,
  type LateRequest,
  type Place,
  type Result,
} from './place.js';

export const timeoutsMs = { read: 2_000, write: 6_000 } as const;

/** A connection is not closed before it is this old. */
const shortestLifeMs = 10_000;

export class Network {
  readonly #scheduler: Scheduler;
  readonly #decisions: Decisions;
  readonly #profile: Pick<Profile, 'rates' | 'strain' | 'slowness'>;
  onLate: (request: LateRequest) => void = () => undefined;
  /** Ways that `actors/disturbances.ts` has cut, as `caller>place`: requests are refused, or vanish. */
  readonly #cuts = new Map<string, Cut>();

  constructor(
    scheduler: Scheduler,
    decisions: Decisions,
    profile: Pick<Profile, 'rates' | 'strain' | 'slowness'>,
  ) {
    this.#scheduler = scheduler;
    this.#decisions = decisions;
    this.#profile = profile;
  }

  cut(caller: string, place: string, how: Cut): void {
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
        if (isInReach()) answerWith(resultOf(() => place.execute(command, invocation)));
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
    if (fault === 'handler died' && random.number() < 0.5) {
      this.#scheduler.after(0, 'handler dies', () => container.die());
      return never();
    }
    return send({
      scheduler: this.#scheduler,
      container,
      invocation,
      place,
      command,
      timeoutMs,
      random,
      fault,
      latencyMs: () => this.latencyMs(caller.region, place.region, random),
      cut: () => this.#cuts.get(`${caller.name}>${place.name}`),
      onLate: (request) => this.onLate(request),
    });
  }

  /** One way; longer between regions, and now and then much longer. */
  latencyMs(from: Region, to: Region, random: RandomChoice): number {
    const usualMs = from === to ? random.whole(1, 4) : random.whole(30, 60);
    return random.number() < this.#profile.slowness ? usualMs * random.whole(2, 12) : usualMs;
  }

  #drawFault(
    name: string,
    kind: string,
    random: RandomChoice,
    { mayBeClosed, isCache }: { readonly mayBeClosed: boolean; readonly isCache: boolean },
  ): CallFault | undefined {
    const { rates, strain } = this.#profile;
    let drawn = random.number();
    for (const fault of callFaults) {
      const rate = (rates[fault] ?? 0) * (kind === 'TransactWrite' ? strain : 1);
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
}

const conflicting = new Set(['TransactWrite', 'Update', 'Put']);

/** What a dead caller waits for. */
export const never = (): Promise<never> => new Promise(() => undefined);
