import { loadConfig } from '../config.js';
import type { ApiHost } from '../http/handler.js';
import { powertoolsHost } from './powertools-host.js';

/** What every function of the API runs in as it is deployed; apart from the front end, for its size. */
export const deployedApiHost: ApiHost = {
  ...powertoolsHost(),
  corsOrigins: () => loadConfig(process.env).CORS_ORIGINS,
};
