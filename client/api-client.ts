/**
 * A client of the store's HTTP API that knows which failures may be tried again. Every call that
 * changes something carries an Idempotency-Key or sets registers to fixed values, so trying again
 * is harmless even where the first try was carried out and only its answer was lost.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { CommandError } from '../tools/terminal/command-error.js';

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PATCH';
  /** Below the store's URL, with its leading slash. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Called after each try, those that are tried again included. */
  readonly onTry?: (outcome: TryOutcome) => void;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON, or the text where it is not JSON. */
  readonly body: unknown;
}

export interface TryOutcome {
  readonly durationMs: number;
  /** Undefined where no answer came. */
  readonly answer: Answer | undefined;
}

interface Delays {
  readonly baseDelayMs?: number;
  readonly maxDelayMs?: number;
}

export interface ApiClientOptions extends Delays {
  readonly url: string;
  /** Sent with every call: reads ignore it. */
  readonly token?: string;
  readonly maxRetries?: number;
  readonly timeoutMs?: number;
}

export interface ApiClient {
  readonly url: string;
  /**
   * Sends a request and tries it again, with full jitter and at least what Retry-After asks for,
   * while the outcome may be temporary. Returns the last answer, whatever its status; throws
   * {@link StoreUnreachableError} where the last try got none, and the signal's reason when aborted.
   */
  send(request: ApiRequest): Promise<Answer>;
  /** The same without a second try. */
  sendOnce(request: ApiRequest): Promise<Answer>;
}

/** No answer came: the request may or may not have been carried out. */
export class StoreUnreachableError extends CommandError {
  override readonly name = 'StoreUnreachableError';
}

/** Statuses after which the same request may succeed; 502 and 504 come from a gateway in between. */
const temporaryStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** True where the answer says nothing final: the same request, with the same key, may be sent again. */
export const isTemporary = (answer: Answer): boolean => temporaryStatuses.has(answer.status);

const maxRetryAfterMs = 30_000;

export function createApiClient(options: ApiClientOptions): ApiClient {
  const { url, token, maxRetries = 8, ...delays } = options;
  const timeoutMs = options.timeoutMs ?? 30_000;

  async function sendOnce(request: ApiRequest): Promise<Answer> {
    const startedAtMs = performance.now();
    let answer: Answer | undefined;
    // Not AbortSignal.timeout and any: what they make outlives the request, thousands at a time.
    const end = new AbortController();
    const breakOff = () => end.abort(request.signal?.reason);
    if (request.signal) {
      request.signal.throwIfAborted();
      setMaxListeners(0, request.signal);
      request.signal.addEventListener('abort', breakOff);
    }
    const timer = setTimeout(() => end.abort(new Error('no answer in time')), timeoutMs);
    try {
      const response = await fetch(url + request.path, {
        method: request.method ?? 'GET',
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...request.headers,
        },
        body: request.body === undefined ? null : JSON.stringify(request.body),
        signal: end.signal,
      });
      const body = parseBody(await response.text());
      answer = { status: response.status, headers: response.headers, body };
      return answer;
    } catch (error) {
      request.signal?.throwIfAborted();
      throw new StoreUnreachableError(`${url} does not answer (${reasonOf(error)})`, {
        cause: error,
      });
    } finally {
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', breakOff);
      request.onTry?.({ durationMs: performance.now() - startedAtMs, answer });
    }
  }

  async function send(request: ApiRequest): Promise<Answer> {
    for (let retries = 0; ; retries += 1) {
      const outcome = await sendOnce(request).catch(orUnreachable);
      const isOver = retries >= maxRetries;
      if (outcome instanceof StoreUnreachableError) {
        if (isOver) throw outcome;
      } else if (isOver || !isTemporary(outcome)) {
        return outcome;
      }
      const leastMs = retryAfterMs(outcome);
      await backOff(retries, {
        ...delays,
        leastMs,
        ...(request.signal && { signal: request.signal }),
      });
    }
  }

  return { url, send, sendOnce };
}

/** Waits before another try, with full jitter. Rejects with the signal's reason where that is aborted. */
export async function backOff(
  retries: number,
  {
    baseDelayMs = 100,
    maxDelayMs = 5000,
    leastMs = 0,
    signal,
  }: Delays & { readonly leastMs?: number; readonly signal?: AbortSignal } = {},
): Promise<void> {
  const jitterMs = Math.random() * Math.min(maxDelayMs, baseDelayMs * 2 ** retries);
  await sleep(leastMs + jitterMs, undefined, signal ? { signal } : {});
}

const problemDocument = z.object({
  title: z.string().optional(),
  detail: z.string().optional(),
  errors: z
    .array(z.object({ pointer: z.string().optional(), detail: z.string().optional() }))
    .optional(),
});

/** One line for a person: the status and what the problem document says. */
export function describeAnswer({ status, body }: Answer): string {
  const { title, detail, errors = [] } = problemDocument.safeParse(body).data ?? {};
  const inputErrors = errors.map((error) =>
    [error.pointer, error.detail].filter((text) => text !== undefined).join(' '),
  );
  const texts = [detail ?? title, inputErrors.join('; ')].filter(Boolean);
  return [`the store answered ${status}`, ...texts].join(': ').replaceAll(/\s+/gu, ' ');
}

function orUnreachable(error: unknown): StoreUnreachableError {
  if (error instanceof StoreUnreachableError) return error;
  throw error;
}

function retryAfterMs(outcome: Answer | StoreUnreachableError): number {
  const value = outcome instanceof Error ? null : outcome.headers.get('retry-after');
  if (value === null) return 0;
  const delayMs = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Math.min(maxRetryAfterMs, Math.max(0, delayMs || 0));
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const fetchError = z.object({
  message: z.string(),
  cause: z.object({ code: z.string().optional(), message: z.string().optional() }).optional(),
});

/** fetch hides why it failed in the error's cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = fetchError.safeParse(error).data ?? {};
  if (cause?.code === 'ECONNREFUSED') return 'connection refused';
  if (cause?.code === 'ENOTFOUND') return 'no such host';
  return cause?.code ?? cause?.message ?? message ?? String(error);
}
