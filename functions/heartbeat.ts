import { deployedRegion, type RegionHost } from '../lib/lambda/region.js';
import { scheduled } from '../lib/lambda/scheduled.js';
import { beat } from '../lib/tables/heartbeat.js';

export const heartbeatHandler = (region: RegionHost) =>
  scheduled(region, () => beat(region.own(), region.system));

export const handler = heartbeatHandler(deployedRegion);
