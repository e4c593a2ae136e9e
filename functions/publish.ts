import {
  deployedRegion,
  deployedTopic,
  type ChangesTopic,
  type RegionHost,
} from '../lib/lambda/region.js';
import { streamConsumer } from '../lib/lambda/stream-consumer.js';
import { publishChanges } from '../lib/replication/publish.js';
import { reportLeft } from '../lib/telemetry.js';

export const publishHandler = (region: RegionHost, topic: () => ChangesTopic) =>
  streamConsumer(region, async (changes) => {
    const { sns, arn } = topic();
    const left = await publishChanges(sns, arn, region.own(), changes);
    for (const record of left) {
      reportLeft(region.telemetry, 'a change was not published', { ...record });
    }
  });

export const handler = publishHandler(deployedRegion, deployedTopic);
