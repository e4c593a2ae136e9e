import { httpHandler, type Api } from '../lib/http/handler.js';
import { badInput, unavailable } from '../lib/http/problem.js';
import { etagOf, matchesEtag, readHeaders, showBook, unknownBook } from '../lib/http/replies.js';
import { routes } from '../lib/http/routes.js';
import { deployedApi } from '../lib/lambda/api.js';
import { readBookOfIsbn } from '../lib/store/list-books.js';
import { readBooks } from '../lib/store/read-books.js';

export const infoHandler = (api: Api) =>
  httpHandler(api, routes.info, async ({ front, path, query, headers, isCacheSkipped }) => {
    const asked = oneOf(path.id, query.isbn);
    const reading =
      typeof asked === 'number'
        ? await readBooks(front, [asked], { isCacheSkipped })
        : await readBookOfIsbn(front, asked, { isCacheSkipped });
    const [state] = reading.books.values();
    if (state === undefined) {
      if (reading.isCertain) throw unknownBook(asked);
      throw unavailable(`Whether there is a book ${asked} cannot be known now; try again.`);
    }
    const book = showBook(front, state);
    const etag = etagOf(book);
    const replyHeaders = { ...readHeaders(reading), ETag: etag };
    if (matchesEtag(headers['if-none-match'], etag)) return { status: 304, headers: replyHeaders };
    return { status: 200, body: book, headers: replyHeaders };
  });

function oneOf(id: number | undefined, isbn: string | undefined): number | string {
  const asked = id ?? isbn;
  if (asked !== undefined && (id === undefined || isbn === undefined)) return asked;
  const detail = asked === undefined ? 'is missing' : 'is of no use beside an id';
  throw badInput([{ pointer: '#/isbn', in: 'query', detail }]);
}

export const handler = infoHandler(deployedApi);
