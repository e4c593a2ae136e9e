import { accessSync, constants, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { CommandError } from '../terminal/command-error.js';

export type Machine = Pick<NodeJS.Process, 'env' | 'platform' | 'arch'>;

/**
 * The DynamoDB emulator: what DYNOXIDE names, or the package for this platform, or a `dynoxide` on
 * the PATH.
 *
 * @throws CommandError where there is none.
 */
export function findDynoxide(machine: Machine = process): string {
  const { env, platform, arch } = machine;
  const named = env['DYNOXIDE'];
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return named;
    throw new CommandError(`DYNOXIDE names ${named}, which is not a program`);
  }
  const found = [packagedPath(machine), ...pathCandidates(env)].find(
    (path) => path !== undefined && isExecutable(path),
  );
  if (found !== undefined) return found;
  throw new CommandError(
    `the DynamoDB emulator dynoxide is not packaged for ${platform}-${arch}, nor on the PATH, nor named in DYNOXIDE`,
  );
}

function packagedPath({ platform, arch }: Machine): string | undefined {
  try {
    const name = `@dynoxide/${platform}-${arch}/package.json`;
    return join(dirname(createRequire(import.meta.url).resolve(name)), 'dynoxide');
  } catch {
    return undefined;
  }
}

const pathCandidates = (env: NodeJS.ProcessEnv): string[] =>
  (env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'dynoxide'));

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
