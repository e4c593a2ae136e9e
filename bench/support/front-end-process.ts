/**
 * A front end without HTTP, in a process of its own: the bundled functions, called with the events of
 * API Gateway. Its environment says which front end it is; its parent says, over Node's channel, what to
 * do, and is answered with the outcome.
 */
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { join } from 'node:path';
import { onceForEach } from '../../lib/concurrency.js';
import { restApiEvent } from '../../tools/rest-api-event.js';
import { openBareTables } from './bare-calls.js';
import { measureWarm, type Load, type Measurement } from './load.js';
import { callOf, type Call, type OperationName, type Subjects } from './operations.js';

export type BareName = 'bare GetItem' | 'bare transaction';

/** What a front end can be asked to do. */
export type Task =
  | {
      readonly kind: 'load';
      readonly operation: OperationName | BareName;
      readonly load: Load;
      readonly subjects: Subjects;
    }
  | { readonly kind: 'call'; readonly call: Call };

export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly durationMs: number;
}

export type Outcome = Measurement | Reply;

const code = process.env['BENCH_CODE'] ?? '';

type Handler = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;

const functionOf = onceForEach(
  (name: string) => import(join(code, 'functions', `${name}.mjs`)) as Promise<{ handler: Handler }>,
);

const context = {
  awsRequestId: 'bench',
  functionName: 'bench',
  getRemainingTimeInMillis: () => 29_000,
} as Context;

async function send(call: Call): Promise<APIGatewayProxyResult> {
  const { handler } = await functionOf(call.functionName);
  return handler(restApiEvent(call), context);
}

async function perform(task: Task): Promise<Outcome> {
  if (task.kind === 'call') {
    const startedAtMs = performance.now();
    const { statusCode: status, body } = await send(task.call);
    return { status, body, durationMs: performance.now() - startedAtMs };
  }
  const { operation, load, subjects } = task;
  if (operation === 'bare GetItem' || operation === 'bare transaction') {
    const tables = openBareTables(process.env);
    const bare = operation === 'bare GetItem' ? tables.getItem : tables.sell;
    const { bookIds } = subjects;
    return measureWarm(load, (index) => bare(bookIds[index % bookIds.length] as number));
  }
  return measureWarm(load, async (index) => {
    const call = callOf(operation, subjects, index);
    return (await send(call)).statusCode === call.status;
  });
}

process.on('message', ({ id, task }: { id: number; task: Task }) => {
  void perform(task).then(
    (outcome) => process.send?.({ id, outcome }),
    (error: Error) => process.send?.({ id, error: error.stack ?? String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
// Ctrl-C ends the bench, which then ends its front ends.
process.on('SIGINT', () => {});
process.send?.('ready');
