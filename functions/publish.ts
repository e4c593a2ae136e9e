import {
  deployedRegion,
  deployedTopic,
  type ChangesTopic,
  type RegionHost,
} from '../lib/lambda/region.js';
import { streamConsumer } from '../lib/lambda/stream-consumer.js';
import { publishChanges } from '../lib/replication/publish.js';

export const publish = (region: RegionHost, topic: () => ChangesTopic) =>
  streamConsumer(region, async (changes) => {
    const { sns, arn } = topic();
    await publishChanges(sns, arn, region.own().region, changes);
  });

export const handler = publish(deployedRegion, deployedTopic);
