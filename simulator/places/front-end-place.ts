/** A front end: the API's functions, the cache, and the queue that keeps it up to date. */
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { buyHandler } from '../../functions/buy.js';
import { cancelOrderHandler } from '../../functions/cancel-order.js';
import { createBookHandler } from '../../functions/create-book.js';
import { getOrderHandler } from '../../functions/get-order.js';
import { importBooksHandler } from '../../functions/import-books.js';
import { infoHandler } from '../../functions/info.js';
import { invalidateHandler } from '../../functions/invalidate.js';
import { listBooksHandler } from '../../functions/list-books.js';
import { listOrdersHandler } from '../../functions/list-orders.js';
import { listTopicsHandler } from '../../functions/list-topics.js';
import { placeOrderHandler } from '../../functions/place-order.js';
import { restockBookHandler } from '../../functions/restock-book.js';
import { searchHandler } from '../../functions/search.js';
import { updateBookHandler } from '../../functions/update-book.js';
import { writeOffBookHandler } from '../../functions/write-off-book.js';
import { TableLink } from '../../lib/dynamodb/table-link.js';
import { BookCache } from '../../lib/cache/book-cache.js';
import { PageCache } from '../../lib/cache/page-cache.js';
import type { Api } from '../../lib/http/handler.js';
import { parseMessage } from '../../lib/replication/messages.js';
import type { Region, Site } from '../../lib/rules/sites.js';
import type { FrontEnd, Secrets } from '../../lib/store/front-end.js';
import { LambdaDeployment, type Container, type Outcome } from '../clockwork/lambda-deployment.js';
import { hostOf, replicasFor, type Foundation } from './foundation.js';
import { Queue } from './messaging.js';
import type { TablePlace } from './table-place.js';
import { cacheTable } from './layout.js';

export const freshForMs = 30_000;
/** Longer than any function of the API may take. */
export const longestRequestMs = 30_000;
export const adminToken = 'admin';
export const orderSecret = 'a secret of the simulator';

const secrets: Secrets = {
  orderSecret: () => Promise.resolve(orderSecret),
  adminToken: () => Promise.resolve(adminToken),
};

const load = (api: Api) => ({
  buy: buyHandler(api, secrets),
  'cancel-order': cancelOrderHandler(api),
  'create-book': createBookHandler(api, secrets),
  'get-order': getOrderHandler(api),
  'import-books': importBooksHandler(api, secrets),
  info: infoHandler(api),
  'list-books': listBooksHandler(api),
  'list-orders': listOrdersHandler(api, secrets),
  'list-topics': listTopicsHandler(api),
  'place-order': placeOrderHandler(api, secrets),
  'restock-book': restockBookHandler(api, secrets),
  search: searchHandler(api),
  'update-book': updateBookHandler(api, secrets),
  'write-off-book': writeOffBookHandler(api, secrets),
  invalidate: invalidateHandler(api),
});

type Functions = ReturnType<typeof load>;

/** The functions of the API. */
export type FunctionName = Exclude<keyof Functions, 'invalidate'>;

export class FrontEndPlace {
  readonly name: string;
  readonly region: Region;
  readonly cache: TablePlace;
  readonly queue: Queue;
  readonly clock: { offsetMs: number };
  /** The sites that the functions here believe in. */
  sites: readonly Site[];
  readonly #foundation: Foundation;
  readonly #functions: LambdaDeployment<Functions>;

  constructor(foundation: Foundation, name: string, cache: TablePlace, sites: readonly Site[]) {
    const { scheduler, decisions, definitions } = foundation;
    this.name = name;
    this.region = cache.region;
    this.cache = cache;
    this.sites = sites;
    this.clock = foundation.clockOf(name);
    this.#foundation = foundation;
    cache.create(definitions.tables.cache, cacheTable);
    this.#functions = new LambdaDeployment(scheduler, decisions, this.clock, (container) =>
      this.#load(container),
    );
    this.queue = new Queue(
      `${name} invalidate`,
      definitions.queues.invalidate,
      foundation,
      async (batch, event) => {
        const outcome = await this.#functions.invoke(
          batch,
          definitions.timeoutsMs['invalidate'] as number,
          (functions, context) => functions.invalidate(event, context),
        );
        if (outcome.kind !== 'done') return undefined;
        const failed = new Set(
          outcome.result.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier),
        );
        for (const { messageId, body } of event.Records) {
          if (!failed.has(messageId)) foundation.onInvalidated(this.name, parseMessage(body));
        }
        return outcome.result;
      },
      () => true,
    );
  }

  /** A request as API Gateway hands it on. */
  request(
    name: string,
    route: FunctionName,
    event: APIGatewayProxyEvent,
  ): Promise<Outcome<APIGatewayProxyResult>> {
    const timeoutMs = this.#foundation.definitions.timeoutsMs[route] as number;
    return this.#functions.invoke(name, timeoutMs, (functions, context: Context) =>
      functions[route](event, context),
    );
  }

  /** The functions here are deployed anew, for other sites. */
  redeploy(sites: readonly Site[]): void {
    this.sites = sites;
    this.#functions.redeploy();
  }

  #load(container: Container): Functions {
    const { system } = container;
    const clients = this.#foundation.network.clients(this, container, this.cache);
    const cacheLink = new TableLink('cache', clients, system);
    const host = hostOf(this.#foundation, container);
    const front: FrontEnd = {
      system,
      telemetry: host.telemetry,
      replicas: replicasFor(this.#foundation, this, container, this.sites),
      region: this.region,
      books: new BookCache(cacheTable, cacheLink, system),
      pages: new PageCache(cacheTable, cacheLink, system),
      routing: this.#foundation.profile.routing,
      currency: 'USD',
      freshForMs,
    };
    return load({ ...host, front: () => front, corsOrigins: () => ['*'] });
  }
}
