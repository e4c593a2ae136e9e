/**
 * The one place where an API handler is put together: headers, CORS, admin token, validation,
 * problem documents and logging are the same for every route.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import middy from '@middy/core';
import httpCors from '@middy/http-cors';
import httpSecurityHeaders from '@middy/http-security-headers';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import * as z from 'zod';
import { callRecord, withCallRecord } from '../call-record.js';
import { once } from '../concurrency.js';
import type { Host } from '../host.js';
import type { FrontEnd, Secrets } from '../store/front-end.js';
import { joinHeaders, readBody, readPath, readQuery, referenceTo, valuesOf } from './event.js';
import {
  badInput,
  Problem,
  problemKinds,
  problemOf,
  problemType,
  toPointer,
  tookTooLong,
  type InputFault,
} from './problem.js';
import type { Route } from './routes.js';
import { idempotencyHeader, noQuery } from './schemas.js';
import { serverErrors } from './server-errors.js';

type Output<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** A request whose every part was checked. */
export interface ApiRequest<Spec extends Route> {
  readonly front: FrontEnd;
  readonly path: Output<Spec['path']>;
  readonly query: Output<Spec['query']>;
  readonly body: Output<Spec['body']>;
  /** By lower-case name; the values of a repeated one are joined. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The client's key, or one that was made for it; empty on routes that take none. */
  readonly idempotencyKey: string;
  /** `Cache-Control: no-cache`: a replica is asked, whatever the cache holds. */
  readonly isCacheSkipped: boolean;
}

