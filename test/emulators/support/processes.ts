import { readdirSync } from 'node:fs';
import { findProcess } from '../../../tools/processes/process-table.js';

/** The processes that one has started, and those that they have, of those that run. */
export function descendantsOf(ancestor: number): number[] {
  const all = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);
  const childrenOf = (parent: number): number[] =>
    all.filter((pid) => findProcess(pid)?.parent === parent);
  const found = childrenOf(ancestor);
  for (const parent of found) found.push(...childrenOf(parent));
  return found;
}
