import { eventually } from '../../../tools/eventually.js';
import type { RunningStore } from '../../../local/store-process.js';

/** Kills a part with -9, and waits until the supervisor has started it again. */
export async function killPart(store: RunningStore, name: string): Promise<void> {
  const { pid } = store.part(name);
  process.kill(pid, 'SIGKILL');
  await eventually(() => {
    if (store.part(name).pid === pid) throw new Error(`${name} was not started again`);
  });
}

/** Stops parts where they are: they hang, and go on when the returned function is called. */
export function freeze(store: RunningStore, ...names: string[]): () => void {
  const pids = names.map((name) => store.part(name).pid);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  let isFrozen = true;
  return () => {
    if (!isFrozen) return;
    isFrozen = false;
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  };
}
