import { Agent } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  DynamoDBServiceException,
  InternalServerError,
  ListTablesCommand,
  ProvisionedThroughputExceededException,
  RequestLimitExceeded,
  ResourceNotFoundException,
  TransactionCanceledException,
  TransactionConflictException,
  TransactionInProgressException,
  type CancellationReason,
} from '@aws-sdk/client-dynamodb';
import { translateDynamoDbError } from '../../../lib/dynamodb/translate-error.js';
import {
  ConditionFailedError,
  ContentionError,
  RefusedError,
  TransactionCancelledError,
  UnavailableError,
} from '../../../lib/errors.js';

const where = 'eu-west-1';
const details = { $metadata: { httpStatusCode: 400 }, message: 'no' };
const translate = (error: unknown) => translateDynamoDbError(error, where);

const serviceError = (name: string, status?: number) =>
  new DynamoDBServiceException({
    name,
    message: 'no',
    $fault: 'client',
    $metadata: status === undefined ? {} : { httpStatusCode: status },
  });

const cancelled = (...CancellationReasons: CancellationReason[]) =>
  new TransactionCanceledException({ ...details, CancellationReasons });

const failed = (code: string): Error => Object.assign(new Error(code), { code });

const refused = failed('ECONNREFUSED');

describe('a condition that did not hold', () => {
  test('is told with the item as it was found', () => {
    const error = translate(
      new ConditionalCheckFailedException({ ...details, Item: { id: { S: 'a' }, n: { N: '1' } } }),
    );
    expect(error).toBeInstanceOf(ConditionFailedError);
    expect(error).toMatchObject({ item: { id: 'a', n: 1 } });
  });

  test.each([[undefined], [{}]])('is told without an item where there was none: %j', (Item) => {
    const error = translate(
      new ConditionalCheckFailedException({ ...details, ...(Item && { Item }) }),
    );
    expect(error).toBeInstanceOf(ConditionFailedError);
    expect(error).toMatchObject({ item: undefined });
  });
});

describe('a transaction that was cancelled', () => {
  test('says of each of its items whether its condition held, and what was found', () => {
    const cause = cancelled(
      { Code: 'None' },
      { Code: 'ConditionalCheckFailed', Item: { id: { S: 'a' } } },
    );
    const error = translate(cause);
    expect(error).toBeInstanceOf(TransactionCancelledError);
    expect(error).toMatchObject({
      reasons: [
        { conditionFailed: false, item: undefined },
        { conditionFailed: true, item: { id: 'a' } },
      ],
      cause,
    });
  });

  test.each(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])(
    'by %s may be tried again',
    (Code) => {
      expect(translate(cancelled({ Code: 'None' }, { Code }))).toBeInstanceOf(ContentionError);
    },
  );

  test('G2: by a condition and by contention tells of the condition: the order may be there already', () => {
    const error = translate(
      cancelled({ Code: 'TransactionConflict' }, { Code: 'ConditionalCheckFailed' }),
    );
    expect(error).toBeInstanceOf(TransactionCancelledError);
    expect(error).toMatchObject({
      reasons: [{ conditionFailed: false }, { conditionFailed: true }],
    });
  });

  test('by anything else is a refusal', () => {
    for (const cause of [cancelled({ Code: 'ValidationError' }), cancelled()]) {
      const error = translate(cause);
      expect(error).toBeInstanceOf(RefusedError);
      expect(error).toMatchObject({ where, cause });
    }
  });
});

describe('contention', () => {
  test.each([
    new TransactionConflictException(details),
    new ProvisionedThroughputExceededException(details),
    new RequestLimitExceeded(details),
    serviceError('ThrottlingException', 400),
  ])('is what $name is', (cause) => {
    const error = translate(cause);
    expect(error).toBeInstanceOf(ContentionError);
    expect(error).toMatchObject({ cause });
  });
});

describe('a place that did not answer', () => {
  test.each([
    [
      'a failure inside',
      new InternalServerError({ ...details, $metadata: { httpStatusCode: 500 } }),
    ],
    ['a service that is not there', serviceError('ServiceUnavailable', 503)],
    ['an answer without a status', serviceError('WithoutStatus')],
    ['a transaction that is still going on', new TransactionInProgressException(details)],
    ['a timeout', Object.assign(new Error('timed out'), { name: 'TimeoutError' })],
    ['a connection that was reset', failed('ECONNRESET')],
    ['a connection that was closed', failed('EPIPE')],
    ['one address of two that may have heard', new AggregateError([refused, failed('ETIMEDOUT')])],
    ['failures that nobody names', new AggregateError([])],
  ])('G9: may still carry out what it was sent: %s', (_what, cause) => {
    const error = translate(cause);
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ where, isUnknown: true, cause });
  });

  test.each([
    ['a connection that was refused', refused],
    ['a name that is not known', failed('ENOTFOUND')],
    ['a host out of reach', failed('EHOSTUNREACH')],
    ['a network out of reach', failed('ENETUNREACH')],
    ['addresses that are all out of reach', new AggregateError([refused, failed('EHOSTUNREACH')])],
    ['a table that is not there', new ResourceNotFoundException(details)],
  ])('G9: certainly did nothing: %s', (_what, cause) => {
    expect(translate(cause)).toMatchObject({ where, isUnknown: false, cause });
  });
});

test('G9: a connection that is never made certainly did nothing, in the SDK’s own words', async () => {
  const client = new DynamoDBClient({
    region: where,
    endpoint: 'http://nobody.invalid',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 20,
      // Looks the name up for ever.
      httpAgent: new Agent({ lookup: () => undefined }),
    },
  });
  const cause: unknown = await client.send(new ListTablesCommand({})).catch((error) => error);
  expect(translate(cause)).toMatchObject({ where, isUnknown: false, cause });
  client.destroy();
});

test.each([serviceError('ValidationException', 400), serviceError('AccessDeniedException', 400)])(
  'what is not valid, or not permitted, is a refusal: %s',
  (cause) => {
    const error = translate(cause);
    expect(error).toBeInstanceOf(RefusedError);
    expect(error).toMatchObject({ where, cause, message: expect.stringContaining(cause.message) });
  },
);

describe('what is none of these', () => {
  test.each([new TypeError('a defect'), new ContentionError(undefined), 'no error at all'])(
    'is returned as it came: %s',
    (error) => {
      expect(translate(error)).toBe(error);
    },
  );
});
