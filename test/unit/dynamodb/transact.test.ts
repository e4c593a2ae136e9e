import { describe, expect, test } from '@jest/globals';
import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import { TableLink } from '../../../lib/dynamodb/table-link.js';
import { transact, writeTogether } from '../../../lib/dynamodb/transact.js';
import { fakeClient, fakeClients, type FakeClient } from '../support/fake-client.js';
import { fakeSystem } from '../support/fake-system.js';

const linkTo = (write: FakeClient) =>
  new TableLink('eu-west-1', fakeClients({ write }), fakeSystem());

const putOf = (id: string) => ({ Put: { TableName: 'books', Item: { id } } });
const updateOf = (id: string) => ({
  Update: { TableName: 'books', Key: { id }, UpdateExpression: 'SET n = n' },
});
const $metadata = { httpStatusCode: 400 };

/** What cancels a transaction, with a reason for each of its parts. */
const cancelling = (...codes: readonly string[]) =>
  fakeClient(() => {
    const CancellationReasons = codes.map((Code) => ({ Code, Item: { of: { S: Code } } }));
    throw new TransactionCanceledException({ $metadata, message: '', CancellationReasons });
  });

describe('a transaction', () => {
  test('is sent whole', async () => {
    const write = fakeClient(() => ({}));
    const parts = { book: updateOf('a'), slot: putOf('b') };

    expect(await transact(linkTo(write).write, parts)).toEqual({ isDone: true });
    expect(write.sent).toEqual([{ TransactItems: [parts.book, parts.slot] }]);
  });

  test('says by their names which of its parts stood against it', async () => {
    const write = cancelling('None', 'ConditionalCheckFailed', 'TransactionConflict');
    const parts = { book: putOf('a'), slot: putOf('b'), record: putOf('c') };

    expect(await transact(linkTo(write).write, parts)).toEqual({
      isDone: false,
      failed: { slot: { item: { of: 'ConditionalCheckFailed' } } },
      contended: new Set(['record']),
    });
  });
});

describe('what is written together', () => {
  test('is a write of its own where it is one part', async () => {
    const write = fakeClient(() => ({}));

    expect(await writeTogether(linkTo(write), { slot: putOf('a') })).toBe(true);
    expect(await writeTogether(linkTo(write), { slot: updateOf('a') })).toBe(true);
    expect(write.sent).toEqual([putOf('a').Put, updateOf('a').Update]);
  });

  test('is not written where a condition does not hold, of one part or of several', async () => {
    const alone = fakeClient(() => {
      throw new ConditionalCheckFailedException({ $metadata, message: '' });
    });
    const together = cancelling('ConditionalCheckFailed', 'None');

    expect(await writeTogether(linkTo(alone), { slot: putOf('a') })).toBe(false);
    const parts = { slot: putOf('a'), book: updateOf('b') };
    expect(await writeTogether(linkTo(together), parts)).toBe(false);
  });
});
