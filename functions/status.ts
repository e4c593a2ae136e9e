import { httpHandler, type Api } from '../lib/http/handler.js';
import { routes } from '../lib/http/routes.js';
import { deployedApi } from '../lib/lambda/api.js';
import { deployedControlRoom, type ControlRoom } from '../lib/lambda/control-room.js';
import { deployedSecrets } from '../lib/lambda/secrets.js';
import { checkStatus } from '../lib/store/status.js';
import type { Secrets } from '../lib/store/front-end.js';

export const statusHandler = (api: Api, secrets: Secrets, { askQueue, labUrl }: ControlRoom) =>
  httpHandler({ ...api, secrets }, routes.status, async ({ front }) => {
    const status = await checkStatus(front, askQueue);
    return { status: 200, body: { ...status, lab: labUrl() } };
  });

export const handler = statusHandler(deployedApi, deployedSecrets, deployedControlRoom);
