import { describe, expect, test } from '@jest/globals';
import {
  BatchRequestTooLongException,
  type PublishBatchCommandInput,
  type SNSClient,
} from '@aws-sdk/client-sns';
import { toBookState } from '../../../lib/tables/book-item.js';
import { BazarError } from '../../../lib/errors.js';
import { toOrderItem } from '../../../lib/tables/order-item.js';
import { parseMessage, type BooksMessage } from '../../../lib/replication/messages.js';
import {
  coalesce,
  publishChanges,
  type Source,
  type TableChange,
} from '../../../lib/replication/publish.js';
import type { OrderRow } from '../../../lib/rules/order.js';
import { lineItem, orderRow } from '../support/orders.js';
import { ours, rowOfSeq, stampOf } from '../support/books.js';

const region = 'us-east-1';
const topicArn = 'arn:aws:sns:us-east-1:000000000000:bazar-test-changes';

type Item = Record<string, unknown>;

/** A book's item after its `seq`-th change, in a topic, changed here or learned from another region. */
const bookItem = (
  seq: number,
  { id = 7, topic = 'networks', scope = 'local', title = 'a' } = {},
): Item => ({
  id: String(id),
  bookId: id,
  home: region,
  title: { value: title, stamp: stampOf(1) },
  authors: { value: ['b'], stamp: stampOf(1) },
  topic: { value: topic, stamp: stampOf(seq) },
  price: { value: 100, stamp: stampOf(1) },
  [`row#${ours}`]: rowOfSeq(seq),
  [`rights#${ours}`]: 4,
  scope,
});

/** The records of one item's writes, one after the other. */
const writesOf = (...items: Item[]): TableChange[] =>
  items.map((after, index) => ({ before: items[index - 1], after }));

/** A region that holds these books. */
const sourceOf = (...items: Item[]): Source => ({
  region,
  catalog: {
    getAll: async (ids) => ({
      rows: items
        .map((item) => ({ state: toBookState(item), rights: 4, hasOwnRow: true }))
        .filter(({ state }) => ids.includes(state.id)),
      unreadable: [],
    }),
  },
});

const source = sourceOf();

const outgoing = (...changes: TableChange[]) => coalesce(changes, region).outgoing;

