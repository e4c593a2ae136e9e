import { describe, expect, test } from '@jest/globals';
import type { Region } from '../../../lib/rules/sites.js';
import { buy } from '../../../lib/store/buy.js';
import { updateBook } from '../../../lib/store/manage-books.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { listBooks, listTopics, searchByTopic } from '../../../lib/store/list-books.js';
import { barrier } from '../../support/faults/barrier.js';
import { create, shown } from '../../support/books/books.js';
import { oneOfEach, order, orderAll, orderOf } from '../../support/books/buyers.js';
import { testSecrets } from '../../support/tables/front-ends.js';
import { openStage } from '../../support/stages/open.js';
import { openScene } from '../../support/stages/scene.js';

/** The region that every read and sale of these tests goes to first. */
const near: Region = 'us-east-1';

const stage = await openStage();

const scene = () =>
  openScene(stage, { region: near, routing: { reads: 'nearest', sales: 'nearest' } });

describe('speed and cost: an info', () => {
  test('that the cache answers is one call', async () => {
    const id = await stage.bookEverywhere(near);
    const { front, calls } = await scene();
    await shown(front, id);
    expect(await calls.during(() => shown(front, id))).toEqual({ 'cache BatchGet': 1 });
  });

  test('that it does not answer is two more: a replica is read, and the cache is joined', async () => {
    const id = await stage.bookEverywhere(near);
    const { front, calls, advance } = await scene();
    const cost = { 'cache BatchGet': 1, [`${near} BatchGet`]: 1, 'cache Update': 1 };

    await shown(front, id);
    expect(calls.counted()).toEqual(cost);

    advance(31_000);
    expect(await calls.during(() => shown(front, id))).toEqual(cost);
  });
});

describe('speed and cost: a page', () => {
  const search = (front: FrontEnd, topic: string) =>
    searchByTopic(front, topic, { limit: 20, after: '0' });

  async function topicOfThree(topic: string): Promise<number[]> {
    const ids: number[] = [];
    for (let book = 0; book < 3; book += 1) ids.push(await stage.bookEverywhere(near, { topic }));
    return ids;
  }

  test('of a topic that the cache answers is two calls, however many books are on it', async () => {
    await topicOfThree('cached');
    const { front, calls } = await scene();
    await search(front, 'cached');
    calls.clear();

    const { books } = await search(front, 'cached');

    expect(books).toHaveLength(3);
    expect(calls.counted()).toEqual({ 'cache BatchGet': 2 });
  });

  test('of a topic that the cache does not hold is a query, one read of a replica, and the fills', async () => {
    await topicOfThree('not cached');
    const { front, calls } = await scene();

    const { books } = await search(front, 'not cached');

    expect(books).toHaveLength(3);
    expect(calls.counted()).toEqual({
      'cache BatchGet': 2,
      [`${near} Query`]: 1,
      [`${near} BatchGet`]: 1,
      'cache Put': 1,
      'cache Update': 3,
    });
  });

  test('of which the cache holds every book but one fills that one', async () => {
    const ids = await topicOfThree('partly cached');
    const { front, calls } = await scene();
    for (const id of ids.slice(1)) await shown(front, id);
    expect(await calls.during(() => search(front, 'partly cached'))).toEqual({
      'cache BatchGet': 2,
      [`${near} Query`]: 1,
      [`${near} BatchGet`]: 1,
      'cache Put': 1,
      'cache Update': 1,
    });
  });

  test('of a topic that changed within the hour is a query in every region, for one may be behind', async () => {
    const id = await stage.bookEverywhere(near, { topic: 'changed lately' });
    const { front, calls, advance } = await scene();
    await updateBook(front, id, { topic: 'changed just now' });
    const cost = { [`${near} Query`]: 1, 'eu-west-1 Query': 1 };

    for (const minutes of [0, 1, 57]) {
      advance(minutes * 60_000);
      expect(await calls.during(() => search(front, 'changed just now'))).toMatchObject(cost);
    }
    advance(3 * 60_000);
    expect(await calls.during(() => search(front, 'changed just now'))).not.toHaveProperty([
      'eu-west-1 Query',
    ]);
  });

  test('of topics that one region has not heard of is six calls for each of them, at most', async () => {
    await stage.post.settle();
    const { front, calls } = await scene();
    for (let topic = 0; topic < 20; topic += 1) await create(front, stage.nextId(near));
    calls.clear();

    const { topics } = await listTopics(front, { limit: 100, after: '' });

    expect(topics.length).toBeGreaterThanOrEqual(20);
    expect(calls.calls.length).toBeLessThanOrEqual(12 + 6 * 20);
  });

  test('of the books and of the topics that the cache answers is two calls and one', async () => {
    const { front, calls } = await scene();
    const request = { limit: 20, after: '' };
    await listBooks(front, request);
    await listTopics(front, request);

    expect(await calls.during(() => listBooks(front, request))).toEqual({ 'cache BatchGet': 2 });

    expect(await calls.during(() => listTopics(front, request))).toEqual({ 'cache BatchGet': 1 });
  });
});

