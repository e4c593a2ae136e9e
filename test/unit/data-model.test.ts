import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { shardOf } from '../../lib/dynamodb/sharding.js';
import { isComplete } from '../../lib/rules/book.js';
import { rightsAttribute, toBookState, listingKeyOf } from '../../lib/tables/book-item.js';
import { wordsOf } from '../../lib/rules/words.js';
import { postingKeys, toContent } from '../../lib/tables/words-table.js';
import { topicKey } from '../../lib/rules/topic.js';
import {
  placeOf,
  toEntryItems,
  toOrderItem,
  toOrderRow,
  toSlot,
} from '../../lib/tables/order-item.js';
import { heartbeatOf, isHeartbeatItem } from '../../lib/tables/heartbeat.js';
import { messageSchema } from '../../lib/replication/messages.js';
import { keyRecordKey } from '../../lib/tables/key-record.js';
import { rightsOf } from '../../lib/rules/ledger.js';

type Item = Record<string, unknown>;

const document = readFileSync('docs/data-model.md', 'utf8');

const examples = (kind: string): Item[] =>
  [...document.matchAll(/^```json (\S+)\n(.*?)^```/gms)]
    .filter(([, name]) => name === kind)
    .map(([, , text]) => JSON.parse(text as string) as Item);

const example = (kind: string): Item => {
  const [item, ...others] = examples(kind);
  if (item === undefined || others.length > 0) throw new Error(`not one example of ${kind}`);
  return item;
};

describe('the examples of the data model', () => {
  test('a book is one, with its indexes and its rights', () => {
    const item = example('book');
    const state = toBookState(item);
    if (!isComplete(state)) throw new Error('the book is not complete');
    const topic = state.registers.topic.value;
    expect(item).toMatchObject({
      id: String(state.id),
      topicKey: topicKey(topic),
      shelf: shardOf(String(state.id)),
      shelfKey: listingKeyOf(topic, state.id),
      isbnKey: state.registers.isbn?.value,
      shard: shardOf(String(state.id)),
      [rightsAttribute('us-east-1#1')]: rightsOf(state.ledger, 'us-east-1#1'),
    });
  });

  test('a posting and what is indexed are those of the book', () => {
    const words = wordsOf(toBookState(example('book')));
    if (words === undefined) throw new Error('the book is not complete');
    const content = toContent(words);
    const posting = example('posting');
    const keys = postingKeys(2, words).map((key) => ({ ...key, ...content }));
    expect(keys).toContainEqual(posting);
    expect(example('indexed')).toEqual({
      bucket: 'book 2',
      place: 'indexed',
      version: 1,
      contents: [content],
    });
  });

  test('an order is one, with its indexes', () => {
    const item = example('order');
    const row = toOrderRow(item);
    expect(toOrderItem(row, row.site, item['changedAt'] as number)).toEqual(item);
    expect(item['placed']).toBe(placeOf(row));
    expect(toEntryItems(row)).toEqual([example('entry')]);
    expect(item['changedAt']).toBe(Date.parse(row.createdAt));
  });

  test('a refusal, a heartbeat and a key are what they are called', () => {
    expect(toSlot(example('refusal'))).toMatchObject({ kind: 'refusal' });
    const heartbeat = example('heartbeat');
    expect(isHeartbeatItem(heartbeat)).toBe(true);
    expect(heartbeatOf(heartbeat)).toMatchObject({ region: 'eu-west-1' });
    const key = example('key');
    expect(key).toMatchObject(keyRecordKey(String(key['id']).replace(/^key~/, '')));
  });

  test('a cached book holds what a book holds', () => {
    expect(toBookState(example('cached-book'))).toMatchObject({ id: 2 });
  });

  test('messages are what consumers take, of each type', () => {
    const messages = examples('message').map((message) => messageSchema.parse(message));
    expect(messages.map(({ type }) => type)).toEqual(['books', 'heartbeat']);
  });
});
