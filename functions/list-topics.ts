import { httpHandler, type Api } from '../lib/http/handler.js';
import { readHeaders } from '../lib/http/replies.js';
import { routes } from '../lib/http/routes.js';
import { deployedApi } from '../lib/lambda/api.js';
import { listTopics as listTopicsOf } from '../lib/store/lists.js';

export const listTopics = (api: Api) =>
  httpHandler(api, routes.listTopics, async ({ front, isCacheSkipped }) => {
    const list = await listTopicsOf(front, { isCacheSkipped });
    return { status: 200, body: { topics: list.topics }, headers: readHeaders(list) };
  });

export const handler = listTopics(deployedApi);
