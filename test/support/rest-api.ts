/** The API in the test's own process: each event goes to the function that `serverless.yml` names for it. */
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import * as z from 'zod';
import { buy } from '../../functions/buy.js';
import { cancelOrder } from '../../functions/cancel-order.js';
import { createBook } from '../../functions/create-book.js';
import { fallback } from '../../functions/fallback.js';
import { getOrder } from '../../functions/get-order.js';
import { health } from '../../functions/health.js';
import { importBooks } from '../../functions/import-books.js';
import { info } from '../../functions/info.js';
import { listBooks } from '../../functions/list-books.js';
import { listOrders } from '../../functions/list-orders.js';
import { listReplicas } from '../../functions/list-replicas.js';
import { listTopics } from '../../functions/list-topics.js';
import { restockBook } from '../../functions/restock-book.js';
import { search } from '../../functions/search.js';
import { updateBook } from '../../functions/update-book.js';
import type { ApiHandler } from '../../lib/http/handler.js';
import type { FrontEnd } from '../../lib/store/front-end.js';
import { resolveService } from '../../local/service-config.js';
import { testSecrets } from './front-ends.js';
import { apiOf } from './requests.js';

export interface RestAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed JSON; empty where there is none. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export type RestApi = (event: APIGatewayProxyEvent) => Promise<RestAnswer>;

/** Answers as the deployed API would; its admin token is {@link testSecrets}'. */
export async function startApi(front: FrontEnd): Promise<RestApi> {
  const api = apiOf(front);
  const functions: Readonly<Record<string, ApiHandler>> = {
    buy: buy(api, testSecrets),
    'cancel-order': cancelOrder(api),
    'create-book': createBook(api, testSecrets),
    fallback: fallback(api),
    'get-order': getOrder(api),
    health: health(api),
    'import-books': importBooks(api, testSecrets),
    info: info(api),
    'list-books': listBooks(api),
    'list-orders': listOrders(api, testSecrets),
    'list-replicas': listReplicas(api, testSecrets),
    'list-topics': listTopics(api),
    'restock-book': restockBook(api, testSecrets),
    search: search(api),
    'update-book': updateBook(api, testSecrets),
  };
  const methods = await readMethods();
  return async ({ httpMethod, resource, ...rest }) => {
    const name = methods.get(`${httpMethod} ${resource}`) ?? methods.get(`ANY ${resource}`);
    const handler = functions[name ?? ''];
    if (handler === undefined) throw new Error(`nothing answers ${httpMethod} ${resource}`);
    const { statusCode, headers, body } = await handler(
      { httpMethod, resource, ...rest },
      {} as Context,
    );
    return {
      status: statusCode,
      headers: Object.fromEntries(
        Object.entries(headers ?? {}).map(([header, value]) => [
          header.toLowerCase(),
          String(value),
        ]),
      ),
      body: body === '' ? {} : (JSON.parse(body) as RestAnswer['body']),
      text: body,
    };
  };
}

const httpEvent = z.object({ http: z.object({ method: z.string(), path: z.string() }) });

/** The function of each method of each resource. */
async function readMethods(): Promise<ReadonlyMap<string, string>> {
  const service = await resolveService('serverless.yml', 'us-east-1', process.env);
  const methods = Object.entries(service.functions).flatMap(([name, { events }]) =>
    events.flatMap((event) => {
      const { http } = httpEvent.safeParse(event).data ?? {};
      return http === undefined ? [] : [[`${http.method} ${http.path}`, name] as const];
    }),
  );
  return new Map(methods);
}
