import { BatchGetCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  BrokenCircuitError,
  CircuitState,
  circuitBreaker,
  ConsecutiveBreaker,
  handleWhen,
  type CircuitBreakerPolicy,
} from 'cockatiel';
import { BazarError, ContentionError, NotAskedError, UnavailableError } from '../errors.js';
import type { System } from '../system.js';
import { recordCall, recordFailure } from '../call-record.js';
import { isConnectionClosed, translateDynamoDbError } from './translate-error.js';

/** The one thing that is asked of an SDK client, so that a test or a simulator can stand in for it. */
export type DocumentClient = Pick<DynamoDBDocumentClient, 'send'>;

export interface LinkClients {
  /** With a short timeout: a hung region is passed over fast. */
  readonly read: DocumentClient;
  /** With a timeout well above the slowest commit under load: a try given up too early is an unknown outcome. */
  readonly write: DocumentClient;
  /** Without a timeout: for who asks whether a place answers again, and does not wait. */
  readonly probe: DocumentClient;
  /** Closes the connections that are kept and not in use: the next calls are made over new ones. */
  closeUnused(): void;
}

const failuresBeforeOpen = 3;
const halfOpenAfterMs = 2_000;
const probeEveryMs = 2_000;
const contentionRetries = 12;
const firstBackoffMs = 10;
const longestBackoffMs = 500;

/** A kept connection was closed by the other side: it lay unused for long, or the function was frozen. */
class ClosedConnectionError extends BazarError {
  override readonly name = 'ClosedConnectionError';

  constructor(cause: unknown) {
    super('a kept connection was closed', { cause });
  }
}

/**
 * The way to one place's tables: translates errors, retries contention with full jitter, sends again
 * what met a closed connection, and stops asking a place that does not answer (a circuit breaker).
 */
export class TableLink {
  readonly where: string;
  readonly #clients: LinkClients;
  readonly #system: System;
  readonly #unanswered = new ConsecutiveBreaker(failuresBeforeOpen);
  readonly #breaker: CircuitBreakerPolicy;
  #isSilent = false;
  #probedMs = Number.NEGATIVE_INFINITY;
  #lastProbe = new AbortController();

  constructor(where: string, clients: LinkClients, system: System) {
    this.where = where;
    this.#clients = clients;
    this.#system = system;
    this.#breaker = circuitBreaker(
      handleWhen((error) => error instanceof UnavailableError),
      { halfOpenAfter: halfOpenAfterMs, breaker: this.#unanswered },
    );
  }

  /** @throws UnavailableError where the place does not answer in time; it changed nothing then. */
  readonly read: DocumentClient['send'] = async (command: never) => {
    try {
      return await this.#ask(() => this.#clients.read.send(command), { isRepeatable: true });
    } catch (error) {
      if (!(error instanceof UnavailableError) || !error.isUnknown) throw error;
      throw new UnavailableError(this.where, { isUnknown: false, cause: error.cause });
    }
  };

  /**
   * For what may be carried out twice: by its nature, or because its condition then fails the second
   * time. That a condition did not hold may so be the first try's own doing.
   *
   * @throws ConditionFailedError or TransactionCancelledError where a condition did not hold,
   * UnavailableError where the place does not answer in time or stays contended.
   */
  readonly write: DocumentClient['send'] = (command: never) =>
    this.#ask(() => this.#clients.write.send(command), { isRepeatable: true });

  /**
   * For who must know of every try that may have been carried out, or still may be: nothing is sent
   * again behind the caller's back (design A5).
   *
   * @throws what `write` throws.
   */
  readonly writeOnce: DocumentClient['send'] = (command: never) =>
    this.#ask(() => this.#clients.write.send(command), { isRepeatable: false });

  /** Whether the place left its last call unanswered. What others can answer is better asked of them. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /**
   * Finds out whether a silent place answers again. Nobody waits for it, and it opens and closes no
   * circuit (design H8). It has no timeout (design H7), for Lambda freezes what a handler leaves running,
   * and a timer that went off meanwhile would hide the answer that came: it is given up for the next one.
   *
   * @param key of an item that need not be there.
   */
  probe(table: string, key: Readonly<Record<string, unknown>>): void {
    const nowMs = this.#system.now();
    if (nowMs - this.#probedMs < probeEveryMs) return;
    this.#probedMs = nowMs;
    this.#lastProbe.abort();
    this.#lastProbe = new AbortController();
    const { signal: abortSignal } = this.#lastProbe;
    // Whoever may choose between places may read batches of them.
    const command = new BatchGetCommand({ RequestItems: { [table]: { Keys: [key] } } });
    const hear = () => {
      this.#isSilent = false;
    };
    this.#clients.probe.send(command, { abortSignal }).then(hear, (error: unknown) => {
      if (!(translateDynamoDbError(error, this.where) instanceof UnavailableError)) hear();
    });
  }

  async #ask<Answer>(
    call: () => Promise<Answer>,
    options: { readonly isRepeatable: boolean },
  ): Promise<Answer> {
    try {
      return await this.#attempt(call, options);
    } catch (error) {
      if (error instanceof UnavailableError) recordFailure(this.where, error);
      throw error;
    }
  }

  async #attempt<Answer>(
    call: () => Promise<Answer>,
    { isRepeatable }: { readonly isRepeatable: boolean },
  ): Promise<Answer> {
    /** A connection was found closed under what was sent: it may have been carried out. */
    let metClosed = false;
    const unavailable = (cause: unknown) =>
      new UnavailableError(this.where, { isUnknown: metClosed, cause });
    const notAsked = (cause?: unknown) =>
      new NotAskedError(this.where, { isUnknown: metClosed, cause });
    for (let attempt = 0; ; attempt += 1) {
      // While one call probes whether the place answers again, the others would wait for it.
      if (this.#breaker.state === CircuitState.HalfOpen) throw notAsked();
      try {
        return await this.#breaker.execute(() => this.#translated(call, metClosed));
      } catch (error) {
        if (error instanceof ClosedConnectionError) {
          // The others that lie unused may be closed, too (design A3).
          this.#clients.closeUnused();
          metClosed = true;
          if (isRepeatable) continue;
          throw unavailable(error);
        }
        if (error instanceof BrokenCircuitError) throw notAsked(error);
        if (error instanceof UnavailableError && metClosed) throw unavailable(error);
        if (!(error instanceof ContentionError)) throw error;
        if (attempt >= contentionRetries) throw unavailable(error);
        const ceilingMs = Math.min(longestBackoffMs, firstBackoffMs * 2 ** attempt);
        await this.#system.sleep(this.#system.random() * ceilingMs);
      }
    }
  }

  /** @param metClosed a second closed connection in a row is a place that does not answer. */
  async #translated<Answer>(call: () => Promise<Answer>, metClosed: boolean): Promise<Answer> {
    const startMs = this.#system.now();
    try {
      const answer = await call();
      this.#isSilent = false;
      return answer;
    } catch (error) {
      if (isConnectionClosed(error) && !metClosed) throw new ClosedConnectionError(error);
      const translated = translateDynamoDbError(error, this.where);
      this.#isSilent = translated instanceof UnavailableError;
      // Whatever else it is, it is an answer; the breaker itself counts from the last success.
      if (!this.#isSilent) this.#unanswered.success();
      throw translated;
    } finally {
      recordCall(this.where, this.#system.now() - startMs);
    }
  }
}
