import { httpHandler, type Api } from '../lib/http/handler.js';
import { changedBook } from '../lib/http/replies.js';
import { routes } from '../lib/http/routes.js';
import { withoutUndefined } from '../lib/http/without-undefined.js';
import { deployedApi } from '../lib/lambda/api.js';
import { deployedSecrets } from '../lib/lambda/secrets.js';
import { createBook } from '../lib/store/manage-books.js';
import type { Secrets } from '../lib/store/front-end.js';

export const createBookHandler = (api: Api, secrets: Secrets) =>
  httpHandler(
    { ...api, secrets },
    routes['create-book'],
    async ({ front, body, idempotencyKey }) => {
      const outcome = await createBook(front, secrets, withoutUndefined(body), idempotencyKey);
      return {
        status: 201,
        body: changedBook(front, body.id, outcome),
        location: `info/${body.id}`,
      };
    },
  );

export const handler = createBookHandler(deployedApi, deployedSecrets);
