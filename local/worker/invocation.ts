import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import type { Assignment } from '../../services/assignments.js';
import { accountId } from '../../services/account.js';
import type { Bell } from './bell.js';

/** Calls a Lambda function with an event. Rejects where the function throws, or takes too long. */
export type Invoke = (event: unknown) => Promise<unknown>;

/** How a function is fed from a source, whatever that is. */
export interface Feeding {
  readonly invoke: Invoke;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
  /** Rung when what was asked answers again. */
  readonly recoveries: Bell;
}

type Handler = (event: unknown, context: Context) => unknown;

/** Loads a function from the bundled code. The environment must be complete by then. */
export async function loadFunction(assignment: Assignment, region: string): Promise<Invoke> {
  const { module, exportName, timeoutMs } = assignment;
  const code = (await import(new URL(`./${module}.mjs`, import.meta.url).href)) as Record<
    string,
    unknown
  >;
  const handler = code[exportName];
  if (typeof handler !== 'function') throw new Error(`${module} exports no ${exportName}`);
  return (event) => {
    const deadline = Date.now() + timeoutMs;
    return withTimeout(
      Promise.resolve((handler as Handler)(event, contextOf(assignment, region, deadline))),
      timeoutMs,
    );
  };
}

function contextOf(
  { qualifiedName, memorySizeMb }: Assignment,
  region: string,
  deadline: number,
): Context {
  const answerOnly = (): never => {
    throw new Error('handlers answer by their promise');
  };
  return {
    awsRequestId: randomUUID(),
    callbackWaitsForEmptyEventLoop: true,
    functionName: qualifiedName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${region}:${accountId}:function:${qualifiedName}`,
    memoryLimitInMB: String(memorySizeMb),
    logGroupName: `/aws/lambda/${qualifiedName}`,
    logStreamName: `embedded/${process.pid}`,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    done: answerOnly,
    fail: answerOnly,
    succeed: answerOnly,
  };
}

async function withTimeout<Result>(promise: Promise<Result>, timeoutMs: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`Task timed out after ${timeoutMs / 1000} seconds`)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
