import { topicKey } from '../lib/catalog/topic.js';
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
    const topic = topicOf(path.topic, query.topic);
    const after = decodeCursor('topic', query.cursor, '0', topicKey(topic));
    const limit = query.limit ?? defaultLimit;
    const page = await searchByTopic(front, topic, { limit, after, isCacheSkipped });
    return {
      status: 200,
      body: {
        topic,
        books: page.books.map((book) => showBook(front, book)),
        ...(page.next !== undefined && { next: encodeCursor('topic', page.next, topicKey(topic)) }),
      },
      headers: readHeaders(page),
    };
  });

function topicOf(inPath: string | undefined, inQuery: string | undefined): string {
  const topic = inPath ?? inQuery;
  if (topic !== undefined && (inPath === undefined || inQuery === undefined)) return topic;
  const detail = topic === undefined ? 'is missing' : 'is in the path already';
  throw badInput([{ pointer: '#/topic', in: 'query', detail }]);
}

export const handler = search(deployedApi);
