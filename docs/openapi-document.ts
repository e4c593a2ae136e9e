/** The OpenAPI document of the API, made from the routes and schemas that the handlers use. */
import {
  OpenAPIRegistry,
  OpenApiGeneratorV31,
  type RouteConfig,
} from '@asteasolutions/zod-to-openapi';
import { stringify } from 'yaml';
import * as z from 'zod';
import {
  gatewayProblems,
  problemKinds,
  problemType,
  type ProblemKind,
} from '../lib/http/problem.js';
import { routes, type Route } from '../lib/http/routes.js';
import { idempotencyHeader, problemSchema } from '../lib/http/schemas.js';

const adminScheme = 'admin';

/** The whole document, as YAML text. */
export function openApiDocument(): string {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', adminScheme, {
    type: 'http',
    scheme: 'bearer',
    description: 'The admin token that `npm start` prints, or that SSM keeps when deployed.',
  });
  for (const [name, route] of Object.entries<Route>(routes)) {
    const operationId = route.operationId ?? camelCase(name);
    for (const path of route.paths) registry.registerPath(toPath(operationId, route, path));
  }
  const document = new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Bazar',
      version: '1',
      description:
        'An online bookstore over two regions. Every error is a problem document (RFC 9457); ' +
        'prices are in minor units; a read with `Cache-Control: no-cache` asks a replica. HEAD is ' +
        'answered wherever GET is, with its headers. ' +
        'Titles, authors and topics are kept in NFC, each run of blanks as one space, and measured ' +
        'so, in code points. They hold a visible character, and no control characters, ' +
        'noncharacters, halves of characters, or overrides and isolates of direction. Topics are ' +
        'matched whatever their case, and without the characters that Unicode calls ignorable.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: 'http://localhost:3000' }],
  });
  return `# Made by \`npm run openapi\` from lib/http: edit that instead.\n${stringify(document, { aliasDuplicateObjects: false, lineWidth: 100 })}`;
}

/** `list-books` as `listBooks`. */
const camelCase = (name: string): string =>
  name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

function toPath(operationId: string, route: Route, path: string): RouteConfig {
  const variables = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
  const isFirst = path === route.paths[0];
  const query = queryOf(route, variables);
  return {
    method: route.method.toLowerCase() as RouteConfig['method'],
    path,
    operationId: isFirst ? operationId : `${operationId}ByQuery`,
    summary: route.summary,
    ...(route.description !== undefined && { description: route.description }),
    ...(route.isAdmin === true && { security: [{ [adminScheme]: [] }] }),
    request: {
      ...(route.path && variables.length > 0 && { params: route.path.required() }),
      ...(query && { query }),
      ...(route.isIdempotent === true && { headers: idempotencyHeader }),
      ...(route.body && {
        body: {
          required: !route.body.safeParse({}).success,
          content: { 'application/json': { schema: route.body } },
        },
      }),
    },
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, schema]) => [
          status,
          toAnswer(route, Number(status), schema),
        ]),
      ),
      ...problemAnswers([...route.problems, 'internal', ...gatewayProblems]),
    },
  };
}

/** The second form of a route takes from the query what the first takes from the path. */
function queryOf({ query, byQuery }: Route, variables: readonly string[]): z.ZodObject | undefined {
  if (query === undefined) return undefined;
  if (byQuery === undefined) return withoutFields(query, variables);
  return variables.length > 0
    ? withoutFields(query, [byQuery])
    : query.required({ [byQuery]: true } as never);
}

const withoutFields = (schema: z.ZodObject, names: readonly string[]): z.ZodObject =>
  schema.omit(
    Object.fromEntries(
      names.filter((name) => name in schema.shape).map((name) => [name, true]),
    ) as never,
  );

const descriptions: Readonly<Record<number, string>> = {
  200: 'Done',
  201: 'Made',
  304: 'Not changed since the ETag in If-None-Match',
  503: 'No region answers',
};

const header = (description: string) => ({
  description,
  required: true,
  schema: { type: 'string' as const },
});

const headerDescriptions = {
  ETag: 'For If-None-Match',
  Location: 'Where what was made is found, relative to the address of the request',
};

const readHeaders = {
  'X-Cache': {
    ...header('How the cache took part'),
    schema: { type: 'string' as const, enum: ['hit', 'miss', 'stale', 'bypass'] },
  },
  'X-Replica': { ...header('The replicas that were read, if any were'), required: false },
  'Server-Timing': header('Milliseconds waited for each place'),
};

const retryAfter = { 'Retry-After': header('Seconds after which to try again') };

/** API Gateway gives the first the second's name: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html */
const challenges = {
  'WWW-Authenticate': {
    ...header('How to send the admin token; API Gateway renames it'),
    required: false,
  },
  'x-amzn-Remapped-WWW-Authenticate': {
    ...header('WWW-Authenticate, as API Gateway sends it'),
    required: false,
  },
};

const problemHeaders: Readonly<Record<number, Record<string, ReturnType<typeof header>>>> = {
  401: challenges,
  429: retryAfter,
  503: retryAfter,
  504: retryAfter,
};

function toAnswer(route: Route, status: number, schema: z.ZodType | undefined) {
  const headers = {
    ...(route.isRead === true && readHeaders),
    ...(route.isIdempotent === true && {
      'Idempotency-Key': header('The key that was given, or made'),
    }),
    ...Object.fromEntries(
      (route.headers ?? []).map((name) => [name, header(headerDescriptions[name])]),
    ),
  };
  return {
    description: descriptions[status] ?? '',
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(schema && { content: { 'application/json': { schema } } }),
  };
}

/** Problems of one status share an answer, which tells their types apart. */
function problemAnswers(kinds: readonly ProblemKind[]) {
  const statuses = [...new Set(kinds.map((kind) => problemKinds[kind].status))];
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: kinds
          .filter((kind) => problemKinds[kind].status === status)
          .map((kind) => `\`${problemType(kind)}\`: ${problemKinds[kind].title}`)
          .join('\n\n'),
        ...(problemHeaders[status] && { headers: problemHeaders[status] }),
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    ]),
  );
}
