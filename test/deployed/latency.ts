import { latencyRecorder } from '../../tools/latency.js';
import { formatTable, latencyCells, latencyHeadings } from '../../tools/terminal/table.js';
import { eventually } from '../../tools/eventually.js';

/** How often it is looked: what is measured is at most this much, and a request, too long. */
const everyMs = 10;

/**
 * Does something again and again, and measures from its answer to when it is seen elsewhere;
 * prints the percentiles.
 *
 * @param isSeen fails, as a test does, while it isn't.
 */
export async function measureLatency(
  what: string,
  times: number,
  act: (time: number) => Promise<unknown>,
  isSeen: (time: number) => Promise<void>,
): Promise<void> {
  const latency = latencyRecorder();
  for (let time = 1; time <= times; time += 1) {
    await act(time);
    const answeredAtMs = performance.now();
    await eventually(() => isSeen(time), { everyMs });
    latency.record(performance.now() - answeredAtMs);
  }
  const table = formatTable([
    [what, 'count', ...latencyHeadings],
    ['', String(times), ...latencyCells(latency.summary())],
  ]);
  // Not by console, which jest adorns.
  process.stdout.write(`\n${table}\n`);
}
