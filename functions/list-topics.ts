import { nextPage, pageAsked } from '../lib/http/cursor.js';
import { httpHandler, type Api } from '../lib/http/handler.js';
import { readHeaders } from '../lib/http/replies.js';
import { routes } from '../lib/http/routes.js';
import { deployedApi } from '../lib/lambda/api.js';
import { listTopics } from '../lib/store/list-books.js';

export const listTopicsHandler = (api: Api) =>
  httpHandler(api, routes['list-topics'], async ({ front, query, isCacheSkipped }) => {
    const page = await listTopics(front, { ...pageAsked('topics', query), isCacheSkipped });
    return {
      status: 200,
      body: { topics: page.topics, ...nextPage('topics', page) },
      headers: readHeaders(page),
    };
  });

export const handler = listTopicsHandler(deployedApi);
