import { httpHandler, type Api } from '../lib/http/handler.js';
import { routes } from '../lib/http/routes.js';
import { deployedApi } from '../lib/lambda/api.js';
import { checkHealth } from '../lib/store/inspect.js';

export const healthHandler = (api: Api) =>
  httpHandler(api, routes.health, async ({ front }) => {
    const report = await checkHealth(front);
    return { status: report.status === 'down' ? 503 : 200, body: report };
  });

export const handler = healthHandler(deployedApi);
