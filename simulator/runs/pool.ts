/** Runs worlds in threads, several at a time. */
import { Worker } from 'node:worker_threads';
import type { RunOptions, RunResult } from './run.js';

export class Pool {
  readonly #workers: Worker[];
  readonly #free: Worker[];
  readonly #waiting: ((worker: Worker) => void)[] = [];

  /** @param bundle the path of a worker's bundle. */
  constructor(bundle: string, jobs: number) {
    this.#workers = Array.from(
      { length: jobs },
      () => new Worker(bundle, { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 1024 } }),
    );
    this.#free = [...this.#workers];
  }

  /** @throws Error where the simulator itself failed. */
  async run(options: RunOptions): Promise<RunResult> {
    const worker = this.#free.pop() ?? (await this.#nextFree());
    try {
      return await new Promise<RunResult>((resolve, reject) => {
        const onMessage = ({ result, error }: { result?: RunResult; error?: string }) => {
          worker.off('error', reject);
          if (result === undefined) reject(new Error(error));
          else resolve(result);
        };
        worker.once('message', onMessage);
        worker.once('error', reject);
        worker.postMessage(options, []);
      });
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(worker);
      else next(worker);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #nextFree(): Promise<Worker> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}
