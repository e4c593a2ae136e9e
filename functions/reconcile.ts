import { onceForEach } from '../lib/concurrency.js';
import { deployedRegion, type RegionHost } from '../lib/lambda/region.js';
import { scheduled } from '../lib/lambda/scheduled.js';
import { sweepWords } from '../lib/replication/index-words.js';
import { reconcile } from '../lib/replication/reconcile.js';
import type { Site } from '../lib/rules/sites.js';

/** Left over to save the cursor, and to end, before the function is stopped. */
const reserveMs = 5_000;

export const reconcileHandler = (region: RegionHost) => {
  const comparedWith = onceForEach((_site: Site) => new Map<string, number>());
  return scheduled(region, async (context) => {
    const failures: unknown[] = [];
    const own = region.own();
    const hasTime = () => context.getRemainingTimeInMillis() > reserveMs;
    for (const other of region.others()) {
      try {
        await reconcile({ ...region, own, other, compared: comparedWith(other.site), hasTime });
      } catch (error) {
        // The other regions are still to be joined.
        failures.push(error);
      }
    }
    try {
      if (hasTime()) await sweepWords({ ...region, own }, hasTime);
    } catch (error) {
      failures.push(error);
    }
    if (failures.length > 0) throw new AggregateError(failures, 'a region was not reconciled');
  });
};

export const handler = reconcileHandler(deployedRegion);
