import { describe, expect, test } from '@jest/globals';
import {
  ConditionalCheckFailedException,
  DynamoDBServiceException,
  InternalServerError,
  ProvisionedThroughputExceededException,
  RequestLimitExceeded,
  ResourceNotFoundException,
  TransactionCanceledException,
  TransactionConflictException,
  TransactionInProgressException,
  type CancellationReason,
} from '@aws-sdk/client-dynamodb';
import { translateDynamoDbError } from '../../../lib/aws/dynamodb-errors.js';
import {
  ConditionFailedError,
  ContentionError,
  TransactionCancelledError,
  UnavailableError,
} from '../../../lib/errors.js';

const where = 'eu-west-1';
const details = { $metadata: { httpStatusCode: 400 }, message: 'no' };
const translate = (error: unknown) => translateDynamoDbError(error, where);

const serviceError = (name: string, httpStatusCode: number) =>
  new DynamoDBServiceException({
    name,
    message: 'no',
    $fault: 'client',
    $metadata: { httpStatusCode },
  });

const cancelled = (...CancellationReasons: CancellationReason[]) =>
  new TransactionCanceledException({ ...details, CancellationReasons });

const failed = (code: string): Error => Object.assign(new Error(code), { code });

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

  test('by anything else is a defect of ours', () => {
    for (const cause of [cancelled({ Code: 'ValidationError' }), cancelled()]) {
      expect(translate(cause)).toBe(cause);
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
    new InternalServerError({ ...details, $metadata: { httpStatusCode: 500 } }),
    serviceError('ServiceUnavailable', 503),
    serviceError('WithoutStatus', undefined as never),
    new TransactionInProgressException(details),
    Object.assign(new Error('timed out'), { name: 'TimeoutError' }),
    failed('ECONNRESET'),
    failed('EPIPE'),
    new AggregateError([failed('ECONNREFUSED'), failed('ETIMEDOUT')]),
    new AggregateError([]),
  ])('G9: may still carry out what it was sent, after $name: $message', (cause) => {
    const error = translate(cause);
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ where, isUnknown: true, cause });
  });

  test.each([
    failed('ECONNREFUSED'),
    failed('ENOTFOUND'),
    failed('EHOSTUNREACH'),
    failed('ENETUNREACH'),
    new AggregateError([failed('ECONNREFUSED'), failed('EHOSTUNREACH')]),
    new ResourceNotFoundException(details),
  ])('G9: certainly did nothing where it was not reached: $name: $message', (cause) => {
    expect(translate(cause)).toMatchObject({ where, isUnknown: false, cause });
  });
});

describe('what is neither', () => {
  test.each([
    serviceError('ValidationException', 400),
    serviceError('AccessDeniedException', 400),
    new TypeError('a defect'),
    new ContentionError(undefined),
    'no error at all',
  ])('is returned as it came: %s', (error) => {
    expect(translate(error)).toBe(error);
  });
});
