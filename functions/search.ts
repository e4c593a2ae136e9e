import { hashOfBody } from '../lib/rules/keys.js';
import { topicKey } from '../lib/rules/topic.js';
import { nextPage, pageAsked } from '../lib/http/cursor.js';
import { httpHandler, type Api } from '../lib/http/handler.js';
import { badInput } from '../lib/http/problem.js';
import { readHeaders, showBook } from '../lib/http/replies.js';
import { routes } from '../lib/http/routes.js';
import { deployedApi } from '../lib/lambda/api.js';
import { searchByTopic, type BookPage } from '../lib/store/list-books.js';
import { searchByWords, type WordSearch } from '../lib/store/search-words.js';

export const searchHandler = (api: Api) =>
  httpHandler(api, routes.search, async ({ front, path, query, isCacheSkipped }) => {
    const topic = topicOf(path.topic, query.topic);
    const { q } = query;
    if (q === undefined && topic === undefined) {
      throw badInput([{ pointer: '#/topic', in: 'query', detail: 'is missing, and so is q' }]);
    }
    const [kind, filter] =
      q === undefined
        ? (['topic', topicKey(topic ?? '')] as const)
        : (['words', fingerprint({ words: q, topic })] as const);
    const asked = { ...pageAsked(kind, query, filter), isCacheSkipped };
    const page: BookPage =
      q === undefined
        ? await searchByTopic(front, topic ?? '', asked)
        : await searchByWords(front, { words: q, topic }, asked);
    return {
      status: 200,
      body: {
        ...(q !== undefined && { q }),
        ...(topic !== undefined && { topic }),
        books: page.books.map((book) => showBook(front, book)),
        ...nextPage(kind, page, filter),
      },
      headers: readHeaders(page),
    };
  });

/** Of a search, in place of its words, which may be longer than a cursor. */
const fingerprint = ({ words, topic }: WordSearch): string =>
  hashOfBody([words, topic === undefined ? null : topicKey(topic)]);

function topicOf(inPath: string | undefined, inQuery: string | undefined): string | undefined {
  if (inPath === undefined || inQuery === undefined) return inPath ?? inQuery;
  throw badInput([{ pointer: '#/topic', in: 'query', detail: 'is in the path already' }]);
}

export const handler = searchHandler(deployedApi);
