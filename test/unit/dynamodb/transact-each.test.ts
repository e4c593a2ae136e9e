import { describe, expect, test } from '@jest/globals';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { TableLink } from '../../../lib/dynamodb/table-link.js';
import { transactEach } from '../../../lib/dynamodb/transact-each.js';
import { UnavailableError } from '../../../lib/errors.js';
import { fakeClient, fakeClients, type FakeClient } from '../support/fake-client.js';
import { fakeSystem } from '../support/fake-system.js';

const where = 'eu-west-1';
const writeOf = (id: string) => ({ Put: { TableName: 'books', Item: { id } } });
const writes = ['a', 'b', 'c', 'd'].map(writeOf);

const transact = (write: FakeClient, given = writes) =>
  transactEach(new TableLink(where, fakeClients({ write }), fakeSystem()), given);

const idsSent = ({ sent }: FakeClient): unknown[][] =>
  sent.map((input) =>
    ((input as TransactWriteCommandInput).TransactItems ?? []).map(({ Put }) => Put?.Item?.['id']),
  );

/** What cancels a transaction in which these ids are. */
const cancelling = (codes: Readonly<Record<string, string>>): FakeClient =>
  fakeClient((input: TransactWriteCommandInput) => {
    const ids = (input.TransactItems ?? []).map(({ Put }) => String(Put?.Item?.['id']));
    if (!ids.some((id) => id in codes)) return {};
    throw new TransactionCanceledException({
      $metadata: { httpStatusCode: 400 },
      message: 'cancelled',
      CancellationReasons: ids.map((id) => ({
        Code: codes[id] ?? 'None',
        ...(id in codes && { Item: { id: { S: id }, found: { BOOL: true } } }),
      })),
    });
  });

describe('many writes', () => {
  test('that may all be carried out are one transaction', async () => {
    const write = fakeClient(() => ({}));

    expect(await transact(write)).toEqual(writes.map(() => ({ isDone: true })));
    expect(idsSent(write)).toEqual([['a', 'b', 'c', 'd']]);
  });

  test('of which some may not are sent again without these, which are told with what was found', async () => {
    const write = cancelling({ b: 'ConditionalCheckFailed', d: 'ConditionalCheckFailed' });

    expect(await transact(write)).toEqual([
      { isDone: true },
      { isDone: false, item: { id: 'b', found: true } },
      { isDone: true },
      { isDone: false, item: { id: 'd', found: true } },
    ]);
    expect(idsSent(write)).toEqual([
      ['a', 'b', 'c', 'd'],
      ['a', 'c'],
    ]);
  });

  test('of which none may are not sent again', async () => {
    const write = cancelling({ a: 'ConditionalCheckFailed' });

    expect(await transact(write, writes.slice(0, 1))).toMatchObject([{ isDone: false }]);
    expect(write.sent).toHaveLength(1);
  });

  test('that are none are not sent at all', async () => {
    const write = fakeClient(() => ({}));

    expect(await transact(write, [])).toEqual([]);
    expect(write.sent).toEqual([]);
  });

  test('that others are always at are given up, and surely none was done', async () => {
    const write = cancelling({ c: 'TransactionConflict' });

    await expect(transact(write)).rejects.toMatchObject({ where, isUnknown: false });
  });

  test('that are not answered may have been done', async () => {
    const write = fakeClient(() => {
      throw Object.assign(new Error('timed out'), { name: 'TimeoutError' });
    });

    await expect(transact(write)).rejects.toBeInstanceOf(UnavailableError);
    await expect(transact(write)).rejects.toMatchObject({ isUnknown: true });
  });
});