export interface ApiReply {
  readonly status: number;
  /** Sent as JSON; undefined sends no body. */
  readonly body?: unknown;
  /** Where what was made is found: a place of the API, without a slash in front. */
  readonly location?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What every answer of the API needs. */
export interface ApiHost extends Host {
  corsOrigins(): readonly string[];
}

/** What an API handler runs in: see `lib/lambda/api.ts` for the deployed one. */
export interface Api extends ApiHost {
  front(): FrontEnd;
  /** Needed by routes that only an administrator may use. */
  readonly secrets?: Pick<Secrets, 'adminToken'>;
}

export type ApiHandler = (
  event: APIGatewayProxyEvent,
  context: Context,
) => Promise<APIGatewayProxyResult>;

const securityHeaders = {
  crossOriginResourcePolicy: { policy: 'cross-origin' },
  // The package's types do not name it; without it, an empty header is sent.
  reportingEndpoints: false,
  // Of documents, which say these themselves.
  contentSecurityPolicy: false,
  permissionsPolicy: false,
  reportTo: false,
  xssProtection: false,
};

/** Enough to answer before the function is stopped, after which the gateway knows nothing to say. */
const answeredBeforeTimeoutMs = 500;

/** An API Gateway (REST) handler of a route. */
export function httpHandler<Spec extends Route>(
  api: Api,
  route: Spec,
  handle: (request: ApiRequest<Spec>) => Promise<ApiReply>,
): ApiHandler {
  const { secrets } = api;
  if (route.isAdmin === true && secrets === undefined) {
    throw new TypeError(`${route.paths[0]} needs the secrets, to know the admin token`);
  }
  const answer = async (event: APIGatewayProxyEvent) => {
    const startMs = api.front().system.now();
    if (route.isAdmin === true && secrets !== undefined) await requireAdmin(event, secrets);
    const request = checkRequest(api.front(), route, event);
    const reply = await handle(request);
    const headers: Record<string, string> = { ...reply.headers };
    if (route.isRead === true) {
      headers['Server-Timing'] = serverTiming(api.front().system.now() - startMs);
    }
    if (reply.location !== undefined) headers['Location'] = referenceTo(reply.location, event);
    return toResult({ ...reply, headers });
  };
  return pipeline(api, answer, { isWrite: route.method !== 'GET' });
}

/** What every answer of the API goes through, of a route or not. */
export function pipeline(
  host: ApiHost,
  handle: (event: APIGatewayProxyEvent) => Promise<APIGatewayProxyResult>,
  { isWrite = false }: { readonly isWrite?: boolean } = {},
): ApiHandler {
  // Built at the first call: only then is the environment surely there.
  const built = once((): ApiHandler => {
    const stack = middy<APIGatewayProxyEvent, APIGatewayProxyResult>({
      timeoutEarlyInMillis: answeredBeforeTimeoutMs,
      timeoutEarlyResponse: () => {
        throw tookTooLong(isWrite);
      },
    })
      .use(httpSecurityHeaders(securityHeaders))
      .use(
        httpCors({
          origins: [...host.corsOrigins()],
          getOrigin: (incoming) => allowedOrigin(host.corsOrigins(), incoming),
          methods: 'GET, HEAD, POST, PATCH, OPTIONS',
          headers: 'Authorization, Cache-Control, Content-Type, Idempotency-Key, If-None-Match',
          exposeHeaders:
            'ETag, Idempotency-Key, Location, Retry-After, Server-Timing, X-Cache, X-Replica',
          maxAge: 600,
        }),
      )
      .use(serverErrors(host))
      .use(returnIdempotencyKey())
      .use(problemDocuments(isWrite))
      .handler(handle);
    return async (event, context) => {
      const result = await withCallRecord(() =>
        host.invocation(context, () => stack({ ...event, headers: joinHeaders(event) }, context)),
      );
      return event.httpMethod === 'HEAD' ? { ...result, body: '' } : result;
    };
  });
  return async (event, context) => built()(event, context);
}

/** For another site's page the first of ours is named: some gateways fill in what is missing. */
function allowedOrigin(origins: readonly string[], incoming: string): string {
  if (origins.includes('*')) return '*';
  return origins.includes(incoming) ? incoming : (origins[0] ?? 'null');
}

type Middleware = middy.MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult>;

/** A buyer who sent no key can only repeat the request if told the one that was made. */
function returnIdempotencyKey(): Middleware {
  const addHeader = ({ event, response }: middy.Request<KeyedEvent, APIGatewayProxyResult>) => {
    const key = event[usedKey];
    if (key !== undefined && response) {
      response.headers = { ...response.headers, 'Idempotency-Key': key };
    }
  };
  return { after: addHeader, onError: addHeader };
}

const usedKey = Symbol('the idempotency key of this request');

type KeyedEvent = APIGatewayProxyEvent & { [usedKey]?: string };

function problemDocuments(isWrite: boolean): Middleware {
  return {
    onError: (request) => {
      const { requestId } = request.event.requestContext;
      const problem = problemOf(request.error, isWrite);
      request.response = toResult(problemReply(problem, requestId));
    },
  };
}

function problemReply({ kind, message, extras, headers }: Problem, requestId: string): ApiReply {
  const { status, title } = problemKinds[kind];
  return {
    status,
    body: { type: problemType(kind), title, status, detail: message, requestId, ...extras },
    headers: { ...headers, 'Content-Type': 'application/problem+json' },
  };
}

function toResult({ status, body, headers = {} }: ApiReply): APIGatewayProxyResult {
  return {
    statusCode: status,
    headers: {
      'Cache-Control': 'no-cache',
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? '' : JSON.stringify(body),
  };
}

async function requireAdmin(
  { headers }: APIGatewayProxyEvent,
  secrets: Pick<Secrets, 'adminToken'>,
): Promise<void> {
  const [credentials = '', ...others] = valuesOf(headers['authorization']);
  const [, given] = /^Bearer +(\S+)$/i.exec(credentials) ?? [];
  const digest = (token: string) => createHash('sha256').update(token).digest();
  // Digests are of one length, so that the comparison takes the same time for every guess.
  const isAdmin = async (token: string, options?: { readonly isCertain: boolean }) =>
    timingSafeEqual(digest(token), digest(await secrets.adminToken(options)));
  if (given !== undefined && others.length === 0) {
    // Another than the one that is known may be new: it is refused only where that one is not old.
    if ((await isAdmin(given)) || (await isAdmin(given, { isCertain: true }))) return;
  }
  throw new Problem('unauthorized', 'Send the admin token as `Authorization: Bearer TOKEN`.', {
    headers: { 'WWW-Authenticate': 'Bearer realm="bazar"' },
  });
}

function checkRequest<Spec extends Route>(
  front: FrontEnd,
  route: Spec,
  event: APIGatewayProxyEvent,
): ApiRequest<Spec> {
  const faults: InputFault[] = [];
  const check = (
    part: InputFault['in'],
    schema: z.ZodType | undefined,
    value: unknown,
  ): unknown => {
    if (schema === undefined) return undefined;
    const parsed = schema.safeParse(value);
    if (!parsed.success)
      faults.push(...parsed.error.issues.flatMap((issue) => toFaults(part, issue)));
    return parsed.data;
  };
  const idempotencyKey = route.isIdempotent === true ? checkKey() : '';
  const path = check('path', route.path, readPath(event));
  const query = check('query', route.query ?? noQuery, readQuery(event));
  const body = check('body', route.body, route.body && readBody(event, route.mostBodyBytes));
  if (faults.length > 0) throw badInput(faults);
  return {
    front,
    path: path as ApiRequest<Spec>['path'],
    query: query as ApiRequest<Spec>['query'],
    body: body as ApiRequest<Spec>['body'],
    headers: event.headers,
    idempotencyKey,
    isCacheSkipped: /\bno-cache\b/i.test(event.headers['cache-control'] ?? ''),
  };

  function checkKey(): string {
    const name = 'idempotency-key';
    const [given, ...others] = valuesOf(event.headers[name]);
    if (others.length > 0) {
      const detail = 'is given more than once, with different values';
      faults.push({ pointer: toPointer([name]), in: 'header', detail });
    }
    check('header', idempotencyHeader, { [name]: given });
    const key = given ?? front.system.uuid();
    if (faults.length === 0) (event as KeyedEvent)[usedKey] = key;
    return key;
  }
}

function toFaults(part: InputFault['in'], issue: z.core.$ZodIssue): InputFault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: toPointer([...issue.path, key]),
      in: part,
      detail: 'is not known here',
    }));
  }
  return [{ pointer: toPointer(issue.path), in: part, detail: issue.message }];
}

function serverTiming(totalMs: number): string {
  const entries = [...callRecord().timings, ['total', totalMs] as const];
  return entries.map(([name, durationMs]) => `${name};dur=${durationMs}`).join(', ');
}
