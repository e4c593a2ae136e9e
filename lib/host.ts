import type { Context } from 'aws-lambda';
import type { Telemetry } from './telemetry.js';

/** What a handler runs in: where its logs and metrics go. */
export interface Host {
  readonly telemetry: Telemetry;
  logError(message: string, error: unknown, details?: Readonly<Record<string, unknown>>): void;
  /** Does the work of one invocation: its lines name it, and its metrics are handed over at its end. */
  invocation<Result>(context: Context, work: () => Promise<Result>): Promise<Result>;
}
