import { httpHandler, type Api } from '../lib/http/handler.js';
import { routes } from '../lib/http/routes.js';
import { withoutUndefined } from '../lib/http/without-undefined.js';
import { deployedApi } from '../lib/lambda/api.js';
import { deployedSecrets } from '../lib/lambda/secrets.js';
import type { Secrets } from '../lib/store/front-end.js';
import { importBooks } from '../lib/store/import-books.js';

export const importBooksHandler = (api: Api, secrets: Pick<Secrets, 'adminToken'>) =>
  httpHandler({ ...api, secrets }, routes['import-books'], async ({ front, body: { books } }) => {
    const outcomes = await importBooks(front, books.map(withoutUndefined));
    const results = books.map(({ id }, place) => ({ id, outcome: outcomes[place] }));
    return { status: 200, body: { results } };
  });

export const handler = importBooksHandler(deployedApi, deployedSecrets);
