import type { Api } from '../lib/http/handler.js';
import { deployedApi } from '../lib/lambda/api.js';
import { queueConsumer } from '../lib/lambda/queue-consumer.js';
import { invalidate as joinIntoCache } from '../lib/replication/invalidate.js';

export const invalidate = (api: Api) =>
  queueConsumer(api, (batch) => joinIntoCache(api.front(), batch));

export const handler = invalidate(deployedApi);
