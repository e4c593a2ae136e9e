import { httpHandler, type Api } from '../lib/http/handler.js';
import { unavailable } from '../lib/http/problem.js';
import { etagOf, matchesEtag, readHeaders, showBook, unknownBook } from '../lib/http/replies.js';
import { routes } from '../lib/http/routes.js';
import { deployedApi } from '../lib/lambda/api.js';
import { readBooks } from '../lib/store/read-books.js';

export const infoHandler = (api: Api) =>
  httpHandler(api, routes.info, async ({ front, path: { id }, headers, isCacheSkipped }) => {
    const reading = await readBooks(front, [id], { isCacheSkipped });
    const state = reading.books.get(id);
    if (state === undefined) {
      if (reading.isCertain) throw unknownBook(id);
      throw unavailable(`Whether there is a book ${id} cannot be known now; try again.`);
    }
    const book = showBook(front, state);
    const etag = etagOf(book);
    const replyHeaders = { ...readHeaders(reading), ETag: etag };
    if (matchesEtag(headers['if-none-match'], etag)) return { status: 304, headers: replyHeaders };
    return { status: 200, body: book, headers: replyHeaders };
  });

export const handler = infoHandler(deployedApi);
