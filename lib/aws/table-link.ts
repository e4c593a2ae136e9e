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
  readonly read: DocumentClient['send'] = async (command: never) => {
    try {
      return await this.#ask(() => this.#clients.read.send(command));
    } catch (error) {
      if (!isClosedConnection(error)) throw error;
      // A kept connection that the other side had closed: the first call after a pause finds out.
      return this.#ask(() => this.#clients.read.send(command));
    }
  };

  /**
   * @throws ConditionFailedError or TransactionCancelledError where a condition did not hold,
   * UnavailableError where the place does not answer in time or stays contended.
   */
  readonly write: DocumentClient['send'] = (command: never) =>
    this.#ask(() => this.#clients.write.send(command));

  async #ask<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    for (let attempt = 0; ; attempt += 1) {
      // While one call probes whether the place answers again, the others would wait for it.
      if (this.#breaker.state === CircuitState.HalfOpen) {
        throw new UnavailableError(this.where, { isUnknown: false });
      }
      try {
        return await this.#breaker.execute(() => this.#translated(call));
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

  async #translated<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    const startMs = this.#system.now();
    try {
      return await call();
    } catch (error) {
      throw translateDynamoDbError(error, this.where);
    } finally {
      recordCall(this.where, this.#system.now() - startMs);
    }
  }
}

const isClosedConnection = (error: unknown): boolean =>
  error instanceof UnavailableError &&
  ['ECONNRESET', 'EPIPE'].includes(
    String((error.cause as NodeJS.ErrnoException | undefined)?.code),
  );
