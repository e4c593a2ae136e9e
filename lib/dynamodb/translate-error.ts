import {
  ConditionalCheckFailedException,
  DynamoDBServiceException,
  TransactionCanceledException,
  type AttributeValue,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import {
  BazarError,
  ConditionFailedError,
  ContentionError,
  RefusedError,
  TransactionCancelledError,
  UnavailableError,
} from '../errors.js';

/** Codes of errors and of cancellation reasons after which nothing happened and a retry may succeed. */
const contentionCodes = new Set([
  'TransactionConflict',
  'TransactionConflictException',
  'ThrottlingError',
  'ThrottlingException',
  'ProvisionedThroughputExceeded',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
]);

/** Codes of a connection that was never made: the request certainly was not carried out. */
const unsentCodes = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH']);

/** Codes of a connection that was closed under a request, which may have been carried out. */
const closedCodes = new Set(['ECONNRESET', 'EPIPE']);

const codeOf = (error: Error): string => String((error as NodeJS.ErrnoException).code);

const toItem = (item: Record<string, AttributeValue> | undefined) =>
  item === undefined || Object.keys(item).length === 0 ? undefined : unmarshall(item);

/**
 * Turns what the SDK threw into the store's errors: a failed condition, contention, a refusal, or a
 * table that did not answer. What is none of them, a defect of ours, is returned as it came.
 */
export function translateDynamoDbError(error: unknown, where: string): unknown {
  if (error instanceof BazarError) return error;
  if (error instanceof ConditionalCheckFailedException) {
    return new ConditionFailedError(toItem(error.Item), error);
  }
  if (error instanceof TransactionCanceledException) {
    const reasons = (error.CancellationReasons ?? []).map(({ Code, Item }) => ({
      conditionFailed: Code === 'ConditionalCheckFailed',
      isContended: contentionCodes.has(Code ?? ''),
      item: toItem(Item),
    }));
    // A failed condition tells more than contention beside it: the order may be there already.
    if (reasons.some(({ conditionFailed }) => conditionFailed)) {
      return new TransactionCancelledError(reasons, error);
    }
    const isContended = reasons.some((reason) => reason.isContended);
    return isContended ? new ContentionError(error) : new RefusedError(where, error);
  }
  if (error instanceof DynamoDBServiceException) {
    if (contentionCodes.has(error.name)) return new ContentionError(error);
    const status = error.$metadata.httpStatusCode ?? 500;
    // A table that does not exist is a region that is not there (or not yet): nothing was written.
    if (error.name === 'ResourceNotFoundException') {
      return new UnavailableError(where, { isUnknown: false, cause: error });
    }
    if (status < 500 && error.name !== 'TransactionInProgressException') {
      return new RefusedError(where, error);
    }
    return new UnavailableError(where, { isUnknown: true, cause: error });
  }
  if (!(error instanceof Error) || error instanceof TypeError) return error;
  return new UnavailableError(where, { isUnknown: !isUnsent(error), cause: error });
}

/** Whether what the SDK threw says that the other side had closed the connection. */
export const isConnectionClosed = (error: unknown): boolean =>
  error instanceof Error && closedCodes.has(codeOf(error));

function isUnsent(error: Error): boolean {
  if (unsentCodes.has(codeOf(error))) return true;
  // The SDK has one name for all of its timeouts, and no code; only its words tell them apart.
  if (error.name === 'TimeoutError' && error.message.includes('did not establish a connection')) {
    return true;
  }
  if (error instanceof AggregateError) {
    return (
      error.errors.length > 0 && error.errors.every((one) => one instanceof Error && isUnsent(one))
    );
  }
  return false;
}
