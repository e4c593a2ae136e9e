import { queueConsumer } from '../lib/lambda/queue-consumer.js';
import { deployedRegion, type RegionHost } from '../lib/lambda/region.js';
import { replicate } from '../lib/replication/replicate.js';

export const replicateHandler = (region: RegionHost) =>
  queueConsumer(region, (batch) => replicate({ ...region, replica: region.own() }, batch));

export const handler = replicateHandler(deployedRegion);
