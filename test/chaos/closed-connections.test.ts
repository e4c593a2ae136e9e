/**
 * Connections that the store keeps to its databases turn out to be closed when they are used again,
 * as after a pause, or where a function was frozen meanwhile: no client learns of it.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { searchPageSchema } from '../../lib/http/schemas.js';
import { as, asBook, asOrder, clientOf, freshKey, type Client } from '../http/support/client.js';
import { freshIds } from '../http/support/store-under-test.js';
import { openArena, type Arena } from '../support/stages/arena.js';
import { eventually } from '../../tools/eventually.js';

let arena: Arena;
let client: Client;

beforeAll(async () => {
  arena = await openArena();
  client = clientOf(arena.store);
});

afterAll(() => arena.close());

const info = async (id: number) => asBook(await client.send(`/info/${id}`));
const search = async (topic: string): Promise<number[]> => {
  const page = as(searchPageSchema, await client.send(`/search?topic=${topic}`));
  return page.books.map((book) => book.id);
};

const freshId = freshIds();

/** Changes everything that can be changed, each time after `disturb`, and sees it at once. */
async function useStore(disturb: () => void): Promise<void> {
  const id = freshId();
  const [topic, other] = [freshKey(), freshKey()];
  expect([await search(topic), await search(other)]).toEqual([[], []]);

  disturb();
  await client.createBook({ id, topic, stock: 4 });
  expect(await search(topic)).toEqual([id]);

  disturb();
  const restock = { method: 'POST', body: { quantity: 6 } };
  expect(asBook(await client.admin(`/books/${id}/restock`, restock)).stock).toBe(10);
  expect((await info(id)).stock).toBe(10);

  disturb();
  const change = { method: 'PATCH', body: { topic: other } };
  expect(asBook(await client.admin(`/books/${id}`, change)).topic).toBe(other);
  expect([await search(topic), await search(other)]).toEqual([[], [id]]);

  disturb();
  const order = asOrder(await client.buy(id, { quantity: 3 }), 201);
  expect((await info(id)).stock).toBe(7);

  disturb();
  const cancelled = asOrder(await client.send(`/orders/${order.id}/cancel`, { method: 'POST' }));
  expect(cancelled.status).toBe('cancelled');
  expect((await info(id)).stock).toBe(10);

  disturb();
  expect((await info(id)).stock).toBe(10);
  disturb();
  expect(await search(other)).toEqual([id]);

  disturb();
  const buyers = Array.from({ length: 8 }, () => client.buy(id));
  for (const answer of await Promise.all(buyers)) asOrder(answer, 201);
  expect((await info(id)).stock).toBe(2);
  await eventually(async () => {
    for (const replica of await client.replicas(id)) {
      expect(replica).toMatchObject({ reachable: true, stock: 2 });
    }
  });
}

test.each(['request lost', 'answer lost'] as const)('G5: %s', async (fate) => {
  // So that every function has connections to be closed.
  await useStore(() => undefined);
  await useStore(() => {
    for (const path of arena.paths.values()) path.closeAtNextUse(fate);
  });
});
