import type { Api } from '../lib/http/handler.js';
import { deployedApi } from '../lib/lambda/api.js';
import { queueConsumer } from '../lib/lambda/queue-consumer.js';
import { invalidate } from '../lib/replication/invalidate.js';

export const invalidateHandler = (api: Api) =>
  queueConsumer(api, (batch) => invalidate(api.front(), batch));

export const handler = invalidateHandler(deployedApi);
