import { describe, expect, test } from '@jest/globals';
import type { PublishBatchCommand } from '@aws-sdk/client-sns';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { publishHandler } from '../../../functions/publish.js';
import { beat } from '../../../lib/tables/heartbeat.js';
import { parseMessage } from '../../../lib/replication/messages.js';
import { coalesce, type TableChange } from '../../../lib/replication/publish.js';
import { reconcile } from '../../../lib/replication/reconcile.js';
import type { Region } from '../../../lib/rules/sites.js';
import { restockBook, updateBook } from '../../../lib/store/manage-books.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { realSystem } from '../../../lib/system.js';
import { silentTelemetry } from '../../../lib/telemetry.js';
import { outage } from '../../support/faults/barrier.js';
import { idsOfTopic, shown } from '../../support/books/books.js';
import { order } from '../../support/books/buyers.js';
import { makeClock } from '../../support/faults/clock.js';
import { hostIn, testSecrets } from '../../support/tables/front-ends.js';
import { eu, us } from '../../support/tables/neighbours.js';
import { announce, deliver, publishedOf } from '../../support/tables/post.js';
import { openStage } from '../../support/stages/open.js';

const stage = await openStage();

const sellerIn = (region: Region): Promise<FrontEnd> =>
  stage.freshFront({ region, routing: { sales: 'nearest' } });

/** What there is to tell of these changes. */
function typesOf(changes: readonly TableChange[], region: Region): string[] {
  const { outgoing, orders } = coalesce(changes, region);
  return [...outgoing.map(({ message }) => message.type), ...orders.map(() => 'order')];
}

/** A sale in `eu`, and behind it in the same stream a merge of what `us` told. */
async function saleBeforeMerge(): Promise<{ id: number; changes: TableChange[] }> {
  const id = await stage.bookEverywhere(us, { stock: 20 });
  await updateBook(stage.front(), id, { title: 'Anew' });
  const told = await stage.post.collect(us);
  await order(await sellerIn(eu), id, { quantity: 3 });
  await deliver(told, stage.post.replica(eu));
  return { id, changes: await stage.post.changes(eu) };
}

describe('G4: changes of one book in one batch', () => {
  test('are one message, of the newest state', async () => {
    const id = await stage.bookEverywhere(us, { stock: 20 });
    for (const _sale of [1, 2, 3]) await order(await sellerIn(us), id);
    const changes = await stage.post.changes(us);

    const letters = await publishedOf(stage.post.replica(us), changes);

    expect(changes.length).toBeGreaterThan(3);
    expect(letters.map(({ body }) => JSON.parse(body))).toMatchObject([
      {
        books: [{ book: { id, ledger: { [`${us}#1`]: { sold: 3 } } } }],
        orders: [{}, {}, {}],
      },
    ]);
  });

  test('of which the newest is a merge are told, for a sale was before it', async () => {
    const { id, changes } = await saleBeforeMerge();
    const ofTheBook = changes.filter(({ after }) => after?.['id'] === String(id));
    expect(typesOf(ofTheBook.slice(-1), eu)).toEqual([]);

    const letters = await publishedOf(stage.post.replica(eu), changes);
    await deliver(letters, stage.post.replica(us));

    expect(typesOf(changes, eu)).toEqual(['order']);
    const here = await stage.post.replica(us).catalog.get(id);
    expect(here?.state.ledger[`${eu}#1`]).toMatchObject({ sold: 3 });
  });

  test('of which the oldest is a merge are told, for a sale is behind it', async () => {
    const id = await stage.bookEverywhere(us, { stock: 20 });
    await updateBook(stage.front(), id, { title: 'Anew' });
    await deliver(await stage.post.collect(us), stage.post.replica(eu));
    await order(await sellerIn(eu), id);

    const changes = await stage.post.changes(eu);

    expect(typesOf(changes, eu)).toEqual(['order']);
  });

  test('which are all merges are told to nobody: who decided them told everyone', async () => {
    const id = await stage.bookEverywhere(us, { stock: 20 });
    await order(await sellerIn(us), id);
    await deliver(await stage.post.collect(us), stage.post.replica(eu));

    const changes = await stage.post.changes(eu);

    expect(typesOf(changes, eu)).toEqual([]);
  });

  test('carry every topic that the book left, so that no page of them lives on', async () => {
    const id = await stage.bookEverywhere(us);
    const front = await stage.freshFront();
    const topics = [`topic ${id}`, `second ${id}`, `third ${id}`, `last ${id}`];
    for (const topic of topics) await idsOfTopic(front, topic);
    for (const topic of topics.slice(1)) await updateBook(stage.front(), id, { topic });
    await order(await sellerIn(us), id);

    const changes = await stage.post.changes(us);
    const [message] = coalesce(changes, us).outgoing.map((one) => one.message);
    await announce(await publishedOf(stage.post.replica(us), changes), front);

    expect(message).toMatchObject({
      books: [{ lists: expect.arrayContaining(topics.map((name) => `topic:${name}`)) }],
    });
    for (const topic of topics.slice(0, -1)) expect(await idsOfTopic(front, topic)).toEqual([]);
    expect(await idsOfTopic(front, topics.at(-1) as string)).toEqual([id]);
  });
});

