import { readFileSync } from 'node:fs';

const tickMs = 10;

/** What a process has used of a processor so far, in milliseconds (Linux counts in ticks of 10 ms). */
export function processorTimeMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name, in parentheses, may hold anything; the numbered fields follow the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return tickMs * (Number(fields[11]) + Number(fields[12]));
}
