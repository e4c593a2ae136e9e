import { describe, expect, test } from '@jest/globals';
import type { PublishBatchCommand } from '@aws-sdk/client-sns';
import { stampedRegisters, toBook, type CompleteBook } from '../../lib/rules/book.js';
import {
  emptyState,
  joinExpression,
  rightsAttribute,
  listingKeyOf,
} from '../../lib/tables/book-item.js';
import { indexedItem, postingKeys, toContent } from '../../lib/tables/words-table.js';
import { longestWord, mostWords, type BookWords } from '../../lib/rules/words.js';
import { topicKey } from '../../lib/rules/topic.js';
import { encodeCursor } from '../../lib/http/cursor.js';
import { routes } from '../../lib/http/routes.js';
import {
  largestBookId,
  mostItemsOfOrder,
  newBookBody,
  orderSchema,
} from '../../lib/http/schemas.js';
import type { OrderRow } from '../../lib/rules/order.js';
import { toOrderItem } from '../../lib/tables/order-item.js';
import { coalesce, publishChanges } from '../../lib/replication/publish.js';
import {
  disputedId,
  hashOfBody,
  idOfKey,
  outdatedKeys,
  type KeyUse,
} from '../../lib/rules/keys.js';
import type { StockRow } from '../../lib/rules/ledger.js';
import { lineItem, orderRow } from './support/orders.js';
import { updateItem } from './support/update-item.js';

/**
 * The services' limits. JSON takes more bytes than DynamoDB counts for the same item, which spends
 * two digits of a number to a byte, and one byte on an entry where JSON has quotes, colon and comma.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 * https://docs.aws.amazon.com/sns/latest/api/API_Publish.html (256 KiB; SQS takes 1 MiB by now)
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const dynamodbItem = 400 * 1024;
const dynamodbTransaction = 4 * 1024 * 1024;
const snsMessage = 256 * 1024;
const lambdaRequest = 6 * 1024 * 1024;
const lambdaAnswer = 6 * 1024 * 1024;

/** What takes most room: in UTF-8, in JSON, in the JSON of JSON that a handler answers, in a key. */
const roomiest = ['😀', '"', '\\', 'ᾷ'];

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** The most bytes that something takes, whichever character its texts are made of. */
const largest = (make: (character: string) => unknown): number =>
  Math.max(...roomiest.map((character) => bytesOf(make(character))));

const regions = ['us-gov-northwest-1', 'ap-southeast-1', 'ap-northeast-1'];
const sites = regions.map((region) => `${region}#9999`);
const [region, site] = [regions[0] as string, sites[0] as string];
const stamp = `${'9'.repeat(15)}.${'9'.repeat(6)}@${region}`;
const most = Number.MAX_SAFE_INTEGER;

const description = (character: string) => ({
  title: character.repeat(500),
  authors: Array.from({ length: 20 }, () => character.repeat(200)),
  topic: character.repeat(100),
  price: 100_000_000,
  isbn: '9780439023481',
  year: -3000,
  language: `en-x-${['a', 'b', 'c'].map((letter) => letter.repeat(8)).join('-')}-ddd`,
  description: character.repeat(4_000),
});

const usedKeys: Record<string, KeyUse> = Object.fromEntries(
  Array.from({ length: 20 }, (_, index) => [
    idOfKey('secret', 'restock', String(index)),
    { bodyHash: hashOfBody(index), usedAt: 9_999_999_999_999 },
  ]),
);

const row = (own: string): StockRow => ({
  stocked: most,
  sold: most,
  writtenOff: most,
  moved: Object.fromEntries(sites.filter((other) => other !== own).map((other) => [other, most])),
  keys: usedKeys,
  seq: most,
});

function bookOf(character: string, topic?: string, id = largestBookId): CompleteBook {
  const { title, authors, topic: usual, price, ...others } = description(character);
  return {
    id,
    home: region,
    registers: {
      title: { value: title, stamp },
      authors: { value: authors, stamp },
      topic: { value: topic ?? usual, stamp },
      price: { value: price, stamp },
      isListed: { value: true, stamp },
      ...stampedRegisters(others, stamp),
    },
    ledger: Object.fromEntries(sites.map((own) => [own, row(own)])),
  };
}

