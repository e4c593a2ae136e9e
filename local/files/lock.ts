import { readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from '../../tools/terminal/command-error.js';
import { findProcess, isRunning, type ProcessId } from '../../tools/processes/process-table.js';

const cleanUpTimeoutMs = 5000;
const checkIntervalMs = 20;

/**
 * Makes this process the only one that uses a folder. After a SIGKILL the lock is removed by the
 * watchdog, once it has ended every part of that store; until then this waits.
 *
 * @throws CommandError where a running store holds the lock.
 * @returns what gives the lock back.
 */
export async function acquireLock(path: string, folder: string): Promise<() => void> {
  const deadline = Date.now() + cleanUpTimeoutMs;
  for (;;) {
    if (tryToCreate(path)) return () => unlinkSync(path);
    const content = readIfThere(path);
    const holder = content === undefined ? undefined : parseHolder(content);
    if (holder && isRunning(holder)) {
      throw new CommandError(`another store (process ${holder.pid}) uses ${folder}`);
    }
    if (content !== undefined && Date.now() > deadline) takeAway(path, content);
    await sleep(checkIntervalMs);
  }
}

function tryToCreate(path: string): boolean {
  const self: ProcessId = {
    pid: process.pid,
    startedAt: findProcess(process.pid)?.startedAt ?? '',
  };
  try {
    writeFileSync(path, `${JSON.stringify(self)}\n`, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function parseHolder(content: string): ProcessId | undefined {
  try {
    return JSON.parse(content) as ProcessId;
  } catch {
    // Being written at this moment, or cut short by a crash.
    return undefined;
  }
}

/** Removes a lock that nobody holds; one that somebody else made meanwhile is put back. */
function takeAway(path: string, content: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (readIfThere(aside) === content) unlinkSync(aside);
  else renameSync(aside, path);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
