import { fileURLToPath } from 'node:url';
import { pipeline, type ApiHost } from '../lib/http/handler.js';
import { Problem } from '../lib/http/problem.js';
import { methodsAt } from '../lib/http/routes.js';
import { answerUnknownPage, openPages, wantsPage, type Pages } from '../lib/http/pages.js';
import { deployedApiHost } from '../lib/lambda/api-host.js';

/** Answers whatever no other function does: preflights, unknown routes, wrong methods. */
export const fallbackHandler = (host: ApiHost, pages: Pages) =>
  // A custom domain's base path stands in `path`, and not in `resource` (design Q5).
  pipeline(host, async (event) => {
    const { httpMethod, path, resource } = event;
    const methods = methodsAt(resource);
    if (methods.length === 0) {
      if (wantsPage(event)) return answerUnknownPage(pages, event);
      throw new Problem('unknown-route', `There is nothing at ${path}.`);
    }
    const allow = [...methods, 'OPTIONS'].join(', ');
    if (httpMethod === 'OPTIONS') return { statusCode: 204, headers: { Allow: allow }, body: '' };
    throw new Problem('wrong-method', `${path} takes ${allow}.`, { headers: { Allow: allow } });
  });

export const handler = fallbackHandler(
  deployedApiHost,
  openPages(fileURLToPath(new URL('../pages', import.meta.url))),
);
