/** Calls of the API. Nothing here throws: what came of a call is in its outcome. */
import { signal } from '@preact/signals';
import { addressOf } from './address.js';

export type Outcome<Body> =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: Body;
      readonly etag: string | null;
    }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'problem'; readonly problem: Problem; readonly retryAfterMs: number }
  /** No answer of the store's own came: what was asked for may have been done. */
  | { readonly kind: 'silence' };

/** A problem document (RFC 9457). */
export interface Problem {
  /** The last part of its type, such as `sold-out`. */
  readonly kind: string;
  readonly status: number;
  readonly detail: string;
  readonly requestId: string;
  readonly [member: string]: unknown;
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PATCH';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** More than the gateway waits for a function. */
const patienceMs = 35_000;

/** What the last answers said of the store as a whole. */
export const reach = signal<{ readonly isOffline: boolean; readonly isStale: boolean }>({
  isOffline: false,
  isStale: false,
});

/**
 * @param path of the API, without a slash in front, percent-encoded.
 * @throws the reason of `signal`, where the caller gave up.
 */
export async function call<Body>(path: string, options: Call = {}): Promise<Outcome<Body>> {
  const { method = 'GET', body, headers, signal: given } = options;
  const timeout = AbortSignal.timeout(patienceMs);
  try {
    const response = await fetch(addressOf(path), {
      method,
      headers: { ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers },
      body: body === undefined ? null : JSON.stringify(body),
      signal: given ? AbortSignal.any([given, timeout]) : timeout,
      // Conditional requests are the pages' own: the browser would answer them with a 200.
      cache: 'no-store',
    });
    const outcome = await read<Body>(response);
    // Reads alone say how the cache took part.
    const use = response.headers.get('X-Cache');
    noteReach({ isOffline: false, isStale: use === null ? reach.value.isStale : use === 'stale' });
    return outcome;
  } catch {
    if (given?.aborted) throw given.reason;
    noteReach({ ...reach.value, isOffline: true });
    return { kind: 'silence' };
  }
}

async function read<Body>(response: Response): Promise<Outcome<Body>> {
  const { status, headers } = response;
  if (status === 304) return { kind: 'unchanged' };
  const body = (await response.json()) as Body & { type?: string };
  if (response.ok) return { kind: 'answer', status, body, etag: headers.get('ETag') };
  const [, kind] = /^urn:bazar:problem:(.+)$/.exec(String(body.type)) ?? [];
  // Not the store's own: of someone on the way, who doesn't know what was done.
  if (kind === undefined) return { kind: 'silence' };
  const problem = { ...body, kind, status } as unknown as Problem;
  return {
    kind: 'problem',
    problem,
    retryAfterMs: (Number(headers.get('Retry-After')) || 2) * 1000,
  };
}

function noteReach(now: typeof reach.value): void {
  const { isOffline, isStale } = reach.value;
  if (now.isOffline !== isOffline || now.isStale !== isStale) reach.value = now;
}
