import { httpHandler, type Api } from '../lib/http/handler.js';
import { unknownOrder } from '../lib/http/replies.js';
import { routes } from '../lib/http/routes.js';
import { deployedApi } from '../lib/lambda/api.js';
import { cancelOrder } from '../lib/store/orders.js';

export const cancelOrderHandler = (api: Api) =>
  httpHandler(api, routes['cancel-order'], async ({ front, path: { id } }) => {
    const order = await cancelOrder(front, id);
    if (order === undefined) throw unknownOrder(id);
    return { status: 200, body: order };
  });

export const handler = cancelOrderHandler(deployedApi);
