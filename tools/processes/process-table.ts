import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

export interface ProcessEntry {
  readonly parent: number;
  /** Tells a process from a later one that was given the same number. */
  readonly startedAt: string;
  readonly command: string;
}

/** Whether a process runs: its number may belong to another by now. */
export const isRunning = ({ pid, startedAt }: ProcessId): boolean =>
  findProcess(pid)?.startedAt === startedAt;

export interface ProcessId extends Pick<ProcessEntry, 'startedAt'> {
  readonly pid: number;
}

/** Ends a process that was started with `detached`, and all that it started. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended at this moment.
  }
}

const hasProc = existsSync('/proc/self/stat');

/** A process that runs (or is stopped); undefined where there is none, or it has ended. */
export function findProcess(pid: number): ProcessEntry | undefined {
  return hasProc ? fromProc(pid) : fromPs(pid);
}

function fromProc(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, in parentheses, may hold anything; the numbered fields follow the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = fields[0];
    if (state === 'Z' || state === 'X') return undefined;
    return {
      parent: Number(fields[1]),
      startedAt: String(fields[19]),
      command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim(),
    };
  } catch {
    return undefined;
  }
}

function fromPs(pid: number): ProcessEntry | undefined {
  try {
    const options = ['-o', 'stat=,ppid=,lstart=,command=', '-p', String(pid)];
    const line = execFileSync('ps', options, { encoding: 'utf8', env: { LC_ALL: 'C' } });
    const match = /^\s*(\S+)\s+(\d+)\s+(\S+ +\S+ +\S+ +\S+ +\S+)\s+(.*)$/.exec(line.trimEnd());
    const [, state = 'Z', parent, startedAt = '', command = ''] = match ?? [];
    return state.startsWith('Z') ? undefined : { parent: Number(parent), startedAt, command };
  } catch {
    return undefined;
  }
}