describe('the changes of one key in a batch', () => {
  test('are told once, in the newest state', () => {
    const [only, ...others] = outgoing(...writesOf(bookItem(1), bookItem(2), bookItem(3)));
    expect(others).toEqual([]);
    expect(only?.message).toMatchObject({
      type: 'books',
      region,
      books: [{ book: { id: 7, ledger: { [ours]: rowOfSeq(3) } } }],
    });
  });

  test('are told whole: every register and every site’s row, and nothing of this table alone', () => {
    const [only] = outgoing(...writesOf(bookItem(1)));
    expect(only?.message).toEqual({
      v: 1,
      type: 'books',
      region,
      books: [
        {
          book: {
            id: 7,
            home: region,
            registers: {
              title: { value: 'a', stamp: stampOf(1) },
              authors: { value: ['b'], stamp: stampOf(1) },
              topic: { value: 'networks', stamp: stampOf(1) },
              price: { value: 100, stamp: stampOf(1) },
            },
            ledger: { [ours]: rowOfSeq(1) },
          },
          lists: ['catalogue', 'topic:networks'],
        },
      ],
      orders: [],
    });
  });

  test.each([
    ['the sale before a merge', ['local', 'merged'], [1]],
    ['the sale after a merge', ['merged', 'local'], [2]],
    ['a sale between merges', ['merged', 'local', 'merged'], [2]],
    ['merges alone', ['merged', 'merged'], []],
  ])('G4: are told where any of them was made here: %s', (_case, scopes, expected) => {
    const items = scopes.map((scope, index) => bookItem(index + 1, { scope }));
    const told = outgoing(...writesOf(...items)).map(({ message }) => message);
    expect(told).toMatchObject(
      expected.map((seq) => ({
        type: 'books',
        books: [{ book: { ledger: { [ours]: { seq } } } }],
      })),
    );
  });

  test('G4: are told where any of them was made here, of an order too', () => {
    const sold = toOrderItem(orderRow({ site: ours }), ours, 1);
    const settled = toOrderItem(orderRow({ site: 'eu-west-1#1' }), ours, 2);
    expect(coalesce(writesOf(sold, settled), region).orders).toMatchObject([{ site: ours }]);
  });

  test('G5: name every list that the book left or came to, also on the way', () => {
    const [only] = outgoing(
      ...writesOf(
        bookItem(1, { topic: 'networks' }),
        bookItem(2, { topic: 'databases' }),
        bookItem(3, { topic: 'compilers' }),
        bookItem(4, { topic: 'compilers' }),
      ).slice(1),
    );
    expect(only?.message).toMatchObject({
      books: [{ lists: ['catalogue', 'topic:networks', 'topic:databases', 'topic:compilers'] }],
    });
  });

  test('name no list where the book stayed in its topic', () => {
    const [only] = outgoing(...writesOf(bookItem(1), bookItem(2)).slice(1));
    expect(only?.message).toMatchObject({ books: [{ lists: [] }] });
  });

  test('are kept apart from those of other keys', () => {
    const told = outgoing(
      ...writesOf(bookItem(1, { id: 7 })),
      ...writesOf(bookItem(1, { id: 8 })),
      ...writesOf(bookItem(2, { id: 7 })),
    );
    expect(told.map(({ message }) => message)).toMatchObject([
      { books: [{ book: { id: 7, ledger: { [ours]: { seq: 2 } } } }] },
      { books: [{ book: { id: 8 } }] },
    ]);
  });
});

describe('what is told', () => {
  test('are heartbeats, with the region that beat', () => {
    const heartbeat = { id: `heartbeat#${region}`, region, beatAt: 5, scope: 'local' };
    expect(outgoing({ before: undefined, after: heartbeat })).toMatchObject([
      { message: { v: 1, type: 'heartbeat', region, beatAt: 5 } },
    ]);
  });

  test('is not a heartbeat of another region, nor its sale', () => {
    const heartbeat = { id: 'heartbeat#eu', region: 'eu', beatAt: 5, scope: 'merged' };
    const sale = toOrderItem(orderRow({ site: 'eu-west-1#1' }), ours, 1);
    expect(outgoing(...[heartbeat, sale].flatMap((item) => writesOf(item)))).toEqual([]);
  });

  test.each([
    ['a refusal', { id: 'f00d', nonce: 'a nonce', expiresAt: 1 }],
    ['the record of a key', { id: 'key~f00d', bodyHash: 'aaaa', recordedAt: 1 }],
    ['a cursor', { id: 'cursor#eu-west-1#1', cursor: {} }],
  ])('is not %s', (_what, after) => {
    expect(outgoing({ before: undefined, after })).toEqual([]);
  });

  test('is not what was removed', () => {
    expect(outgoing({ before: bookItem(1), after: undefined })).toEqual([]);
  });

  test('is no sale by its book, for its order tells of it', () => {
    expect(outgoing(...writesOf(bookItem(1, { scope: 'ordered' })))).toEqual([]);
  });

  test('is an order that took the place of a refusal in the same batch', () => {
    const refusal = { id: 'f00d', nonce: 'a nonce' };
    const order = orderRow({ site: ours });
    const changes = writesOf(refusal, toOrderItem(order, ours, 1));
    expect(coalesce(changes, region).orders).toEqual([order]);
  });
});

