/** How the requests of a run fared, by operation. */
import type { TryOutcome } from '../../client/api-client.js';
import { latencyRecorder, type LatencyRecorder } from '../../tools/latency.js';
import { operations, type Operation } from './answers.js';

export interface OperationLoad {
  readonly latency: LatencyRecorder;
  requests: number;
  done: number;
  /** Sold out, or another price: final answers. */
  refused: number;
  /** Answered 503. */
  unavailable: number;
  /** Tries that got no answer, because the API's process was gone. */
  failedConnections: number;
}

export type Load = Readonly<Record<Operation, OperationLoad>>;

export const openLoad = (): Load =>
  Object.fromEntries(
    operations.map((operation) => [
      operation,
      {
        latency: latencyRecorder(),
        requests: 0,
        done: 0,
        refused: 0,
        unavailable: 0,
        failedConnections: 0,
      },
    ]),
  ) as unknown as Load;

/** Enters a try; those that were tried again count each. */
export function enterTry(load: OperationLoad, { answer, durationMs }: TryOutcome): void {
  load.requests += 1;
  if (answer === undefined) {
    load.failedConnections += 1;
    return;
  }
  load.latency.record(durationMs);
  if (answer.status < 300) load.done += 1;
  else if (answer.status === 503) load.unavailable += 1;
  else load.refused += 1;
}

export const totalRequests = (load: Load): number =>
  operations.reduce((sum, operation) => sum + load[operation].requests, 0);
