import { nextPage, pageAsked } from '../lib/http/cursor.js';
import { httpHandler, type Api } from '../lib/http/handler.js';
import { routes } from '../lib/http/routes.js';
import { deployedApi } from '../lib/lambda/api.js';
import { deployedSecrets } from '../lib/lambda/secrets.js';
import type { Secrets } from '../lib/store/front-end.js';
import { listOrders } from '../lib/store/orders.js';

export const listOrdersHandler = (api: Api, secrets: Secrets) =>
  httpHandler({ ...api, secrets }, routes['list-orders'], async ({ front, query }) => {
    const { bookId } = query;
    const filter = bookId?.toString();
    const page = await listOrders(front, { ...pageAsked('log', query, filter), bookId });
    return { status: 200, body: { orders: page.orders, ...nextPage('log', page, filter) } };
  });

export const handler = listOrdersHandler(deployedApi, deployedSecrets);
