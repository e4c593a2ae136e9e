/** Requests as API Gateway hands them to a handler. */
import type { Context } from 'aws-lambda';
import type { Api, ApiHandler } from '../../lib/http/handler.js';
import type { FrontEnd } from '../../lib/store/front-end.js';
import { restApiEvent, type RestApiRequest } from '../../tools/rest-api-event.js';
import { quietHost } from './front-ends.js';

export const apiOf = (front: FrontEnd): Api => ({
  ...quietHost,
  front: () => front,
  corsOrigins: () => ['*'],
});

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export async function request(
  handler: ApiHandler,
  given: Partial<RestApiRequest> = {},
): Promise<Reply> {
  const event = restApiEvent({ method: 'GET', ...given });
  const { statusCode, headers = {}, body } = await handler(event, {} as Context);
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    status: statusCode,
    headers: Object.fromEntries(named),
    body: body === '' ? {} : (JSON.parse(body) as Reply['body']),
  };
}
