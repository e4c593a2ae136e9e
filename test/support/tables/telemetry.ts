import { silentTelemetry, type Metric, type Telemetry } from '../../../lib/telemetry.js';

export interface Told {
  readonly telemetry: Telemetry;
  readonly counted: Partial<Record<Metric, number>>;
  /** The details of each warning. */
  readonly warned: Record<string, unknown>[];
}

/** Notes what is counted and warned of. */
export function listen(): Told {
  const counted: Told['counted'] = {};
  const warned: Told['warned'] = [];
  const telemetry: Telemetry = {
    ...silentTelemetry,
    count: (metric, value = 1) => {
      counted[metric] = (counted[metric] ?? 0) + value;
    },
    warn: (_message, details) => void warned.push(details),
  };
  return { telemetry, counted, warned };
}