describe('speed and cost: a purchase where the first region has the copies', () => {
  const sale = {
    // What the cache says of the price, and is joined with after the sale.
    'cache BatchGet': 1,
    [`${near} TransactWrite`]: 1,
    [`${near} BatchGet`]: 1,
    'cache Update': 1,
  };

  test.each([
    ['in the cache', {}],
    ['in the cache and in the request', { unitPrice: 1000 }],
  ])('of which the price is %s is a transaction, a read and an update', async (_where, given) => {
    const id = await stage.bookEverywhere(near);
    const { front, calls } = await scene();
    await shown(front, id);
    const buying = async () => orderOf(await order(front, id, given));
    expect(await calls.during(buying)).toEqual(sale);
    const read = calls.calls.find(({ place, command }) => place === near && command === 'BatchGet');
    const [table] = Object.values(read?.input['RequestItems'] ?? {});
    expect(table).toMatchObject({ ConsistentRead: true });
  });

  test('of several books is as many calls, but for an update of the cache for each of them', async () => {
    const ids = [await stage.bookEverywhere(near), await stage.bookEverywhere(near)];
    const { front, calls } = await scene();
    for (const id of ids) await shown(front, id);
    const buying = async () => orderOf(await orderAll(front, oneOfEach(...ids)));
    expect(await calls.during(buying)).toEqual({ ...sale, 'cache Update': ids.length });
  });

  test('of several books reads those of which the cache says no price in one call', async () => {
    const ids = [await stage.bookEverywhere(near), await stage.bookEverywhere(near)];
    const { front, calls } = await scene();

    orderOf(await orderAll(front, oneOfEach(...ids)));

    expect(calls.counted()).toEqual({ ...sale, [`${near} BatchGet`]: 2, 'cache Update': 2 });
  });

  test('costs no more where the freshness of what the cache holds has ended', async () => {
    const id = await stage.bookEverywhere(near);
    const { front, calls, advance } = await scene();
    await shown(front, id);
    advance(31_000);
    const buying = async () => orderOf(await order(front, id));
    expect(await calls.during(buying)).toEqual(sale);
  });

  test.each([
    ['nor the request', {}],
    // The order still needs the title.
    ['but the request', { unitPrice: 1000 }],
  ])('of which the cache does not say the price, %s, is one read more', async (_where, given) => {
    const id = await stage.bookEverywhere(near);
    const { front, calls } = await scene();

    orderOf(await order(front, id, given));

    expect(calls.counted()).toEqual({ ...sale, [`${near} BatchGet`]: 2 });
  });

  test('waits once for the secret and for what the cache holds, and not for one after the other', async () => {
    const id = await stage.bookEverywhere(near);
    const asked = barrier('before', ({ place }) => place === 'cache');
    const front = stage.front({ faults: [asked.interceptor] });
    const orderSecret = async () => {
      await asked.reached;
      asked.open();
      return testSecrets.orderSecret();
    };

    const { kind } = await buy(front, { orderSecret }, { items: oneOfEach(id), key: 'at once' });

    expect(kind).toBe('placed');
  });

  test('lets the next reader find it in the cache', async () => {
    const id = await stage.bookEverywhere(near);
    const { front, calls } = await scene();
    orderOf(await order(front, id));
    expect(await calls.during(() => shown(front, id))).toEqual({ 'cache BatchGet': 1 });
  });
});
