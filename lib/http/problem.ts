/** Problem documents, RFC 9457. */
import { UnavailableError } from '../errors.js';

export interface InputFault {
  /** JSON pointer to the fault, in the part of the request that `in` names. */
  readonly pointer: string;
  readonly in: 'path' | 'query' | 'header' | 'body';
  readonly detail: string;
}

/** An answer that is not the one that was asked for; thrown by handlers, written in one place. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly kind: ProblemKind;
  readonly extras: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    kind: ProblemKind,
    detail: string,
    { extras = {}, headers = {}, cause }: ProblemOptions = {},
  ) {
    super(detail, { cause });
    this.kind = kind;
    this.extras = extras;
    this.headers = headers;
  }
}

interface ProblemOptions {
  /** Members of the document beside the standard ones. */
  readonly extras?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** Every kind of problem that the API answers with; listed in `docs/openapi.yaml`. */
export const problemKinds = {
  'bad-input': { status: 400, title: 'The request is not valid' },
  unauthorized: { status: 401, title: 'The admin token is missing or wrong' },
  forbidden: { status: 403, title: 'The request is not let in' },
  'unknown-route': { status: 404, title: 'No such route' },
  'unknown-book': { status: 404, title: 'No such book' },
  'unknown-order': { status: 404, title: 'No such order' },
  'wrong-method': { status: 405, title: 'The route does not take this method' },
  'book-exists': { status: 409, title: 'The book exists already' },
  'not-for-sale': { status: 409, title: 'The book is taken off sale' },
  'sold-out': { status: 409, title: 'Too few copies are left' },
  'price-changed': { status: 409, title: 'The price is no longer the one given' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The media type is not supported' },
  'key-reused': { status: 422, title: 'The Idempotency-Key was used for another request' },
  throttled: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'A part of the store cannot be reached' },
  busy: { status: 503, title: 'Nothing was done, and it may be tried again' },
  unknown: { status: 503, title: 'Whether it was done is not known' },
  'no-answer': { status: 504, title: 'The store gave no answer' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemKind = keyof typeof problemKinds;

/**
 * What a gateway in front of the handlers may answer on any route; where it is deployed, see
 * `resources/front-end/gateway-responses.cjs`.
 */
export const gatewayProblems = ['throttled', 'no-answer'] as const satisfies readonly ProblemKind[];

export const problemType = (kind: ProblemKind): string => `urn:bazar:problem:${kind}`;

export const badInput = (errors: readonly InputFault[], cause?: unknown): Problem =>
  new Problem(
    'bad-input',
    errors.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('; '),
    {
      extras: { errors },
      cause,
    },
  );

/** A JSON pointer as a URI fragment, RFC 6901, 6. */
export const toPointer = (path: readonly PropertyKey[]): string =>
  `#${path.map((key) => `/${encodeURIComponent(escapeToken(String(key)))}`).join('')}`;

/** Through bytes and back, for half a character has no encoding. */
const escapeToken = (token: string): string =>
  Buffer.from(token).toString().replaceAll('~', '~0').replaceAll('/', '~1');

const retryAfterSeconds = 2;

/** What may be asked again: a read, a write that surely did nothing, or one that perhaps did. */
export const tryAgain = (
  kind: 'unavailable' | 'busy' | 'unknown',
  detail: string,
  options: ProblemOptions = {},
): Problem =>
  new Problem(kind, detail, {
    ...options,
    headers: { 'Retry-After': String(retryAfterSeconds), ...options.headers },
  });

/** What a read answers where it can't be known. */
export const unavailable = (detail: string, options: ProblemOptions = {}): Problem =>
  tryAgain('unavailable', detail, options);

const sameKeyOnly = 'Try again, with the same Idempotency-Key only.';

/** The problem that an error comes to where no use case has an answer for it. */
export function problemOf(error: unknown, isWrite: boolean): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof UnavailableError) {
    const options = { cause: error };
    if (!isWrite) {
      return unavailable('What was asked for cannot be known or reached now; try again.', options);
    }
    return error.isUnknown
      ? tryAgain('unknown', `It may have been done, or may still be. ${sameKeyOnly}`, options)
      : tryAgain('busy', 'Nothing of it was done, nor will be: try again.', options);
  }
  return new Problem('internal', 'The failure was logged.', { cause: error });
}

export const tookTooLong = (isWrite: boolean): Problem =>
  isWrite
    ? tryAgain('unknown', `It took too long, and may still be done. ${sameKeyOnly}`)
    : unavailable('It took too long: try again.');
