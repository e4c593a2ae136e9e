import { queueConsumer } from '../lib/lambda/queue-consumer.js';
import { deployedRegion, type RegionHost } from '../lib/lambda/region.js';
import { replicate as take } from '../lib/replication/replicate.js';

export const replicate = (region: RegionHost) =>
  queueConsumer(region, (batch) => take({ ...region, replica: region.own() }, batch));

export const handler = replicate(deployedRegion);
