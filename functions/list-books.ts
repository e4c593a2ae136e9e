import { nextPage, pageAsked } from '../lib/http/cursor.js';
import { httpHandler, type Api } from '../lib/http/handler.js';
import { readHeaders, showBook } from '../lib/http/replies.js';
import { routes } from '../lib/http/routes.js';
import { deployedApi } from '../lib/lambda/api.js';
import { listBooks } from '../lib/store/list-books.js';

export const listBooksHandler = (api: Api) =>
  httpHandler(api, routes['list-books'], async ({ front, query, isCacheSkipped }) => {
    const page = await listBooks(front, { ...pageAsked('shelf', query), isCacheSkipped });
    return {
      status: 200,
      body: {
        books: page.books.map((book) => showBook(front, book)),
        ...nextPage('shelf', page),
      },
      headers: readHeaders(page),
    };
  });

export const handler = listBooksHandler(deployedApi);
