import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import getPort from 'get-port';
import { eventually } from '../eventually.js';
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

/**
 * Starts the emulator on a free port; resolves when it answers. It doesn't end by itself.
 *
 * @param file where it keeps its database; in memory unless given.
 */
export async function startDynoxide(
  file?: string,
): Promise<{ readonly endpoint: string; readonly child: ChildProcess }> {
  const port = await getPort();
  const args = ['serve', '--host', '127.0.0.1', '--port', String(port)];
  if (file !== undefined) args.push('--db-path', file);
  const child = spawn(findDynoxide(), args, { stdio: 'ignore' });
  const endpoint = `http://127.0.0.1:${port}`;
  await eventually(() => fetch(endpoint, { method: 'POST' }));
  return { endpoint, child };
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
