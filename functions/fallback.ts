import { pipeline, type Api } from '../lib/http/handler.js';
import { Problem } from '../lib/http/problem.js';
import { methodsOf } from '../lib/http/routes.js';
import { deployedApi } from '../lib/lambda/api.js';

/** Answers whatever no other function does: preflights, unknown routes, wrong methods. */
export const fallback = (api: Api) =>
  pipeline(api, async ({ httpMethod, path }) => {
    const methods = methodsOf(path);
    if (methods.length === 0) throw new Problem('unknown-route', `There is nothing at ${path}.`);
    const allow = [...methods, 'OPTIONS'].join(', ');
    if (httpMethod === 'OPTIONS') return { statusCode: 204, headers: { Allow: allow }, body: '' };
    throw new Problem('wrong-method', `${path} takes ${allow}.`, { headers: { Allow: allow } });
  });

export const handler = fallback(deployedApi);
