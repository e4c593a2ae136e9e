/** The API in the test's own process: each event goes to the function that `serverless.yml` names for it. */
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import * as z from 'zod';
import { buyHandler } from '../../../functions/buy.js';
import { cancelOrderHandler } from '../../../functions/cancel-order.js';
import { statusHandler } from '../../../functions/status.js';
import { createBookHandler } from '../../../functions/create-book.js';
import { fallbackHandler } from '../../../functions/fallback.js';
import { getOrderHandler } from '../../../functions/get-order.js';
import { healthHandler } from '../../../functions/health.js';
import { importBooksHandler } from '../../../functions/import-books.js';
import { infoHandler } from '../../../functions/info.js';
import { listBooksHandler } from '../../../functions/list-books.js';
import { listOrdersHandler } from '../../../functions/list-orders.js';
import { listReplicasHandler } from '../../../functions/list-replicas.js';
import { listTopicsHandler } from '../../../functions/list-topics.js';
import { placeOrderHandler } from '../../../functions/place-order.js';
import { restockBookHandler } from '../../../functions/restock-book.js';
import { writeOffBookHandler } from '../../../functions/write-off-book.js';
import { searchHandler } from '../../../functions/search.js';
import { updateBookHandler } from '../../../functions/update-book.js';
import { webHandler } from '../../../functions/web.js';
import type { ControlRoom } from '../../../lib/lambda/control-room.js';
import type { ApiHandler } from '../../../lib/http/handler.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { resolveService } from '../../../services/service-config.js';
import { testSecrets } from '../tables/front-ends.js';
import { samplePages } from './sample-pages.js';
import { apiOf } from './requests.js';

export interface RestAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed JSON; empty where there is none, or a page. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export type RestApi = (event: APIGatewayProxyEvent) => Promise<RestAnswer>;

/** Answers as the deployed API would; its admin token is {@link testSecrets}'. */
export async function startApi(front: FrontEnd): Promise<RestApi> {
  const api = apiOf(front);
  const functions: Readonly<Record<string, ApiHandler>> = {
    buy: buyHandler(api, testSecrets),
    'cancel-order': cancelOrderHandler(api),
    status: statusHandler(api, testSecrets, noControlRoom),
    'create-book': createBookHandler(api, testSecrets),
    fallback: fallbackHandler(api, samplePages),
    'get-order': getOrderHandler(api),
    health: healthHandler(api),
    'import-books': importBooksHandler(api, testSecrets),
    info: infoHandler(api),
    'list-books': listBooksHandler(api),
    'list-orders': listOrdersHandler(api, testSecrets),
    'list-replicas': listReplicasHandler(api, testSecrets),
    'list-topics': listTopicsHandler(api),
    'place-order': placeOrderHandler(api, testSecrets),
    'restock-book': restockBookHandler(api, testSecrets),
    'write-off-book': writeOffBookHandler(api, testSecrets),
    search: searchHandler(api),
    'update-book': updateBookHandler(api, testSecrets),
    web: webHandler(api, samplePages),
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
      body: /^[{[]/.test(body) ? (JSON.parse(body) as RestAnswer['body']) : {},
      text: body,
    };
  };
}

const noControlRoom: ControlRoom = {
  askQueue: () => Promise.resolve(undefined),
  labUrl: () => undefined,
};

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
