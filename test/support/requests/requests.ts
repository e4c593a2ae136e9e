/** Requests as API Gateway hands them to a handler. */
import type { Context } from 'aws-lambda';
import { infoHandler } from '../../../functions/info.js';
import { listBooksHandler } from '../../../functions/list-books.js';
import { listTopicsHandler } from '../../../functions/list-topics.js';
import { searchHandler } from '../../../functions/search.js';
import type { Api, ApiHandler } from '../../../lib/http/handler.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { restApiEvent, type RestApiRequest } from '../../../tools/rest-api-event.js';
import { quietHost } from '../tables/front-ends.js';

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

/** A reader of a front end. */
export function readerOf(front: FrontEnd) {
  const api = apiOf(front);
  type Query = Readonly<Record<string, string>>;
  return {
    info: (id: number) => request(infoHandler(api), { path: { id: String(id) } }),
    search: (topic: string, query: Query = {}) =>
      request(searchHandler(api), { path: { topic }, query }),
    books: (query: Query) => request(listBooksHandler(api), { query }),
    topics: (query: Query) => request(listTopicsHandler(api), { query }),
  };
}
