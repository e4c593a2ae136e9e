import { httpHandler, type Api } from '../lib/http/handler.js';
import { unknownOrder } from '../lib/http/replies.js';
import { routes } from '../lib/http/routes.js';
import { deployedApi } from '../lib/lambda/api.js';
import { findOrder } from '../lib/store/orders.js';

export const getOrderHandler = (api: Api) =>
  httpHandler(api, routes['get-order'], async ({ front, path: { id } }) => {
    const found = await findOrder(front, id);
    if (found === undefined) throw unknownOrder(id);
    return {
      status: 200,
      body: found.order,
      headers: { 'X-Cache': 'bypass', 'X-Replica': found.regions.join(', ') },
    };
  });

export const handler = getOrderHandler(deployedApi);
