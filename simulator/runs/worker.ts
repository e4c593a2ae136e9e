/** A thread that runs one world after the other. */
import { parentPort } from 'node:worker_threads';
import { run, type RunOptions } from './run.js';

// Nobody reads the stacks of what DynamoDB refuses, and they take most of the time.
Error.stackTraceLimit = 3;

parentPort?.on('message', (options: RunOptions) => {
  run(options).then(
    (result) => parentPort?.postMessage({ result }, []),
    (error: unknown) => {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      parentPort?.postMessage({ error: `seed ${options.seed}: ${message}` }, []);
    },
  );
});
