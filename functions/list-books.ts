import { decodeCursor, encodeCursor } from '../lib/http/cursor.js';
import { httpHandler, type Api } from '../lib/http/handler.js';
import { readHeaders, showBook } from '../lib/http/replies.js';
import { routes } from '../lib/http/routes.js';
import { defaultLimit } from '../lib/http/schemas.js';
import { deployedApi } from '../lib/lambda/api.js';
import { listBooks as listBooksOf } from '../lib/store/lists.js';

export const listBooks = (api: Api) =>
  httpHandler(api, routes.listBooks, async ({ front, query, isCacheSkipped }) => {
    const after = decodeCursor('shelf', query.cursor, '');
    const limit = query.limit ?? defaultLimit;
    const page = await listBooksOf(front, { limit, after, isCacheSkipped });
    return {
      status: 200,
      body: {
        books: page.books.map((book) => showBook(front, book)),
        ...(page.next !== undefined && { next: encodeCursor('shelf', page.next) }),
      },
      headers: readHeaders(page),
    };
  });

export const handler = listBooks(deployedApi);
