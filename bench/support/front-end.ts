import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { bundleDir } from '../../tools/bundle.js';
import type { Context } from '../part.js';
import type { BareName, Outcome, Reply, Task } from './front-end-process.js';
import type { Load, Measurement } from './load.js';
import type { Call, OperationName, Subjects } from './operations.js';

/** A front end whose functions are called without HTTP. */
export interface FrontEnd {
  /** Measures an operation, once the front end is warm. */
  measure(
    operation: OperationName | BareName,
    load: Load,
    subjects: Subjects,
  ): Promise<Measurement>;
  call(call: Call): Promise<Reply>;
}

const script = fileURLToPath(new URL('front-end-process.ts', import.meta.url));

/**
 * Starts a front end; it ends with the part.
 *
 * @param environment of its functions, as a store's own.
 */
export async function startFrontEnd(
  { defer, signal }: Context,
  environment: Readonly<Record<string, string>>,
): Promise<FrontEnd> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  const child = fork(script, {
    env: {
      ...Object.fromEntries(inherited),
      PREFIX: 'bazar-dev',
      POWERTOOLS_LOG_LEVEL: 'SILENT',
      POWERTOOLS_METRICS_DISABLED: 'true',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      AWS_EC2_METADATA_DISABLED: 'true',
      ...environment,
      BENCH_CODE: bundleDir(),
    },
    execArgv: ['--import', 'tsx'],
  });
  const ended = once(child, 'exit');
  defer(() => {
    if (child.connected) child.disconnect();
    return ended;
  });
  const waiting = new Map<number, Waiting>();
  const fail = (error: unknown) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  signal.addEventListener('abort', () => fail(signal.reason));
  void ended.then(() => fail(new Error('a front end of the bench has ended')));
  await Promise.race([once(child, 'message'), ended]);
  child.on('message', ({ id, outcome, error }: Answer) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (outcome === undefined) asked?.reject(new Error(error));
    else asked?.resolve(outcome);
  });

  let asked = 0;
  const ask = (task: Task): Promise<Outcome> => {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      waiting.set((asked += 1), { resolve, reject });
      child.send({ id: asked, task });
    });
  };
  return {
    measure: (operation, load, subjects) => {
      const { clients, count } = load;
      const task = { kind: 'load', operation, load: { clients, count }, subjects } as const;
      return ask(task) as Promise<Measurement>;
    },
    call: (call) => ask({ kind: 'call', call }) as Promise<Reply>,
  };
}

interface Answer {
  readonly id: number;
  readonly outcome?: Outcome;
  readonly error?: string;
}

interface Waiting {
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (reason: unknown) => void;
}
