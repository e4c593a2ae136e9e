/**
 * G8: that permissions are enforced at all, so that a store that works with them shows that each
 * function has what it needs, and the list of them (docs/operations.md) that it has no more.
 */
import { beforeAll, expect, test } from '@jest/globals';
import { frontEndUrls } from '../../../deploy/store/deployment.js';
import { emulatedStore } from '../../../localstack/store.js';
import {
  asBook,
  asOrder,
  asProblem,
  clientOf,
  freshKey,
  type Client,
} from '../../http/support/client.js';
import { expectLeft } from '../../http/support/purchases.js';
import { freshIds } from '../../http/support/store-under-test.js';
import { tokenVariable } from '../../../client/deployed-store.js';
import { eventually } from '../../../tools/eventually.js';
import { findFunction, logOf, regions } from '../support/deployed-functions.js';
import { withoutPermission, withoutSenders } from '../support/policies.js';

const { stage, fronts } = emulatedStore;
const freshId = freshIds();
let clients: Client[];

beforeAll(async () => {
  const adminToken = process.env[tokenVariable] ?? '';
  const urls = await frontEndUrls(stage, fronts);
  clients = urls.map((url) => clientOf({ url, adminToken }));
});

test('buy sells nothing without the permission to update the catalogue, and does again with it', async () => {
  const [client] = clients as [Client];
  const bookId = freshId();
  await client.createBook({ id: bookId, stock: 10 });
  const buy = await findFunction(fronts[0] ?? '', 'buy');
  const sinceMs = Date.now();
  const key = freshKey();

  await withoutPermission(buy, 'dynamodb:UpdateItem', '-catalog-', async () => {
    asProblem(await client.buy(bookId, {}, key), 500, 'internal');
    await eventually(async () => {
      const lines = await logOf(buy, sinceMs);
      expect(lines.filter((line) => isDenial(line, 'dynamodb:UpdateItem'))).not.toEqual([]);
    });
  });

  await expectLeft(client, bookId, 10);
  asOrder(await client.buy(bookId, {}, key), 201);
  await expectLeft(client, bookId, 9);
});

const isDenial = (line: string, action: string): boolean =>
  line.includes('AccessDeniedException') && line.includes(`not authorized to perform: ${action}`);

test("a region hears nothing of the other's topic without its queue's policy, and does again with it", async () => {
  const [client, other] = clients as [Client, Client];
  const bookId = freshId();
  await client.createBook({ id: bookId, price: 1 });
  await expectLeft(client, bookId, 10);
  const change = async (price: number) =>
    asBook(await client.admin(`/books/${bookId}`, { method: 'PATCH', body: { price } }));
  const prices = async () => (await client.replicas(bookId)).map((replica) => replica.price);

  await withoutSenders(regions, `bazar-${stage}-replicate`, () =>
    // Reconcile may be faster, once a minute.
    eventually(async () => {
      const price = Date.now() % 1_000_000;
      await change(price);
      // The other front end's queue has its policy: when it was told, the region was not.
      await eventually(async () => {
        const answer = await other.send(`/info/${bookId}`);
        expect(asBook(answer).price).toBe(price);
      });
      expect((await prices()).filter((known) => known === price)).toHaveLength(1);
    }),
  );

  await change(2);
  await eventually(async () => expect(await prices()).toEqual(regions.map(() => 2)));
});
