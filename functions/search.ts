import { topicKey } from '../lib/rules/topic.js';
import { nextPage, pageAsked } from '../lib/http/cursor.js';
import { httpHandler, type Api } from '../lib/http/handler.js';
import { badInput } from '../lib/http/problem.js';
import { readHeaders, showBook } from '../lib/http/replies.js';
import { routes } from '../lib/http/routes.js';
import { deployedApi } from '../lib/lambda/api.js';
import { searchByTopic } from '../lib/store/list-books.js';

export const searchHandler = (api: Api) =>
  httpHandler(api, routes.search, async ({ front, path, query, isCacheSkipped }) => {
    const topic = topicOf(path.topic, query.topic);
    const key = topicKey(topic);
    const asked = { ...pageAsked('topic', query, key), isCacheSkipped };
    const page = await searchByTopic(front, topic, asked);
    return {
      status: 200,
      body: {
        topic,
        books: page.books.map((book) => showBook(front, book)),
        ...nextPage('topic', page, key),
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

export const handler = searchHandler(deployedApi);
