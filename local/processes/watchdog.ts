import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { killGroup } from '../../tools/processes/process-table.js';

/**
 * Ends the parts of a store when the process that started them is killed. It learns that by its
 * standard input, which the kernel then closes: a shell that reads lines is all it takes. Each line
 * is the whole list of what is to end (process groups: `-pid`); `done` ends the watchdog alone.
 */
const script = `
groups=
while read -r line; do
  if [ "$line" = done ]; then exit 0; fi
  groups=$line
done
for group in $groups; do kill -s KILL -- "$group" 2>/dev/null; done
rm -f "$0"
`;

export interface Watchdog {
  /** Adds a process that was started with `detached`, and with it all that it starts. */
  guard(pid: number): void;
  unguard(pid: number): void;
  /** Ends the watchdog, and what it still guards; leaves the lock to its holder. */
  stop(): Promise<void>;
}

/** Removes the lock, too, once all guarded processes were told to end. */
export function startWatchdog(lock: string): Watchdog {
  const guarded = new Set<number>();
  let isStopping = false;
  let child = run();

  function run(): ChildProcess {
    const shell = spawn('/bin/sh', ['-c', script, lock], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    // Its end shows in `exit`; what is written meanwhile is written again to the next one.
    shell.stdin.on('error', () => {});
    shell.once('exit', () => {
      if (isStopping) return;
      child = run();
      tell();
    });
    return shell;
  }

  function tell(): void {
    child.stdin?.write(`${[...guarded].map((pid) => `-${pid}`).join(' ')}\n`);
  }

  return {
    guard(pid) {
      guarded.add(pid);
      tell();
    },
    unguard(pid) {
      guarded.delete(pid);
      tell();
    },
    async stop() {
      isStopping = true;
      for (const pid of guarded) killGroup(pid);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.stdin?.end('done\n');
      await exited;
    },
  };
}