test('G4: a message carries the whole book, as its region knows it', async () => {
  const id = await stage.bookEverywhere(us, { stock: 20 });
  await order(await sellerIn(us), id, { quantity: 2 });
  await deliver(await stage.post.collect(us), stage.post.replica(eu));
  await stage.post.changes(eu);
  await order(await sellerIn(eu), id, { quantity: 3 });

  const letters = await stage.post.collect(eu);

  const [book] = letters
    .filter(({ type }) => type === 'books')
    .map(({ body }) => parseMessage(body));
  expect(book).toMatchObject({
    region: eu,
    books: [
      {
        book: {
          id,
          home: us,
          registers: { title: {}, authors: {}, topic: {}, price: {} },
          ledger: { [`${us}#1`]: { sold: 2 }, [`${eu}#1`]: { sold: 3 } },
        },
      },
    ],
  });
});

test('G4: a message says of itself what subscriptions filter by', async () => {
  const id = await stage.bookEverywhere(us, { stock: 20 });
  await order(await sellerIn(us), id);
  await beat(stage.post.replica(us), realSystem);

  const letters = await stage.post.collect(us);

  const attributes = letters.map(({ type, origin }) => `${type} ${origin}`);
  expect(attributes.sort()).toEqual([`books ${us}`, `heartbeat ${us}`]);
});

test("refusals, cursors and records of keys are nobody else's business", async () => {
  const id = await stage.bookEverywhere(us, { stock: 20 });
  const front = stage.front();
  const home = stage.post.replica(us);
  await home.orders.shut('an order that was refused');
  await restockBook(front, testSecrets, id, 1, `one of ${id}`);
  await reconcile({
    own: home,
    other: stage.post.replica(eu),
    system: realSystem,
    telemetry: silentTelemetry,
    compared: new Map(),
    hasTime: () => true,
  });

  const changes = await stage.post.changes(us);
  const letters = await publishedOf(stage.post.replica(us), changes);

  const changed = changes.map(({ after }) => String(after?.['id']).split(/[#~ ]/)[0]);
  expect(changed).toEqual(expect.arrayContaining(['an', 'key', 'cursor', String(id)]));
  // Whatever was joined of earlier tests is a book or an order.
  const told = letters.map(({ body }) => parseMessage(body));
  expect(told.filter(({ type }) => type === 'heartbeat')).toEqual([]);
  expect(JSON.stringify(told)).not.toMatch(/refused|key~|cursor#/);
  expect(JSON.stringify(told)).toContain(`"id":${id}`);
});

describe('G4: the consumer of a stream', () => {
  const eventOf = (changes: readonly TableChange[]): DynamoDBStreamEvent =>
    ({
      Records: changes.map(({ before, after }) => ({
        dynamodb: {
          ...(before && { OldImage: marshall(before) }),
          ...(after && { NewImage: marshall(after) }),
        },
      })),
    }) as DynamoDBStreamEvent;

  const host = hostIn(us, stage.post.replicas);
  const context = {} as never;

  /** A topic that reports the failure of these places of each batch. */
  function topicFailing(...places: number[]) {
    const batches: number[] = [];
    const send = ({ input }: PublishBatchCommand) => {
      const entries = input.PublishBatchRequestEntries ?? [];
      batches.push(entries.length);
      const Failed = entries
        .filter((_, place) => places.includes(place))
        .map(({ Id }) => ({ Id, Code: 'InternalError', Message: 'try again', SenderFault: false }));
      return Promise.resolve({ Successful: [], Failed });
    };
    return { batches, topic: () => ({ sns: { send: send as never }, arn: 'arn:changes' }) };
  }

  async function changesOfManyBooks(books: number): Promise<TableChange[]> {
    const seller = await sellerIn(us);
    const ids: number[] = [];
    for (let book = 0; book < books; book += 1) ids.push(await stage.bookEverywhere(us));
    await stage.post.changes(us);
    for (const id of ids) await updateBook(seller, id, { price: 1 });
    return stage.post.changes(us);
  }

  test('throws when one message of the batch was not taken, so that the batch is read again', async () => {
    const changes = await changesOfManyBooks(12);
    const { batches, topic } = topicFailing(1);

    await expect(publishHandler(host, topic)(eventOf(changes), context)).rejects.toThrow(
      'not published',
    );

    // The batch behind the one that failed was sent all the same.
    expect(batches).toEqual([10, 2]);
  });

  test('publishes a batch of records in batches that SNS takes', async () => {
    const changes = await changesOfManyBooks(12);
    const { batches, topic } = topicFailing();

    await publishHandler(host, topic)(eventOf(changes), context);

    expect(batches).toEqual([10, 2]);
  });

  test('throws when the topic is out of reach', async () => {
    const changes = await changesOfManyBooks(1);
    const topic = () => ({
      sns: { send: (() => Promise.reject(new Error('away'))) as never },
      arn: 'arn:changes',
    });

    await expect(publishHandler(host, topic)(eventOf(changes), context)).rejects.toThrow('away');
  });

  test('takes no notice of what was deleted', async () => {
    const { batches, topic } = topicFailing();

    await publishHandler(host, topic)(
      eventOf([{ before: { id: '1', bookId: 1, scope: 'local' }, after: undefined }]),
      context,
    );

    expect(batches).toEqual([]);
  });
});

test('G5: a sale that a lost region told only the other one is shown by a front end once its entry is no longer fresh', async () => {
  const id = await stage.bookEverywhere(us, { stock: 20 });
  const clock = makeClock();
  const cut = await stage.freshFront({
    system: clock.system,
    faults: [outage(us).interceptor],
  });
  await shown(cut, id);
  await order(await sellerIn(us), id, { quantity: 2 });
  await deliver(await stage.post.collect(us), stage.post.replica(eu));
  expect(await stage.post.collect(eu)).toEqual([]);

  clock.advance(cut.freshForMs);

  expect(await shown(cut, id)).toMatchObject({ stock: 18 });
});