/** A topic that takes what it is sent, but for the entries that `isRefused` names. */
function fakeTopic(
  isRefused: (body: string) => boolean = () => false,
  { isSendersFault: SenderFault = false } = {},
) {
  const batches: PublishBatchCommandInput[] = [];
  const send = async ({ input }: { input: PublishBatchCommandInput }) => {
    batches.push(input);
    return {
      Failed: (input.PublishBatchRequestEntries ?? [])
        .filter(({ Message }) => isRefused(Message ?? ''))
        .map(({ Id }) => ({ Id, Code: 'InternalError', Message: 'not taken', SenderFault })),
    };
  };
  const entriesOf = (batch: PublishBatchCommandInput) => batch.PublishBatchRequestEntries ?? [];
  return {
    sns: { send } as unknown as Pick<SNSClient, 'send'>,
    batches,
    entriesOf,
    entries: () => batches.flatMap(entriesOf),
  };
}

/** What becomes of changes that are published. */
async function published(
  changes: readonly TableChange[],
  from: Source = source,
  topic = fakeTopic(),
) {
  return { topic, left: await publishChanges(topic.sns, topicArn, from, changes) };
}

const newBooks = (count: number, title = 'a'): TableChange[] =>
  Array.from({ length: count }, (_, index) => ({
    before: undefined,
    after: bookItem(1, { id: index + 1, title }),
  }));

/** What SNS counts: the bodies, and the names, types and values of the attributes. */
const bytesOf = (batch: PublishBatchCommandInput): number =>
  Buffer.byteLength(
    (batch.PublishBatchRequestEntries ?? [])
      .flatMap(({ Message, MessageAttributes }) => [
        Message,
        ...Object.entries(MessageAttributes ?? {}).flatMap(([name, attribute]) => [
          name,
          attribute.DataType,
          attribute.StringValue,
        ]),
      ])
      .join(''),
  );

