import { tidyTopic } from '../lib/catalog/topic.js';
import { decodeCursor, encodeCursor } from '../lib/http/cursor.js';
import { httpHandler, type Api } from '../lib/http/handler.js';
import { badInput } from '../lib/http/problem.js';
import { readHeaders, showBook } from '../lib/http/replies.js';
import { routes } from '../lib/http/routes.js';
import { defaultLimit } from '../lib/http/schemas.js';
import { deployedApi } from '../lib/lambda/api.js';
import { searchByTopic } from '../lib/store/lists.js';

export const search = (api: Api) =>
  httpHandler(api, routes.search, async ({ front, path, query, isCacheSkipped }) => {
    const topic = path.topic ?? query.topic;
    if (topic === undefined) {
      throw badInput([{ pointer: '#/topic', in: 'query', detail: 'is missing' }]);
    }
    const after = decodeCursor('topic', query.cursor, '0');
    const limit = query.limit ?? defaultLimit;
    const page = await searchByTopic(front, topic, { limit, after, isCacheSkipped });
    return {
      status: 200,
      body: {
        topic: tidyTopic(topic),
        books: page.books.map((book) => showBook(front, book)),
        ...(page.next !== undefined && { next: encodeCursor('topic', page.next) }),
      },
      headers: readHeaders(page),
    };
  });

export const handler = search(deployedApi);
