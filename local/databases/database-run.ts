import { spawn } from 'node:child_process';
import { once } from 'node:events';
import getPort from 'get-port';
import { untilListening } from '../../tools/processes/readiness.js';
import type { Watchdog } from '../processes/watchdog.js';

/**
 * Runs the DynamoDB emulator on a database file for as long as `work` takes, and ends it: in order
 * by SIGTERM, which leaves the file whole, or at once.
 *
 * @throws Error with the last line that it printed where it doesn't start.
 */
export async function runDatabase<Result>(
  file: string,
  emulator: string,
  watchdog: Watchdog,
  {
    endBy,
    work,
  }: { endBy: 'SIGTERM' | 'SIGKILL'; work: (port: number, pid: number) => Promise<Result> },
): Promise<Result> {
  const port = await getPort();
  const args = ['serve', '--host', '127.0.0.1', '--port', String(port), '--db-path', file];
  const child = spawn(emulator, args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  const pid = child.pid as number;
  watchdog.guard(pid);
  let printed = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed += text));
  const ended = once(child, 'close');
  try {
    const isOpen = await Promise.race([
      untilListening(port).then(() => true),
      ended.then(() => false),
    ]);
    if (!isOpen) throw new Error(lastLine(printed));
    return await work(port, pid);
  } finally {
    child.kill(endBy);
    await ended;
    watchdog.unguard(pid);
  }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
