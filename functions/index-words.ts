import { deployedRegion, type RegionHost } from '../lib/lambda/region.js';
import { streamConsumer } from '../lib/lambda/stream-consumer.js';
import { indexBooks } from '../lib/replication/index-words.js';

export const indexWordsHandler = (region: RegionHost) =>
  streamConsumer(region, async (changes) => {
    const bookIds = changes.map(({ after }) => Number(after?.['bookId'] ?? Number.NaN));
    await indexBooks({ ...region, own: region.own() }, bookIds.filter(Number.isInteger));
  });

export const handler = indexWordsHandler(deployedRegion);
