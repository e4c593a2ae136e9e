import { fileURLToPath } from 'node:url';
import { pipeline, type ApiHost } from '../lib/http/handler.js';
import { answerPage, openSite, type Site } from '../lib/http/site.js';
import { deployedApiHost } from '../lib/lambda/api-host.js';

/** Serves the shop and the control room: documents, and the files that they load. */
export const webHandler = (host: ApiHost, site: Site) =>
  pipeline(host, (event) => Promise.resolve(answerPage(site, event)));

export const handler = webHandler(
  deployedApiHost,
  openSite(fileURLToPath(new URL('../site', import.meta.url))),
);
