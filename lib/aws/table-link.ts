import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  BrokenCircuitError,
  CircuitState,
  circuitBreaker,
  ConsecutiveBreaker,
  handleWhen,
  type CircuitBreakerPolicy,
} from 'cockatiel';
import { ContentionError, UnavailableError } from '../errors.js';
import type { System } from '../system.js';
import { recordCall } from './call-timings.js';
import { translateDynamoDbError } from './dynamodb-errors.js';

/** The one thing that is asked of an SDK client, so that a test or a simulator can stand in for it. */
export type DocumentClient = Pick<DynamoDBDocumentClient, 'send'>;

export interface LinkClients {
  /** With a short timeout: a hung region is passed over fast. */
  readonly read: DocumentClient;
  /** With a timeout well above the slowest commit under load: a try given up too early is an unknown outcome. */
  readonly write: DocumentClient;
  /** Closes the connections that are kept and not in use: the next calls are made over new ones. */
  closeUnused(): void;
}

const failuresBeforeOpen = 3;
const halfOpenAfterMs = 2_000;
const contentionRetries = 12;
const firstBackoffMs = 10;
const longestBackoffMs = 500;

/**
 * The way to one place's tables: translates errors, retries contention with full jitter, and stops
 * asking a place that does not answer (a circuit breaker).
 */
export class TableLink {
  readonly where: string;
  readonly #clients: LinkClients;
  readonly #system: System;
  readonly #breaker: CircuitBreakerPolicy;

  constructor(where: string, clients: LinkClients, system: System) {
    this.where = where;
    this.#clients = clients;
    this.#system = system;
    this.#breaker = circuitBreaker(
      handleWhen((error) => error instanceof UnavailableError),
      { halfOpenAfter: halfOpenAfterMs, breaker: new ConsecutiveBreaker(failuresBeforeOpen) },
    );
  }

  /** @throws UnavailableError where the place does not answer in time. */
  readonly read: DocumentClient['send'] = (command: never) =>
    this.#ask(() => this.#clients.read.send(command), true);

  /**
   * For what may be carried out twice: by its nature, or because its condition then fails the second
   * time.
   *
   * @throws ConditionFailedError or TransactionCancelledError where a condition did not hold,
   * UnavailableError where the place does not answer in time or stays contended.
   */
  readonly write: DocumentClient['send'] = (command: never) =>
    this.#ask(() => this.#clients.write.send(command), true);

  /**
   * For who must know of every try that may have been carried out, or still may be: nothing is sent
   * again behind the caller's back.
   *
   * @throws what `write` throws.
   */
  readonly writeOnce: DocumentClient['send'] = (command: never) =>
    this.#ask(() => this.#clients.write.send(command), false);

  async #ask<Answer>(call: () => Promise<Answer>, mayRepeat: boolean): Promise<Answer> {
    for (let attempt = 0; ; attempt += 1) {
      // While one call probes whether the place answers again, the others would wait for it.
      if (this.#breaker.state === CircuitState.HalfOpen) {
        throw new UnavailableError(this.where, { isUnknown: false });
      }
      try {
        return await this.#breaker.execute(() => this.#translated(call, mayRepeat));
      } catch (error) {
        if (error instanceof BrokenCircuitError) {
          throw new UnavailableError(this.where, { isUnknown: false, cause: error });
        }
        if (!(error instanceof ContentionError)) throw error;
        if (attempt === contentionRetries) {
          throw new UnavailableError(this.where, { isUnknown: false, cause: error });
        }
        const ceilingMs = Math.min(longestBackoffMs, firstBackoffMs * 2 ** attempt);
        await this.#system.sleep(this.#system.random() * ceilingMs);
      }
    }
  }

  async #translated<Answer>(call: () => Promise<Answer>, mayRepeat: boolean): Promise<Answer> {
    try {
      return await this.#timed(call);
    } catch (error) {
      const isClosed = isClosedConnection(error);
      // Where one was closed, the others that lie unused may be, too.
      if (isClosed) this.#clients.closeUnused();
      if (!isClosed || !mayRepeat) throw translateDynamoDbError(error, this.where);
    }
    try {
      return await this.#timed(call);
    } catch (error) {
      const translated = translateDynamoDbError(error, this.where);
      if (!(translated instanceof UnavailableError)) throw translated;
      // What was sent first may have been carried out, whatever became of the second.
      throw new UnavailableError(this.where, { isUnknown: true, cause: translated });
    }
  }

  async #timed<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    const startMs = this.#system.now();
    try {
      return await call();
    } finally {
      recordCall(this.where, this.#system.now() - startMs);
    }
  }
}

/**
 * Whether a kept connection turned out to have been closed by the other side: it lay unused for
 * long, or the function was frozen meanwhile.
 */
const isClosedConnection = (error: unknown): boolean =>
  error instanceof Error &&
  ['ECONNRESET', 'EPIPE'].includes(String((error as NodeJS.ErrnoException).code));
