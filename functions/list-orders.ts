import { decodeCursor, encodeCursor } from '../lib/http/cursor.js';
import { httpHandler, type Api } from '../lib/http/handler.js';
import { routes } from '../lib/http/routes.js';
import { defaultLimit } from '../lib/http/schemas.js';
import { deployedApi } from '../lib/lambda/api.js';
import { deployedSecrets } from '../lib/lambda/secrets.js';
import type { Secrets } from '../lib/store/front-end.js';
import { listOrders as listOrdersOf } from '../lib/store/orders.js';

export const listOrders = (api: Api, secrets: Secrets) =>
  httpHandler(
    api,
    routes.listOrders,
    async ({ front, query }) => {
      const after = decodeCursor('log', query.cursor, '');
      const page = await listOrdersOf(front, { limit: query.limit ?? defaultLimit, after });
      return {
        status: 200,
        body: {
          orders: page.orders,
          ...(page.next !== undefined && { next: encodeCursor('log', page.next) }),
        },
      };
    },
    { secrets },
  );

export const handler = listOrders(deployedApi, deployedSecrets);
