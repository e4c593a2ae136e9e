import { httpHandler, type Api } from '../lib/http/handler.js';
import { changedBook } from '../lib/http/replies.js';
import { routes } from '../lib/http/routes.js';
import { deployedApi } from '../lib/lambda/api.js';
import { deployedSecrets } from '../lib/lambda/secrets.js';
import { restockBook } from '../lib/store/manage-books.js';
import type { Secrets } from '../lib/store/front-end.js';

export const restockBookHandler = (api: Api, secrets: Secrets) =>
  httpHandler(
    { ...api, secrets },
    routes['restock-book'],
    async ({ front, path: { id }, body: { quantity }, idempotencyKey }) => {
      const outcome = await restockBook(front, secrets, id, quantity, idempotencyKey);
      return { status: 200, body: changedBook(front, id, outcome) };
    },
  );

export const handler = restockBookHandler(deployedApi, deployedSecrets);