/** More and longer ones than a book can have. */
const mostWordsOf = (character: string): BookWords => ({
  title: Array.from(
    { length: mostWords },
    (_, number) => `${number}${character.repeat(longestWord)}`,
  ),
  authors: [],
  topicKey: topicKey(character.repeat(100)),
});

function bookItemOf(book: CompleteBook): Record<string, unknown> {
  const { registers, ledger, home } = book;
  const topic = registers.topic.value;
  const update = joinExpression(emptyState(book.id), {
    registers,
    rows: ledger,
    ...(home !== undefined && { home }),
  });
  return {
    ...updateItem({ id: String(book.id) }, update.toUpdate()),
    [rightsAttribute(site)]: most,
    topicKey: topicKey(topic),
    shelf: '00',
    shelfKey: listingKeyOf(topic, book.id),
    isbnKey: registers.isbn?.value,
    scope: 'local',
    shard: '00',
    changedAt: 9_999_999_999_999,
    freshUntil: 9_999_999_999_999,
    listedAt: stamp,
    expiresAt: 9_999_999_999,
  };
}

const idsOfOrder = Array.from({ length: mostItemsOfOrder }, (_, index) => largestBookId - index);

const orderOf = (character: string): OrderRow =>
  orderRow({
    id: disputedId(idOfKey('secret', 'order', 'key'), hashOfBody('body')),
    items: idsOfOrder.map((bookId) => {
      const { title, price: unitPrice } = description(character);
      return lineItem({ bookId, title, quantity: 100, unitPrice });
    }),
    status: 'cancelled',
    site,
    bodyHash: hashOfBody('body'),
  });

/** What the function hands to API Gateway: the body as a text within JSON. */
const answerOf = (body: unknown) => ({ statusCode: 200, body: JSON.stringify(body) });

