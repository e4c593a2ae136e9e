import { httpHandler, type Api } from '../lib/http/handler.js';
import { changedBook, soldOut } from '../lib/http/replies.js';
import { routes } from '../lib/http/routes.js';
import { deployedApi } from '../lib/lambda/api.js';
import { deployedSecrets } from '../lib/lambda/secrets.js';
import type { Secrets } from '../lib/store/front-end.js';
import { writeOffBook } from '../lib/store/write-off.js';

export const writeOffBookHandler = (api: Api, secrets: Secrets) =>
  httpHandler(
    { ...api, secrets },
    routes['write-off-book'],
    async ({ front, path: { id }, body, idempotencyKey }) => {
      const outcome = await writeOffBook(front, secrets, { bookId: id, ...body }, idempotencyKey);
      if (outcome.kind === 'sold-out')
        throw soldOut([{ bookId: id, available: outcome.available }]);
      return { status: 200, body: changedBook(front, id, outcome) };
    },
  );

export const handler = writeOffBookHandler(deployedApi, deployedSecrets);
