/** What one region sells, the other hears of: the way through streams, topics and queues. */
import { expect, test } from '@jest/globals';
import { asBook, asOrder } from '../http/support/client.js';
import { storeForTests, storeUnderTest } from '../http/support/store-under-test.js';
import { eventually } from '../../tools/eventually.js';
import { measureLatency } from './latency.js';

const { store, client } = storeForTests(storeUnderTest);

test("G4: a purchase arrives in every region's tables", async () => {
  const { id, stock } = await client.createBook({ id: store.freshId(), stock: 200 });
  const expectStock = async (expected: number) => {
    for (const replica of await client.replicas(id)) expect(replica.stock).toBe(expected);
  };
  await eventually(() => expectStock(stock));

  await measureLatency(
    "from a purchase's answer to its row in every region",
    40,
    async () => asOrder(await client.buy(id), 201),
    (time) => expectStock(stock - time),
  );
});

test('G4: a change of the catalogue arrives in every region', async () => {
  const book = await client.createBook({ id: store.freshId() });
  const fields = { title: 'Another title', price: 1, topic: `Moved ${book.id}` };
  asBook(await client.admin(`/books/${book.id}`, { method: 'PATCH', body: fields }));
  await eventually(async () => {
    for (const replica of await client.replicas(book.id)) expect(replica).toMatchObject(fields);
  });
});
