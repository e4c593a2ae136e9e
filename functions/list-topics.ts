import { decodeCursor, encodeCursor } from '../lib/http/cursor.js';
import { httpHandler, type Api } from '../lib/http/handler.js';
import { readHeaders } from '../lib/http/replies.js';
import { routes } from '../lib/http/routes.js';
import { defaultLimit } from '../lib/http/schemas.js';
import { deployedApi } from '../lib/lambda/api.js';
import { listTopics as listTopicsOf } from '../lib/store/lists.js';

export const listTopics = (api: Api) =>
  httpHandler(api, routes.listTopics, async ({ front, query, isCacheSkipped }) => {
    const after = decodeCursor('topics', query.cursor, '');
    const limit = query.limit ?? defaultLimit;
    const page = await listTopicsOf(front, { limit, after, isCacheSkipped });
    return {
      status: 200,
      body: {
        topics: page.topics,
        ...(page.next !== undefined && { next: encodeCursor('topics', page.next) }),
      },
      headers: readHeaders(page),
    };
  });

export const handler = listTopics(deployedApi);
