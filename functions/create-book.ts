import { httpHandler, type Api } from '../lib/http/handler.js';
import { changedBook } from '../lib/http/replies.js';
import { routes } from '../lib/http/routes.js';
import { deployedApi } from '../lib/lambda/api.js';
import { deployedSecrets } from '../lib/lambda/secrets.js';
import { createBook as create } from '../lib/store/catalogue.js';
import type { Secrets } from '../lib/store/front-end.js';

export const createBook = (api: Api, secrets: Secrets) =>
  httpHandler(
    api,
    routes.createBook,
    async ({ front, body, idempotencyKey }) => {
      const outcome = await create(front, secrets, body, idempotencyKey);
      return {
        status: 201,
        body: changedBook(front, body.id, outcome),
        location: `info/${body.id}`,
      };
    },
    { secrets },
  );

export const handler = createBook(deployedApi, deployedSecrets);
