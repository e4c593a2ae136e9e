import { httpHandler, type Api } from '../lib/http/handler.js';
import { changedBook } from '../lib/http/replies.js';
import { routes } from '../lib/http/routes.js';
import { deployedApi } from '../lib/lambda/api.js';
import { deployedSecrets } from '../lib/lambda/secrets.js';
import { withoutUndefined } from '../lib/http/without-undefined.js';
import { updateBook } from '../lib/store/manage-books.js';
import type { Secrets } from '../lib/store/front-end.js';

export const updateBookHandler = (api: Api, secrets: Secrets) =>
  httpHandler({ ...api, secrets }, routes['update-book'], async ({ front, path: { id }, body }) => {
    const outcome = await updateBook(front, id, withoutUndefined(body));
    return { status: 200, body: changedBook(front, id, outcome) };
  });

export const handler = updateBookHandler(deployedApi, deployedSecrets);
