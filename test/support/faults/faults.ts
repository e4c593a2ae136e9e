/**
 * Faults of a place that no emulator shows when a test wants it: interceptors that lose a call or
 * its answer, carry it out late, or say that the table is busy.
 */
import {
  DynamoDBServiceException,
  ProvisionedThroughputExceededException,
  RequestLimitExceeded,
  ThrottlingException,
  TransactionCanceledException,
  TransactionConflictException,
} from '@aws-sdk/client-dynamodb';
import { connectionRefused, type Call, type Interceptor, type Place } from './barrier.js';

export type Matcher = (call: Call) => boolean;

// Which calls

export const to =
  (place: Place, matches: Matcher = () => true): Matcher =>
  (call) =>
    call.place === place && matches(call);

/** A sale, a cancellation, a restock, or what settles orders. */
export const isTransaction: Matcher = ({ command }) => command === 'TransactWrite';

const tablesRead = ({ place, command, input }: Call): number =>
  place !== 'cache' && command === 'BatchGet'
    ? Object.keys(input['RequestItems'] as Record<string, unknown>).length
    : 0;

/**
 * A look at a book and at an order's slots in one call: what a refusal rests on, and what follows a sale
 * that was not answered.
 */
export const isSurvey: Matcher = (call) => tablesRead(call) === 2;

const isUpdateOf =
  (table: string): Matcher =>
  ({ command, input }) =>
    command === 'Update' && String(input['TableName']).includes(`-${table}-`);

/** A move or a merge of a book. */
export const isBookUpdate: Matcher = isUpdateOf('catalog');

/** What changes a slot that holds no order. */
export const isShutting: Matcher = isUpdateOf('orders');

const writes = new Set(['Update', 'Put', 'TransactWrite']);

export const isWrite: Matcher = ({ command }) => writes.has(command);

// What happens to them

const connectionClosed = (place: Place): Error =>
  Object.assign(new Error(`${place} closed the connection`), { code: 'ECONNRESET' });

const timedOut = (place: Place): Error =>
  Object.assign(new Error(`${place} did not answer in time`), { name: 'TimeoutError' });

/** The calls that match fail, before they are carried out or after. */
const failing =
  (step: 'before' | 'after', matches: Matcher, errorOf: (call: Call) => Error): Interceptor =>
  async (call, proceed) => {
    if (!matches(call)) return proceed();
    if (step === 'after') await proceed();
    throw errorOf(call);
  };

/** No connection is made: the call is certainly not carried out. */
export const unreachable = (matches: Matcher): Interceptor =>
  failing('before', matches, ({ place }) => connectionRefused(place));

/** The call is never carried out, but who made it can't know. */
export const lost = (matches: Matcher): Interceptor =>
  failing('before', matches, ({ place }) => timedOut(place));

/** The connection turns out to be closed, before the call is carried out or after. */
export const closed = (step: 'before' | 'after', matches: Matcher): Interceptor =>
  failing(step, matches, ({ place }) => connectionClosed(place));

/** The call is carried out, and its answer is lost. */
export const answerLost = (matches: Matcher): Interceptor =>
  failing('after', matches, ({ place }) => timedOut(place));

/** Does something before each call that matches is sent. */
export const before =
  (matches: Matcher, step: (call: Call) => Promise<unknown>): Interceptor =>
  async (call, proceed) => {
    if (matches(call)) await step(call);
    return proceed();
  };

/** Matches the first `times` calls only. */
export function first(times: number, matches: Matcher): Matcher {
  let met = 0;
  return (call) => {
    if (met === times || !matches(call)) return false;
    met += 1;
    return true;
  };
}

/** Matches all but the first `times` calls. */
export function afterFirst(times: number, matches: Matcher): Matcher {
  const isEarly = first(times, matches);
  return (call) => matches(call) && !isEarly(call);
}

export interface LateCalls {
  readonly interceptor: Interceptor;
  readonly held: () => number;
  /** Sends what is held, and tells of each call whether it was carried out. */
  readonly release: () => Promise<boolean[]>;
}

/** Who made the call gives it up; the call itself is carried out when the test says so. */
export function late(matches: Matcher): LateCalls {
  const calls: (() => Promise<unknown>)[] = [];
  return {
    interceptor: (call, proceed) => {
      if (!matches(call)) return proceed();
      calls.push(proceed);
      return Promise.reject(timedOut(call.place));
    },
    held: () => calls.length,
    release: async () => {
      const answers = await Promise.allSettled(calls.splice(0).map((send) => send()));
      return answers.map(({ status }) => status === 'fulfilled');
    },
  };
}

/** A read that does not ask for consistency is answered from before anything was written. */
export const answersFromTheBeginning: Interceptor = ({ command, input }, proceed) => {
  if (command === 'Get' && input['ConsistentRead'] !== true) return Promise.resolve({});
  if (command === 'BatchGet') {
    const tables = Object.values(input['RequestItems'] as Record<string, Call['input']>);
    if (tables.some((table) => table['ConsistentRead'] !== true)) {
      return Promise.resolve({ Responses: {} });
    }
  }
  return proceed();
};

const asBadRequest = { $metadata: { httpStatusCode: 400 }, message: 'busy' };

/** A transaction was cancelled. @param codes one for each of its items. */
export const cancelled = (...codes: readonly string[]): Error =>
  new TransactionCanceledException({
    ...asBadRequest,
    CancellationReasons: codes.map((Code) => ({ Code })),
  });

/** Others write the same item: nothing happens. */
export const conflicting = (matches: Matcher): Interceptor =>
  failing('before', matches, (call) =>
    isTransaction(call)
      ? cancelled('TransactionConflict', 'None')
      : new TransactionConflictException(asBadRequest),
  );

/** The call is carried out, and then sent again: that meets the first, of which a part is not over. */
export const meetsItself = (matches: Matcher): Interceptor =>
  failing('after', matches, () => cancelled('ConditionalCheckFailed', 'TransactionConflict'));

const throttlings = {
  'the table': () => new ProvisionedThroughputExceededException(asBadRequest),
  'the account': () => new RequestLimitExceeded(asBadRequest),
  'the service': () => new ThrottlingException(asBadRequest),
  'a part of the transaction': () => cancelled('None', 'ThrottlingError'),
};

export type Throttling = keyof typeof throttlings;

/** Too much was asked: nothing happens. */
export const throttling = (by: Throttling, matches: Matcher): Interceptor =>
  failing('before', matches, () => throttlings[by]());

/** DynamoDB refuses the call, and would refuse it again: nothing happens. */
export const refusing = (
  name: 'ValidationException' | 'AccessDeniedException',
  matches: Matcher,
): Interceptor =>
  failing(
    'before',
    matches,
    () => new DynamoDBServiceException({ ...asBadRequest, name, $fault: 'client', message: name }),
  );
