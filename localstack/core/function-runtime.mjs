/**
 * Runs a function's handler, one invocation after another: a line of JSON for each on standard input,
 * a line for each answer to the file descriptor of the first argument. What the function prints is its
 * log. See functions.py.
 */
import { existsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const answerTo = Number(process.argv[2]);

function answer(message) {
  let rest = Buffer.from(`${JSON.stringify(message)}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(answerTo, rest));
    } catch (error) {
      // The pipe is full for now.
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

/** An error as Lambda tells of it. */
const describe = (error) => ({
  errorType: error?.name ?? 'Error',
  errorMessage: error?.message ?? String(error),
  trace: String(error?.stack ?? '').split('\n'),
});

/** `functions/buy.handler` is the export `handler` of `functions/buy.mjs`. */
async function loadHandler() {
  const [, path, name] = /^(.*)\.([^.]+)$/.exec(process.env._HANDLER) ?? [];
  const file = ['.mjs', '.js', '.cjs']
    .map((ending) => join(process.env.LAMBDA_TASK_ROOT, path + ending))
    .find(existsSync);
  if (file === undefined) throw new Error(`Cannot find module '${path}'`);
  const handler = (await import(pathToFileURL(file).href))[name];
  if (typeof handler !== 'function') throw new Error(`${name} is not exported by ${path}`);
  return handler;
}

const contextOf = ({ requestId, functionArn, deadlineMs }) => ({
  awsRequestId: requestId,
  invokedFunctionArn: functionArn,
  functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
  functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
  memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
  logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
  callbackWaitsForEmptyEventLoop: true,
  getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
});

let handler;
try {
  handler = await loadHandler();
} catch (error) {
  console.error(error);
  answer({ error: describe(error) });
  process.exit(1);
}
answer({ isReady: true });

for await (const line of createInterface({ input: process.stdin })) {
  const invocation = JSON.parse(line);
  process.env._X_AMZN_TRACE_ID = invocation.traceId;
  try {
    const result = await handler(JSON.parse(invocation.payload || 'null'), contextOf(invocation));
    answer({ result: JSON.stringify(result ?? null) });
  } catch (error) {
    console.error(error);
    answer({ error: describe(error) });
  }
}
// Whoever started this process has ended, or is done with it.
process.exit();
