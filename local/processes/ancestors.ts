import { findProcess } from '../../tools/processes/process-table.js';

const checkIntervalMs = 250;

/**
 * Calls back once npm is gone, where npm started this process. A SIGKILL of npm reaches neither its
 * shell nor this process; but the child of a process that died is given another parent, and each
 * link from here up to npm is looked at.
 */
export function watchAncestors(onGone: () => void): void {
  const links = linksUpToNpm();
  if (links.length === 0) return;
  const timer = setInterval(() => {
    if (links.every(({ child, parent }) => parentOf(child) === parent)) return;
    clearInterval(timer);
    onGone();
  }, checkIntervalMs);
  timer.unref();
}

interface Link {
  readonly child: number;
  readonly parent: number;
}

function linksUpToNpm(): Link[] {
  if (process.env['npm_lifecycle_event'] === undefined) return [];
  const links: Link[] = [];
  let child = process.pid;
  while (links.length < 5) {
    const parent = parentOf(child);
    if (parent === undefined || parent <= 1) return [];
    links.push({ child, parent });
    if (isPackageManager(findProcess(parent)?.command ?? '')) return links;
    child = parent;
  }
  return [];
}

const isPackageManager = (command: string): boolean =>
  /^(npm|pnpm|yarn)\b|(npm|pnpm|yarn)[\w.-]*\.c?js\b/.test(command);

const parentOf = (pid: number): number | undefined =>
  pid === process.pid ? process.ppid : findProcess(pid)?.parent;
