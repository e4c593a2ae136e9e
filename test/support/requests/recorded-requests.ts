/**
 * The requests of which it was recorded what event a REST API makes of each: test/data/README.md.
 * A gateway is asked by functions that answer with the event that they got.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { projectDir } from '../../../tools/project.js';
import { sendRequest } from './raw-http.js';

interface RecordedRequest {
  readonly name: string;
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly bodyBase64: string;
}

type RecordedEvent = APIGatewayProxyEvent & { readonly name: string };

const readLines = <Line>(file: string): Line[] =>
  readFileSync(join(projectDir, 'test/data', file), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

const events = new Map(
  readLines<RecordedEvent>('rest-api-events.jsonl').map(({ name, ...event }) => [name, event]),
);

/** No route's, when it was recorded, and one since: the event that it makes now has another resource. */
const routesSince = ['/info'];

/** Each with the event of the same name. */
export const recorded = readLines<RecordedRequest>('rest-api-requests.jsonl')
  .filter(({ target }) => !routesSince.includes(target))
  .map(
    (request) => [request.name, request, events.get(request.name) as APIGatewayProxyEvent] as const,
  );

/** In a header, for HEAD has no body. */
const eventHeader = 'x-event';

/** The source of a module whose `handler` answers with its event. */
export const echoSource = `export const handler = async (event) => ({
  statusCode: 200,
  headers: { '${eventHeader}': Buffer.from(JSON.stringify(event)).toString('base64') },
  body: '',
});`;

const client = { 'User-Agent': 'bazar-test/1.0', Accept: '*/*' } as const;

/** Sends a request and compares the event that its function got: but ids, times, addresses, the host. */
export async function expectEvent(
  url: string,
  { method, target, headers, bodyBase64 }: RecordedRequest,
  { requestContext, ...wanted }: APIGatewayProxyEvent,
  stage: string,
): Promise<void> {
  const answer = await sendRequest(url, {
    method,
    target,
    headers: [...Object.entries(client), ...headers],
    body: Buffer.from(bodyBase64, 'base64'),
  });
  expect(answer).toMatchObject({ status: 200 });
  const event = JSON.parse(
    Buffer.from(answer.headers[eventHeader] ?? '', 'base64').toString(),
  ) as APIGatewayProxyEvent;

  const query = wanted.multiValueQueryStringParameters;
  const ofTheGateway = ['Host', 'X-Forwarded-For', 'X-Forwarded-Port', 'X-Forwarded-Proto'];
  const ofTheConnection = Object.fromEntries(
    [...ofTheGateway, 'X-Amzn-Trace-Id'].map((name) => [name, [expect.stringMatching(/./)]]),
  );
  const allHeaders = {
    ...ofTheConnection,
    ...Object.fromEntries(Object.entries(client).map(([name, value]) => [name, [value]])),
    ...wanted.multiValueHeaders,
  };
  expect(event).toEqual({
    ...wanted,
    headers: lastValues(allHeaders),
    multiValueHeaders: allHeaders,
    queryStringParameters: query && lastValues(query),
    stageVariables: null,
    requestContext: expect.objectContaining({
      httpMethod: wanted.httpMethod,
      identity: expect.objectContaining({ userAgent: client['User-Agent'], accountId: null }),
      path: stage + requestContext.path.replace('/dev', ''),
      protocol: 'HTTP/1.1',
      requestId: expect.stringMatching(/^[\da-f-]{36}$/),
      requestTime: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
      requestTimeEpoch: expect.any(Number),
      resourcePath: wanted.resource,
      stage: 'dev',
    }),
  });
}

const lastValues = (all: Readonly<Record<string, unknown[] | undefined>>) =>
  Object.fromEntries(Object.entries(all).map(([name, values]) => [name, values?.at(-1)]));