describe('publishing', () => {
  test('sends each message with the attributes that subscriptions filter by', async () => {
    const order = { before: undefined, after: toOrderItem(orderRow({ site: ours }), ours, 1) };
    const { topic } = await published([...newBooks(1), order], sourceOf(bookItem(2)));
    expect(topic.batches).toHaveLength(1);
    expect(topic.batches[0]?.TopicArn).toBe(topicArn);
    const attribute = (StringValue: string) => ({ DataType: 'String', StringValue });
    expect(topic.entries().map(({ MessageAttributes }) => MessageAttributes)).toEqual([
      { type: attribute('books'), origin: attribute(region) },
      { type: attribute('books'), origin: attribute(region) },
    ]);
    for (const { Message } of topic.entries())
      expect(() => parseMessage(Message ?? '')).not.toThrow();
  });

  const orderOf = (id: string, ...bookIds: number[]): OrderRow =>
    orderRow({ site: ours, id, items: bookIds.map((bookId) => lineItem({ bookId })) });

  const sale = (id: string, ...bookIds: number[]): TableChange => ({
    before: undefined,
    after: toOrderItem(orderOf(id, ...bookIds), ours, 1),
  });

  const toldBy = (topic: ReturnType<typeof fakeTopic>): BooksMessage[] =>
    topic.entries().map(({ Message }) => parseMessage(Message ?? '') as BooksMessage);

  test('tells of orders with their books, as these are when they are told, without what only the log needs', async () => {
    const from = sourceOf(bookItem(9, { id: 7 }), bookItem(5, { id: 8 }));
    const sales = [sale('a', 7), sale('b', 8, 7), sale('c', 7), sale('d', 7, 8)];
    const { topic } = await published(sales, from);
    const toldBook = (id: number, seq: number) => ({
      book: { id, ledger: { [ours]: rowOfSeq(seq) } },
      lists: [],
    });
    const told = topic.entries().map(({ Message }) => JSON.parse(Message ?? ''));
    expect(told).toMatchObject([
      { type: 'books', books: [toldBook(7, 9)] },
      { books: [toldBook(8, 5), toldBook(7, 9)] },
    ]);
    expect(told.map(({ orders }) => orders)).toEqual([
      [orderOf('a', 7), orderOf('c', 7)],
      [orderOf('b', 8, 7), orderOf('d', 7, 8)],
    ]);
  });

  test('tells of at most ten orders in a message, that it may be none which SNS refuses', async () => {
    const sales = Array.from({ length: 23 }, (_, place) => sale(`order ${place}`, 7));
    const { topic } = await published(sales, sourceOf(bookItem(9)));
    expect(toldBy(topic).map(({ orders }) => orders.length)).toEqual([10, 10, 3]);
  });

  test('tells of fewer orders in a message where these are large', async () => {
    const bookIds = Array.from({ length: 25 }, (_, index) => index + 1);
    const books = bookIds.map((id) => bookItem(1, { id }));
    const title = 'x'.repeat(2000);
    const sales = Array.from({ length: 10 }, (_, place) => {
      const order = orderOf(`order ${place}`, ...bookIds);
      const items = order.items.map((item) => ({ ...item, title }));
      return { before: undefined, after: toOrderItem({ ...order, items }, ours, 1) };
    });
    const { topic } = await published(sales, sourceOf(...books));
    const told = toldBy(topic);
    expect(told.length).toBeGreaterThan(1);
    const toldIds = told.flatMap(({ orders }) => orders.map(({ id }) => id));
    expect(new Set(toldIds)).toEqual(new Set(sales.map(({ after }) => after['id'])));
    expect(toldIds).toHaveLength(sales.length);
    for (const batch of topic.batches) expect(bytesOf(batch)).toBeLessThanOrEqual(256 * 1024);
  });

  test('M8: an order of books that no message holds brings their ledgers, and each book follows whole', async () => {
    const title = 'x'.repeat(20_000);
    const books = Array.from({ length: 25 }, (_, index) => bookItem(3, { id: index + 1, title }));
    const order = sale('a', ...books.map((_, index) => index + 1));
    const { topic } = await published([order], sourceOf(...books));
    const [first, ...others] = toldBy(topic);
    expect(first?.orders).toMatchObject([{ id: 'a' }]);
    expect(first?.books.map(({ book }) => book)).toEqual(
      books.map((item) => ({ ...toBookState(item), registers: {} })),
    );
    expect(others.map((message) => message.books.map(({ book }) => book))).toEqual(
      books.map((item) => [toBookState(item)]),
    );
    for (const batch of topic.batches) expect(bytesOf(batch)).toBeLessThanOrEqual(256 * 1024);
  });

  test('G4: leaves an order of which a book can not be read, and publishes the others', async () => {
    const sales = [sale('a', 7), sale('b', 8), sale('c', 7, 8)];
    const { topic, left } = await published(sales, sourceOf(bookItem(9)));
    expect(left).toMatchObject([{ id: 'b' }, { id: 'c' }]);
    expect(topic.entries()).toHaveLength(1);
  });

  test('G4: throws where the books of orders can not be asked for, so that the batch is read again', async () => {
    const from = { region, catalog: { getAll: () => Promise.reject(new Error('away')) } };
    await expect(published([sale('a', 7)], from)).rejects.toThrow('away');
  });

  test('sends at most ten messages in a batch, each with an id of its own there', async () => {
    const { topic } = await published(newBooks(23));
    expect(topic.batches.map((batch) => topic.entriesOf(batch).length)).toEqual([10, 10, 3]);
    for (const batch of topic.batches) {
      const ids = topic.entriesOf(batch).map(({ Id }) => Id);
      expect(new Set(ids).size).toBe(ids.length);
    }
    expect(toldBy(topic).flatMap(({ books }) => books.map(({ book }) => book.id))).toEqual(
      Array.from({ length: 23 }, (_, index) => index + 1),
    );
  });

  test.each([
    ['long', 'x'.repeat(60_000)],
    ['long in bytes, not in characters', '書'.repeat(30_000)],
  ])('sends no batch of more than 256 KiB, where messages are %s', async (_how, title) => {
    const { topic } = await published(newBooks(10, title));
    expect(topic.entries()).toHaveLength(10);
    expect(topic.batches.length).toBeGreaterThan(1);
    for (const batch of topic.batches) {
      expect(topic.entriesOf(batch).length).toBeGreaterThan(0);
      expect(bytesOf(batch)).toBeLessThanOrEqual(256 * 1024);
    }
  });

  test('sends a message that is too large for any batch alone, in the way of no other', async () => {
    const changes = [...newBooks(1, 'x'.repeat(250_000)), ...newBooks(2).slice(1)];
    const { topic } = await published(changes);
    expect(topic.batches.map((batch) => topic.entriesOf(batch).length)).toEqual([1, 1]);
  });

  test('sends nothing where there is nothing to tell: SNS refuses an empty batch', async () => {
    const refusal = { before: undefined, after: { id: 'f00d', nonce: 'a nonce' } };
    const { topic } = await published([refusal]);
    expect(topic.batches).toEqual([]);
  });

  test('G4: throws where one message was not taken, so that the batch is read again', async () => {
    const topic = fakeTopic((body) => body.includes('"id":12,'));
    const publishing = published(newBooks(23), source, topic);
    await expect(publishing).rejects.toThrow(BazarError);
    await expect(publishing).rejects.toThrow(
      '1 messages were not published: InternalError: not taken',
    );
    expect(topic.entries()).toHaveLength(23);
  });

  test('G4: throws where the topic does not answer', async () => {
    const failure = new Error('timed out');
    const sns = { send: () => Promise.reject(failure) } as unknown as Pick<SNSClient, 'send'>;
    await expect(publishChanges(sns, topicArn, source, newBooks(1))).rejects.toBe(failure);
  });

  test('G4: leaves a record that is not what the tables hold, and publishes the others', async () => {
    const broken = {
      before: undefined,
      after: { id: '7', bookId: 7, price: 'free', scope: 'local' },
    };
    const [first, second] = newBooks(2) as [TableChange, TableChange];

    const { topic, left } = await published([first, broken, second]);

    expect(left).toMatchObject([{ id: '7' }]);
    expect(topic.entries()).toHaveLength(2);
  });

  test('G4: tells of a record that was mended, to all and of all of its lists', () => {
    const broken = { id: '7', bookId: 7, price: 'free', scope: 'local' };

    const [only] = outgoing(...writesOf(broken, bookItem(2)));

    expect(only).toMatchObject({
      message: { books: [{ lists: ['catalogue', 'topic:networks'] }] },
    });
  });

  test('G4: names each order of a message that the topic will never take', async () => {
    const topic = fakeTopic(() => true, { isSendersFault: true });
    const sales = [sale('a', 7), sale('b', 7)];

    const { left } = await published(sales, sourceOf(bookItem(9)), topic);

    expect(left).toMatchObject([{ id: 'a' }, { id: 'b' }]);
  });

  test('G4: leaves a message that the topic will never take, and throws for none of the others', async () => {
    const topic = fakeTopic((body) => body.includes('"id":12,'), { isSendersFault: true });

    const { left } = await published(newBooks(23), source, topic);

    expect(left).toEqual([{ id: '12', error: 'InternalError: not taken' }]);
    expect(topic.entries()).toHaveLength(23);
  });

  test('G4: goes on behind a batch that the topic refuses as a whole, and throws then', async () => {
    const refusal = new BatchRequestTooLongException({ message: 'too long', $metadata: {} });
    let calls = 0;
    const send = () => {
      calls += 1;
      return calls === 1 ? Promise.reject(refusal) : Promise.resolve({});
    };
    const sns = { send } as unknown as Pick<SNSClient, 'send'>;

    await expect(publishChanges(sns, topicArn, source, newBooks(23))).rejects.toThrow(BazarError);

    expect(calls).toBe(3);
  });
});
