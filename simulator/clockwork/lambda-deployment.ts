/** Functions as Lambda runs them: in containers, each of which serves one invocation at a time. */
import type { Context } from 'aws-lambda';
import type { RandomChoice } from '../../tools/random.js';
import type { System } from '../../lib/system.js';
import type { Decisions } from './decisions.js';
import type { Scheduler } from './scheduler.js';

/** Items of a place that were read at one step. */
interface Look {
  readonly step: number;
  readonly place: string;
  readonly ids: readonly unknown[];
}

/** One invocation, and what its calls came to. */
export interface Invocation {
  readonly name: string;
  readonly random: RandomChoice;
  calls: number;
  /** How many calls were sent to each place. */
  readonly asked: Map<string, number>;
  /** The BatchGetItems that were carried out for it, or the parts of them. */
  readonly looks: Look[];
  /** How many calls each place answered. */
  readonly answered: Map<string, number>;
  /** Places of which a call was not answered. */
  readonly failed: Set<string>;
  /** Whether one of its calls, or it itself, was struck by a fault of its own. */
  isStruck: boolean;
}

export type Outcome<Result> =
  | { readonly kind: 'done'; readonly result: Result; readonly invocation: Invocation }
  | { readonly kind: 'failed'; readonly error: unknown; readonly invocation: Invocation }
  /** The container died, or was stopped at the function's timeout. */
  | { readonly kind: 'died'; readonly invocation: Invocation };

/** What a function runs in; it is gone for good once it died. */
export class Container {
  readonly system: System;
  invocation: Invocation | undefined;
  isDead = false;
  /** Tells whoever waits for the invocation. */
  onDeath: () => void = () => undefined;

  constructor(scheduler: Scheduler, clock: { readonly offsetMs: number }) {
    const random = () => (this.invocation as Invocation).random.number();
    this.system = {
      now: () => scheduler.nowMs + clock.offsetMs,
      random,
      uuid: () => `${random()}`.slice(2),
      sleep: (durationMs) => scheduler.sleep(durationMs),
    };
  }

  die(): void {
    if (this.isDead) return;
    this.isDead = true;
    this.onDeath();
  }
}

export class LambdaDeployment<Functions> {
  readonly #scheduler: Scheduler;
  readonly #decisions: Decisions;
  readonly #clock: { readonly offsetMs: number };
  readonly #load: (container: Container) => Functions;
  #idle: { container: Container; functions: Functions }[] = [];
  #version = 0;

  /** @param load makes the functions of a new container, as their modules do when they are loaded. */
  constructor(
    scheduler: Scheduler,
    decisions: Decisions,
    clock: { readonly offsetMs: number },
    load: (container: Container) => Functions,
  ) {
    this.#scheduler = scheduler;
    this.#decisions = decisions;
    this.#clock = clock;
    this.#load = load;
  }

  /** Deploys anew: who runs goes on to its end, the next invocation finds a new container. */
  redeploy(): void {
    this.#version += 1;
    this.#idle = [];
  }

  invoke<Result>(
    name: string,
    timeoutMs: number,
    work: (functions: Functions, context: Context) => Promise<Result>,
  ): Promise<Outcome<Result>> {
    const version = this.#version;
    const instance = this.#idle.pop() ?? this.#start();
    const { container, functions } = instance;
    const scheduler = this.#scheduler;
    const invocation: Invocation = {
      name,
      random: this.#decisions.of(name),
      calls: 0,
      asked: new Map(),
      looks: [],
      answered: new Map(),
      failed: new Set(),
      isStruck: false,
    };
    container.invocation = invocation;
    const deadlineMs = scheduler.nowMs + timeoutMs;
    return new Promise((resolve) => {
      const deadline = scheduler.after(timeoutMs, 'function timeout', () => container.die());
      container.onDeath = () => {
        deadline.act = undefined;
        resolve({ kind: 'died', invocation });
      };
      const end = (outcome: Outcome<Result>): void => {
        if (container.isDead) return;
        deadline.act = undefined;
        container.invocation = undefined;
        if (version === this.#version) this.#idle.push(instance);
        resolve(outcome);
      };
      work(functions, contextUntil(deadlineMs, scheduler)).then(
        (result) => end({ kind: 'done', result, invocation }),
        (error: unknown) => end({ kind: 'failed', error, invocation }),
      );
    });
  }

  #start() {
    const container = new Container(this.#scheduler, this.#clock);
    return { container, functions: this.#load(container) };
  }
}

const contextUntil = (deadlineMs: number, scheduler: Scheduler): Context =>
  ({ getRemainingTimeInMillis: () => deadlineMs - scheduler.nowMs }) as Context;
