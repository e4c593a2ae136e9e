import { fileURLToPath } from 'node:url';
import { pipeline, type ApiHost } from '../lib/http/handler.js';
import { answerPage, openPages, type Pages } from '../lib/http/pages.js';
import { deployedApiHost } from '../lib/lambda/api-host.js';
import { deployedLabUrl } from '../lib/lambda/lab-url.js';

/** Serves the shop and the control room: documents, and the files that they load. */
export const webHandler = (host: ApiHost, pages: Pages, labUrl?: () => string | undefined) =>
  pipeline(host, (event) => Promise.resolve(answerPage(pages, event, labUrl?.())));

export const handler = webHandler(
  deployedApiHost,
  openPages(fileURLToPath(new URL('../pages', import.meta.url))),
  deployedLabUrl,
);
