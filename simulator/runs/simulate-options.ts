import path from 'node:path';

/** Longer histories find no more, and take longer to check and to read. */
export const stepsInOneWorld = 4_000;

/** The document that holds the results, in sections that the simulator's commands write. */
export const proofFile = path.join(import.meta.dirname, '../../docs/proof.md');
