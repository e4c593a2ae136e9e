import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { projectDir } from '../project.js';

/** Runs a program to its end, its output being this one's. @returns its exit code */
export async function runProgram(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd = projectDir,
): Promise<number> {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  // Ctrl-C reaches both; this one waits for the other's end.
  const ignore = () => {};
  process.on('SIGINT', ignore);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  process.off('SIGINT', ignore);
  return exitCode ?? 1;
}

/** Runs tests of a configuration of their own, one file after another. @returns the exit code */
export const runTests = (config: string, env: Readonly<Record<string, string>>): Promise<number> =>
  runProgram(
    process.execPath,
    ['node_modules/jest/bin/jest.js', '--config', config, '--runInBand'],
    { NODE_OPTIONS: '--experimental-vm-modules --no-warnings', ...env },
  );
