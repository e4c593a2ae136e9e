/** An API without a store behind it, and the events that API Gateway calls it with. */
import type { APIGatewayProxyResult, Context } from 'aws-lambda';
import type { Api, ApiHandler } from '../../../lib/http/handler.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { silentTelemetry } from '../../../lib/telemetry.js';
import { restApiEvent, type RestApiRequest } from '../../../tools/rest-api-event.js';
import { fakeSystem } from './fake-system.js';

export interface FakeApi extends Api {
  readonly errors: unknown[];
}

export function fakeApi({ corsOrigins = ['*'], system = fakeSystem() } = {}): FakeApi {
  const front = { system } as Partial<FrontEnd> as FrontEnd;
  const api: FakeApi = {
    errors: [],
    telemetry: silentTelemetry,
    logError: (_message, error) => api.errors.push(error),
    invocation: (_context, work) => work(),
    front: () => front,
    corsOrigins: () => corsOrigins,
  };
  return api;
}

export interface Call extends Partial<Omit<RestApiRequest, 'body'>> {
  /** Sent as it is where it is a text or null, as JSON otherwise. */
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly text: string;
}

export async function call(
  handler: ApiHandler,
  request: Call = {},
  context: Partial<Context> = {},
): Promise<Answer> {
  const { body, headers = {}, ...rest } = request;
  const event = restApiEvent({
    method: 'POST',
    headers: headers && { Host: 'localhost', ...headers },
    body: typeof body === 'string' || body === null ? body : JSON.stringify(body),
    ...rest,
  });
  return toAnswer(await handler(event, context as Context));
}

const toAnswer = ({ statusCode, headers = {}, body }: APIGatewayProxyResult): Answer => ({
  status: statusCode,
  headers: Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  ),
  body: body === '' ? undefined : (JSON.parse(body) as unknown),
  text: body,
});
