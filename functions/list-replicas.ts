import { httpHandler, type Api } from '../lib/http/handler.js';
import { unknownBook } from '../lib/http/replies.js';
import { routes } from '../lib/http/routes.js';
import { deployedApi } from '../lib/lambda/api.js';
import { deployedSecrets } from '../lib/lambda/secrets.js';
import type { Secrets } from '../lib/store/front-end.js';
import { listReplicas } from '../lib/store/inspect.js';

export const listReplicasHandler = (api: Api, secrets: Secrets) =>
  httpHandler({ ...api, secrets }, routes['list-replicas'], async ({ front, path: { id } }) => {
    const reports = await listReplicas(front, id);
    if (reports.every(({ reachable, book }) => reachable && book === undefined)) {
      throw unknownBook(id);
    }
    const replicas = reports.map(({ book, ...replica }) => ({ ...replica, ...book }));
    return { status: 200, body: { replicas } };
  });

export const handler = listReplicasHandler(deployedApi, deployedSecrets);
