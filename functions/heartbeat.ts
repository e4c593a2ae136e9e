import { deployedRegion, type RegionHost } from '../lib/lambda/region.js';
import { scheduled } from '../lib/lambda/scheduled.js';
import { beat } from '../lib/replication/heartbeat.js';

export const heartbeat = (region: RegionHost) =>
  scheduled(region, () => beat(region.own(), region.system));

export const handler = heartbeat(deployedRegion);
