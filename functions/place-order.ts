import { httpHandler, type Api } from '../lib/http/handler.js';
import { orderReply } from '../lib/http/replies.js';
import { routes } from '../lib/http/routes.js';
import { deployedApi } from '../lib/lambda/api.js';
import { deployedSecrets } from '../lib/lambda/secrets.js';
import { buy } from '../lib/store/buy.js';
import type { Secrets } from '../lib/store/front-end.js';

export const placeOrderHandler = (api: Api, secrets: Secrets) =>
  httpHandler(api, routes['place-order'], async ({ front, body, idempotencyKey }) =>
    orderReply(await buy(front, secrets, { items: body.items, key: idempotencyKey })),
  );

export const handler = placeOrderHandler(deployedApi, deployedSecrets);
