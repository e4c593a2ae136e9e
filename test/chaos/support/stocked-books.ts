import { expect } from '@jest/globals';
import { freshKey, type Client } from '../../http/support/client.js';
import { eventually } from '../../../tools/eventually.js';

let lastId = 10_000;

/** Creates books of a topic, known in both replicas, each with half of its copies in either. */
export async function stockBooks(
  client: Client,
  { count, stock, topic }: { count: number; stock: number; topic: string },
): Promise<number[]> {
  const ids: number[] = [];
  for (let index = 0; index < count; index += 1) {
    lastId += 1;
    await client.createBook({ id: lastId, topic, stock, title: `Book ${freshKey()}` });
    ids.push(lastId);
  }
  await eventually(async () => {
    for (const id of ids) {
      for (const replica of await client.replicas(id)) {
        expect(replica).toMatchObject({ reachable: true, stock, rights: stock / 2 });
      }
    }
  });
  return ids;
}
