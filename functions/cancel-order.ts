import { httpHandler, type Api } from '../lib/http/handler.js';
import { unknownOrder } from '../lib/http/replies.js';
import { routes } from '../lib/http/routes.js';
import { deployedApi } from '../lib/lambda/api.js';
import { cancelOrder as cancel } from '../lib/store/orders.js';

export const cancelOrder = (api: Api) =>
  httpHandler(api, routes.cancelOrder, async ({ front, path: { id } }) => {
    const order = await cancel(front, id);
    if (order === undefined) throw unknownOrder(id);
    return { status: 200, body: order };
  });

export const handler = cancelOrder(deployedApi);