describe('the most that the schemas allow', () => {
  test('is what is measured here', () => {
    const book = { id: largestBookId, stock: 1_000_000, ...description('😀') };
    expect(newBookBody.safeParse(book).success).toBe(true);
    for (const more of [
      { title: `${book.title}😀` },
      { authors: [...book.authors, 'x'] },
      { authors: [`${book.authors[0]}😀`] },
      { topic: `${book.topic}😀` },
      { price: book.price + 1 },
      { year: book.year - 1 },
      { language: `${book.language}d` },
      { description: `${book.description}😀` },
      { stock: book.stock + 1 },
      { id: book.id + 1 },
    ]) {
      expect(newBookBody.safeParse({ ...book, ...more }).success).toBe(false);
    }
    expect(outdatedKeys(usedKeys, 9_999_999_999_999)).toHaveLength(1);
  });

  const { mostBodyBytes } = routes['import-books'];
  const newBookOf = (character: string) => ({
    id: largestBookId,
    stock: 1_000_000,
    ...description(character),
  });

  test('is an import that its route takes, but for the descriptions, and that Lambda is handed, in UTF-8', () => {
    const body = (character: string) => ({
      books: Array.from({ length: 100 }, () => ({ ...newBookOf(character), description: '' })),
    });
    expect(largest(body)).toBeLessThan(mostBodyBytes);
    // Of what is sent, each byte is two at most in the event, where it is a text within JSON.
    expect(2 * mostBodyBytes).toBeLessThan(lambdaRequest);
  });

  test('is an import that a transaction holds', () => {
    // What is created has no key in any row.
    const itemOf = (character: string) => {
      const book = bookOf(character);
      const ledger = { [site]: { ...row(site), keys: {} } };
      return bookItemOf({ ...book, ledger });
    };
    const transaction = largest((character) => {
      const length = Math.floor(mostBodyBytes / bytesOf(newBookOf(character)));
      return Array.from({ length }, () => itemOf(character));
    });
    expect(transaction).toBeLessThan(dynamodbTransaction);
  });

  test('is a book that DynamoDB holds, five of which fit where one must', () => {
    expect(largest((character) => bookItemOf(bookOf(character)))).toBeLessThan(dynamodbItem / 5);
  });

  test('is a book whose words DynamoDB holds, and a transaction of a hundred of them', () => {
    const indexed = largest((character) => {
      const words = mostWordsOf(character);
      return indexedItem(largestBookId, { version: most, contents: [words, words, words] });
    });
    expect(indexed).toBeLessThan(dynamodbItem / 2);
    const transaction = largest((character) => {
      const words = mostWordsOf(character);
      const keys = postingKeys(largestBookId, words).slice(0, 100);
      return keys.map((key) => ({ ...key, ...toContent(words) }));
    });
    expect(transaction + indexed).toBeLessThan(dynamodbTransaction);
    for (const { bucket, place } of postingKeys(largestBookId, mostWordsOf('ᾷ'))) {
      expect(Buffer.byteLength(bucket)).toBeLessThan(2048);
      expect(Buffer.byteLength(place)).toBeLessThan(1024);
    }
  });

  test('is an order that DynamoDB holds', () => {
    expect(largest((character) => toOrderItem(orderOf(character), site, most))).toBeLessThan(
      dynamodbItem / 6,
    );
  });

  test('is an order that a transaction holds with its books', () => {
    const items = { length: mostItemsOfOrder + 1 };
    expect(
      largest((character) => Array.from(items, () => bookItemOf(bookOf(character)))),
    ).toBeLessThan(dynamodbTransaction);
  });

  test('is a page of the catalogue that the cache holds', () => {
    const page = largest((character) => ({
      id: `page#catalogue#100#${listingKeyOf(description(character).topic, largestBookId)}`,
      page: {
        entries: Array.from({ length: 100 }, () =>
          listingKeyOf(description(character).topic, largestBookId),
        ),
        next: listingKeyOf(description(character).topic, largestBookId),
      },
    }));
    expect(page).toBeLessThan(dynamodbItem / 4);
  });

  test('is a message that SNS takes, after a book went from topic to topic a hundred times', () => {
    const topics = Array.from({ length: 100 }, (_, index) => String(index).padStart(2, '0'));
    const message = largest((character) => {
      const states = topics.map((start) =>
        bookItemOf(bookOf(character, start + character.repeat(98))),
      );
      const changes = states.map((after, index) => ({ before: states[index - 1], after }));
      const [only] = coalesce(changes, region).outgoing;
      expect(only?.message).toMatchObject({ books: [{ lists: { length: 101 } }] });
      return only?.message;
    });
    expect(message).toBeLessThan(snsMessage / 2);
  });

  test('is a batch of messages that SNS takes, of as many orders as there are, each of as many books', async () => {
    for (const character of roomiest) {
      const batches: number[] = [];
      const sns = {
        send: async ({ input }: PublishBatchCommand) => {
          const entries = input.PublishBatchRequestEntries ?? [];
          const bytes = entries.map(({ Message = '' }) => Buffer.byteLength(Message));
          batches.push(bytes.reduce((sum, each) => sum + each, 0));
          return {};
        },
      };
      const rows = idsOfOrder.map((id) => ({
        state: bookOf(character, undefined, id),
        rights: 0,
        hasOwnRow: true,
      }));
      const source = { region, catalog: { getAll: async () => ({ rows, unreadable: [] }) } };
      const sales = Array.from({ length: 20 }, (_, index) => ({
        before: undefined,
        after: toOrderItem({ ...orderOf(character), id: String(index) }, site, most),
      }));
      expect(await publishChanges(sns as never, 'arn', source, sales)).toEqual([]);
      expect(batches.length).toBeGreaterThanOrEqual(20);
      expect(Math.max(...batches)).toBeLessThan(snsMessage);
    }
  });

  test('is an answer that Lambda gives: a page of books, of orders', () => {
    const books = largest((character) => {
      const book = toBook(bookOf(character), 'USD');
      const { topic } = description(character);
      return answerOf({
        topic: character.repeat(300),
        books: Array.from({ length: 100 }, () => book),
        next: encodeCursor('shelf', listingKeyOf(topic, largestBookId)),
      });
    });
    expect(books).toBeLessThan(lambdaAnswer);
    const orders = largest((character) => {
      const order = orderSchema.parse(orderOf(character));
      return answerOf({ orders: Array.from({ length: 100 }, () => order) });
    });
    expect(orders).toBeLessThan(lambdaAnswer);
  });
});
