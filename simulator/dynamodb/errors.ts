/** What DynamoDB throws, in the SDK's own classes, so that it is translated as in production. */
import {
  ConditionalCheckFailedException,
  DynamoDBServiceException,
  ProvisionedThroughputExceededException,
  ResourceNotFoundException,
  ThrottlingException,
  TransactionCanceledException,
  TransactionConflictException,
  type CancellationReason,
} from '@aws-sdk/client-dynamodb';
import type { Refusal, Throttling } from './behaviour.js';
import { marshalled, type Item } from './expressions/values.js';

const asBadRequest = { $metadata: { httpStatusCode: 400, attempts: 1, totalRetryDelay: 0 } };

/** The SDK has no class of its own for these. */
export const invalidRequest = (message: string): DynamoDBServiceException =>
  new DynamoDBServiceException({
    name: 'ValidationException',
    $fault: 'client',
    message,
    ...asBadRequest,
  });

export const isInvalidRequest = (error: unknown): error is DynamoDBServiceException =>
  error instanceof DynamoDBServiceException && error.name === 'ValidationException';

export const noSuchTable = (): DynamoDBServiceException =>
  new ResourceNotFoundException({
    message: 'Requested resource not found',
    ...asBadRequest,
  });

/** @param found the item as it lay there, where the request asked for it. */
export const conditionFailed = (found: Item | undefined): DynamoDBServiceException =>
  new ConditionalCheckFailedException({
    message: conditionFailedMessage,
    ...(found && { Item: marshalled(found) }),
    ...asBadRequest,
  });

export function writeRefused(refusal: Refusal): DynamoDBServiceException {
  if (refusal !== 'TransactionConflict') return throttled(refusal);
  return new TransactionConflictException({
    message: refusalMessages.TransactionConflict,
    ...asBadRequest,
  });
}

export function throttled(throttling: Throttling): DynamoDBServiceException {
  const Exception =
    throttling === 'ThrottlingError' ? ThrottlingException : ProvisionedThroughputExceededException;
  return new Exception({ message: refusalMessages[throttling], ...asBadRequest });
}

/** @param reasons one for each item of the transaction, in its order. */
export const transactionCancelled = (
  reasons: readonly CancellationReason[],
): DynamoDBServiceException =>
  new TransactionCanceledException({
    message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${reasons.map(({ Code }) => Code).join(', ')}]`,
    CancellationReasons: [...reasons],
    ...asBadRequest,
  });

export const conditionFailedReason = (found: Item | undefined): CancellationReason => ({
  Code: 'ConditionalCheckFailed',
  Message: conditionFailedMessage,
  ...(found && { Item: marshalled(found) }),
});

export const refusedReason = (refusal: Refusal): CancellationReason => ({
  Code: refusal,
  Message: refusalMessages[refusal],
});

export const invalidReason = ({ message }: DynamoDBServiceException): CancellationReason => ({
  Code: 'ValidationError',
  Message: message,
});

export const noReason: CancellationReason = { Code: 'None' };

const conditionFailedMessage = 'The conditional request failed';

const refusalMessages: Readonly<Record<Refusal, string>> = {
  TransactionConflict: 'Transaction is ongoing for the item',
  ThrottlingError: 'Throughput exceeds the current capacity of your table or index',
  ProvisionedThroughputExceeded:
    'The level of configured provisioned throughput for the table was exceeded',
};
